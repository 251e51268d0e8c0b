/**
 * Reads the marks of shells on a screen: where they stand in the count of lines, and what was typed between them, where the shell
 * does not say it. Marks on the alternate screen are a program's inside another and count for nothing, but for the directory. More
 * marks than one each 64 bytes are left out once 256 came at once: to find a place costs a walk over the rows.
 */
import { type LineNumbers, type LinePlace, mainCursor, numberAt } from "@perdure/protocol";
import type { Terminal } from "@xterm/headless";
import type { OscCommand } from "./osc-command.ts";
import { commandText, MAX_COMMAND_TEXT, readShellMark, type ShellMark } from "./shell-marks.ts";

const MAX_MARKS_AT_ONCE = 256;
const BYTES_PER_MARK = 64;

export interface PlacedMark {
  readonly mark: ShellMark;
  readonly place: LinePlace;
}

export class MarkedScreen {
  readonly #terminal: Terminal;
  readonly #numbers: LineNumbers;
  /** Where typing began; `null`: nobody types, or it is not known. */
  #inputAt: LinePlace | null;
  /** What was typed before the line that is typed now. */
  #typed: readonly string[] = [];
  #allowance = MAX_MARKS_AT_ONCE;
  #readAt = 0;

  constructor(terminal: Terminal, numbers: LineNumbers, typedAt: LinePlace | null) {
    this.#terminal = terminal;
    this.#numbers = numbers;
    this.#inputAt = typedAt;
  }

  /** The mark that has just been written, up to this offset. */
  read(osc: OscCommand, offset: number): PlacedMark | null {
    const mark = readShellMark(osc);
    if (!mark || !this.#isAllowed(offset)) return null;
    if (mark.is !== "directory" && this.#terminal.buffer.active.type === "alternate") return null;
    const place = this.#numbers.at(mainCursor(this.#terminal).index);
    return { mark: this.#follow(mark, place), place: { ...place, columns: place.columns + mainCursor(this.#terminal).column } };
  }

  #isAllowed(offset: number): boolean {
    this.#allowance = Math.min(MAX_MARKS_AT_ONCE, this.#allowance + (offset - this.#readAt) / BYTES_PER_MARK);
    this.#readAt = offset;
    if (this.#allowance < 1) return false;
    this.#allowance -= 1;
    return true;
  }

  #follow(mark: ShellMark, row: LinePlace): ShellMark {
    const { column } = mainCursor(this.#terminal);
    switch (mark.is) {
      case "prompt":
        this.#inputAt = null;
        this.#typed = [];
        return mark;
      case "input":
        this.#inputAt = { line: row.line, columns: row.columns + column };
        return mark;
      case "continuation":
        this.#typed = [...this.#typed, ...this.#typedLine(row)].slice(0, MAX_COMMAND_TEXT);
        this.#inputAt = null;
        return mark;
      case "output": {
        const typed = [...this.#typed, ...this.#typedLine(row)];
        this.#inputAt = null;
        this.#typed = [];
        return mark.text === null && typed.length > 0 ? { is: "output", text: commandText(typed.join("\n")) } : mark;
      }
      default:
        return mark;
    }
  }

  /** From where typing began to the row with the cursor, or to the end of the line if the cursor is in it. */
  #typedLine(cursor: LinePlace): string[] {
    const from = this.#inputAt;
    if (!from) return [];
    let text = "";
    for (const { row, place, columns, endsLine } of this.#numbers.rows()) {
      const isFirst = place.line === from.line && place.columns <= from.columns && from.columns <= place.columns + row.length;
      const isBehind = place.line > from.line || (place.line === from.line && place.columns > from.columns);
      if (!isFirst && !isBehind) continue;
      if (numberAt(place) >= numberAt(cursor) && place.line !== from.line) break;
      const start = isFirst && !isBehind ? from.columns - place.columns : 0;
      text += row.translateToString(false, start, Math.max(start, columns)) + (endsLine ? "\n" : "");
      if (text.length > MAX_COMMAND_TEXT) break;
    }
    return [text.trimEnd()];
  }
}
