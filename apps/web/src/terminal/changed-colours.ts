/**
 * Whether a program changed the terminal's colours. To take such changes back xterm.js builds its style sheet anew, once for each kind:
 * a good part of what drawing a snapshot costs. Where nothing was changed there is nothing to take back.
 */
import type { IParser } from "@xterm/xterm";

/** Palette, foreground, background, cursor: what sets them, and what takes that back. */
const SET = [4, 10, 11, 12] as const;
const RESTORE = [104, 110, 111, 112] as const;

export class ChangedColours {
  #isChanged = false;

  constructor(parser: IParser) {
    for (const id of SET) {
      parser.registerOscHandler(id, () => {
        this.#isChanged = true;
        return false;
      });
    }
    for (const id of RESTORE) parser.registerOscHandler(id, () => !this.#isChanged);
  }

  /** All of them were taken back. */
  restored(): void {
    this.#isChanged = false;
  }
}
