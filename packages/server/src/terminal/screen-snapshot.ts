/**
 * Writes a screen as VT bytes for an empty terminal of the same size. This is the one place that decides how exact a snapshot
 * is: text, attributes, wrapping, both screens, cursors, margins and modes come back; tab stops, character sets, hyperlinks,
 * protected cells and changed palettes do not yet.
 */
import { PLAIN, sgr } from "./pen.ts";
import { RowWriter } from "./row-writer.ts";
import type { SavedCursor, XtermScreen } from "./xterm-screen.ts";

const CSI = "\x1b[";
const DECSC = "\x1b7";

/** At most `scrollback` lines above the screen. `title` is what the program has set last. */
export function writeSnapshot(screen: XtermScreen, scrollback: number, title: string): string {
  const { active, normal } = screen.terminal.buffer;
  const { cols, rows } = screen.terminal;
  const main = new RowWriter(normal, cols, rows);
  let text = main.write(Math.max(0, normal.baseY - scrollback));
  let writer = main;
  if (active.type === "alternate") {
    text += saveCursor(screen.savedCursor("normal"), main, `${CSI}?1049h`);
    writer = new RowWriter(active, cols, rows);
    text += `${CSI}H${writer.write(0)}`;
  }
  const saved = screen.savedCursor("active");
  if (saved.column > 0 || saved.row > 0 || sgr(saved.pen) !== PLAIN) text += saveCursor(saved, writer, DECSC);
  return text + (title && `\x1b]2;${title}\x1b\\`) + margins(screen) + modes(screen) + cursor(screen, writer);
}

/** Puts the cursor with its pen where it was saved, and sends what saves it. */
function saveCursor(saved: SavedCursor, writer: RowWriter, save: string): string {
  return `${writer.place(saved.row, saved.column, 0)}${sgr(saved.pen)}${save}${PLAIN}`;
}

/** Margins and origin mode move the cursor, so they come before it. */
function margins(screen: XtermScreen): string {
  const { scrollTop, scrollBottom } = screen.hiddenModes;
  const isWhole = scrollTop === 0 && scrollBottom === screen.terminal.rows - 1;
  return (isWhole ? "" : `${CSI}${scrollTop + 1};${scrollBottom + 1}r`) + (screen.terminal.modes.originMode ? `${CSI}?6h` : "");
}

/** Comes last: whatever follows would end a pending wrap, or part a combining mark from its character. */
function cursor(screen: XtermScreen, writer: RowWriter): string {
  const { cursorX, cursorY } = screen.terminal.buffer.active;
  const { originMode, insertMode } = screen.terminal.modes;
  const top = originMode ? screen.hiddenModes.scrollTop : 0;
  const pen = sgr(screen.pen);
  const printed = screen.hasJustPrinted && !insertMode ? writer.reprint(cursorY, cursorX, top) : null;
  return printed?.pen === pen ? printed.text : writer.place(cursorY, cursorX, top) + pen;
}

/** None of these moves the cursor. */
function modes(screen: XtermScreen): string {
  const { modes: known } = screen.terminal;
  const hidden = screen.hiddenModes;
  const mouse = { none: 0, x10: 9, vt200: 1000, drag: 1002, any: 1003 }[known.mouseTrackingMode];
  const set = [
    known.applicationCursorKeysMode ? 1 : 0,
    known.reverseWraparoundMode ? 45 : 0,
    known.applicationKeypadMode ? 66 : 0,
    known.sendFocusMode ? 1004 : 0,
    known.bracketedPasteMode ? 2004 : 0,
    mouse,
    hidden.mouseEncoding,
  ].filter((mode) => mode > 0);
  return [
    set.length > 0 ? `${CSI}?${set.join(";")}h` : "",
    known.insertMode ? `${CSI}4h` : "",
    known.wraparoundMode ? "" : `${CSI}?7l`,
    hidden.isCursorHidden ? `${CSI}?25l` : "",
    hidden.cursorStyle > 0 ? `${CSI}${hidden.cursorStyle} q` : "",
  ].join("");
}
