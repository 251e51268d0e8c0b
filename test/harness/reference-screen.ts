// The screen of somebody who never left: a terminal of its own, fed with all bytes of the log.

import { Unicode11Addon } from "@xterm/addon-unicode11";
import headless from "@xterm/headless";

/** More than a screen has, and little enough to be drawn at once. */
const lastBytes = 512 * 1024;

/**
 * The rows of a terminal of this size after these bytes, without blanks at their ends. Only the last 512 KiB are drawn, from the beginning of a
 * line on: the log must be of programs that print lines and change no mode.
 */
export async function screenAfter(log: Buffer, cols: number, rows: number): Promise<string[]> {
  const terminal = new headless.Terminal({ cols, rows, allowProposedApi: true });
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = "11";
  const from = log.length <= lastBytes ? 0 : log.indexOf("\n", log.length - lastBytes) + 1;
  await new Promise<void>((resolve) => terminal.write(log.subarray(from), resolve));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: rows }, (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? "");
  terminal.dispose();
  return lines;
}
