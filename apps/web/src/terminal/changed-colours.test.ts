import { Terminal } from "@xterm/headless";
import { expect, test } from "vitest";
import { ChangedColours } from "./changed-colours.ts";

const RESTORE = "\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\";

/** Said between two writes: all colours were taken back. */
const RESTORED = "";

/** How many sequences that restore colours reach the terminal of these writes, one after the other. */
async function restorations(...writes: string[]): Promise<number> {
  const terminal = new Terminal({ allowProposedApi: true });
  let count = 0;
  for (const id of [104, 110, 111, 112]) {
    terminal.parser.registerOscHandler(id, () => {
      count += 1;
      return true;
    });
  }
  const changed = new ChangedColours(terminal.parser);
  for (const each of writes) {
    if (each === RESTORED) changed.restored();
    else await new Promise<void>((resolve) => terminal.write(each, resolve));
  }
  terminal.dispose();
  return count;
}

test("colours that nobody changed are not restored", async () => {
  expect(await restorations("text", RESTORE)).toBe(0);
});

test.for([
  ["the palette", "\x1b]4;1;rgb:11/22/33\x07"],
  ["the foreground", "\x1b]10;#112233\x07"],
  ["the background", "\x1b]11;#112233\x07"],
  ["the cursor", "\x1b]12;#112233\x07"],
])("%s that a program changed is, until that was done once", async ([, change = ""]) => {
  expect(await restorations(change, RESTORE)).toBe(4);
  expect(await restorations(change, RESTORE, RESTORED, RESTORE)).toBe(4);
});
