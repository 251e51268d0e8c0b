/**
 * Writes a screen as VT bytes for an empty terminal of the same size. This is the one place that decides how exact a snapshot
 * is: text, attributes, wrapping, both screens, cursor and modes come back; tab stops, the saved cursor, character sets,
 * hyperlinks and underline styles do not yet.
 */
import { SerializeAddon } from "@xterm/addon-serialize";
import type { XtermScreen } from "./xterm-screen.ts";

const CSI = "\x1b[";

/** At most `scrollback` lines above the screen. `title` is what the program has set last. */
export function writeSnapshot(screen: XtermScreen, scrollback: number, title: string): string {
  const addon = new SerializeAddon();
  screen.terminal.loadAddon(addon as unknown as Parameters<typeof screen.terminal.loadAddon>[0]);
  try {
    return addon.serialize({ scrollback, excludeModes: true }) + margins(screen) + modes(screen) + (title && `\x1b]2;${title}\x1b\\`);
  } finally {
    addon.dispose();
  }
}

/** Margins and origin mode move the cursor, so it is put back; only then is a pending wrap lost. */
function margins(screen: XtermScreen): string {
  const { scrollTop, scrollBottom } = screen.hiddenModes;
  const isOrigin = screen.terminal.modes.originMode;
  const isWhole = scrollTop === 0 && scrollBottom === screen.terminal.rows - 1;
  if (isWhole && !isOrigin) return "";
  const { cursorX, cursorY } = screen.terminal.buffer.active;
  const row = cursorY - (isOrigin ? scrollTop : 0) + 1;
  return `${CSI}${scrollTop + 1};${scrollBottom + 1}r${isOrigin ? `${CSI}?6h` : ""}${CSI}${row};${cursorX + 1}H`;
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
