// What a terminal shows, cell by cell, and the modes that its keys and mouse are in: two terminals with the same picture cannot be told
// apart by who sits before them.

import type { XtermScreen } from "../../packages/server/src/terminal/xterm-screen.ts";

type Line = NonNullable<ReturnType<XtermScreen["terminal"]["buffer"]["active"]["getLine"]>>;
type ShownCell = NonNullable<ReturnType<Line["getCell"]>>;

/** One string for the state, and one for each row of the screen. */
export function pictureOf(screen: XtermScreen): readonly string[] {
  const { terminal } = screen;
  const buffer = terminal.buffer.active;
  const rows = Array.from({ length: terminal.rows }, (_, row) => rowPicture(buffer.getLine(buffer.baseY + row), terminal.cols));
  return [JSON.stringify({ ...stateOf(screen), cursor: [buffer.cursorX, buffer.cursorY] }), ...rows];
}

/** What a program may have changed of the terminal itself. */
export interface TerminalModes {
  readonly buffer: "normal" | "alternate";
  readonly isCursorHidden: boolean;
  readonly cursorStyle: number;
  readonly mouse: string;
  readonly mouseEncoding: number;
  readonly isPasteBracketed: boolean;
  readonly isFocusSent: boolean;
  readonly areCursorKeysApplication: boolean;
  readonly isKeypadApplication: boolean;
  readonly isOriginMode: boolean;
  readonly isWraparound: boolean;
  readonly margins: readonly [number, number];
}

export function stateOf(screen: XtermScreen): TerminalModes {
  const { modes, buffer } = screen.terminal;
  const hidden = screen.hiddenModes;
  return {
    buffer: buffer.active.type,
    isCursorHidden: hidden.isCursorHidden,
    cursorStyle: hidden.cursorStyle,
    mouse: modes.mouseTrackingMode,
    mouseEncoding: hidden.mouseEncoding,
    isPasteBracketed: modes.bracketedPasteMode,
    isFocusSent: modes.sendFocusMode,
    areCursorKeysApplication: modes.applicationCursorKeysMode,
    isKeypadApplication: modes.applicationKeypadMode,
    isOriginMode: modes.originMode,
    isWraparound: modes.wraparoundMode,
    margins: [hidden.scrollTop, hidden.scrollBottom],
  };
}

function rowPicture(line: Line | undefined, cols: number): string {
  let text = "";
  for (let column = 0; column < cols; column += 1) {
    const cell = line?.getCell(column);
    if (cell !== undefined) text += cellPicture(cell);
  }
  return text.replace(/(?: \{\})+$/, "");
}

/** The colour of letters does not matter where there are none to be seen. */
function cellPicture(cell: ShownCell): string {
  const chars = cell.getChars() || " ";
  const marks = [cell.isInverse(), cell.isUnderline(), cell.isStrikethrough(), cell.isOverline()].map((is) => (is ? 1 : 0)).join("");
  const style: string[] = cell.isBgDefault() ? [] : [`on ${cell.getBgColorMode()}.${cell.getBgColor()}`];
  if (chars !== " " || marks !== "0000") {
    const face = [cell.isBold(), cell.isDim(), cell.isItalic(), cell.isBlink(), cell.isInvisible()].map((is) => (is ? 1 : 0)).join("");
    if (!cell.isFgDefault()) style.push(`in ${cell.getFgColorMode()}.${cell.getFgColor()}`);
    if (marks !== "0000" || face !== "00000") style.push(`${marks}${face}`);
  }
  return `${chars}${cell.getWidth() === 1 ? "" : cell.getWidth()}{${style.join(" ")}}`;
}
