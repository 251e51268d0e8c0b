// A terminal of the user's own, field by field: whatever a program has done to it, and wherever it was cut off, leaving puts back every
// field but what is written on the screen.

import fc from "fast-check";
import { expect, test } from "vitest";
import { coreOf } from "../../terminal/xterm-core.ts";
import { XtermScreen } from "../../terminal/xterm-screen.ts";
import { difference, engineState } from "../../testing/screen/engine-state.ts";
import { spell, stream } from "../../testing/screen/grammar.ts";
import { PROBES } from "../../testing/screen/probes.ts";
import { CroppedScreen } from "./cropped-screen.ts";
import { OuterScreen } from "./outer-screen.ts";

const SIZE = { cols: 40, rows: 10 };

/** What is on the screen, where its cursor is and was saved, and what was printed last; names are kept on a stack that this emulator lacks. */
const WRITTEN =
  /^_bufferService\.buffers\..*\.(?:lines\.|ybase|x$|y$|savedX|savedY|savedCurAttrData|savedCharset)|precedingJoinState|_windowTitle|_iconName|^_oscLinkService/;

function fieldsOf(screen: XtermScreen): Record<string, string> {
  const { colours, normal, alternate, modes } = screen.state;
  const more = { colours: [...colours], keyboards: [normal.keyboard, alternate.keyboard], otherKeys: modes.otherKeys };
  const fields = Object.entries(engineState(coreOf(screen.terminal))).filter(([path]) => !WRITTEN.test(path));
  return { ...Object.fromEntries(fields), more: JSON.stringify(more) };
}

/** A fresh terminal, and one in which so much was drawn and then left. */
function compare(pieces: readonly Uint8Array[]): ReturnType<typeof difference> {
  const [fresh, used] = [new XtermScreen(SIZE.cols, SIZE.rows, 100), new XtermScreen(SIZE.cols, SIZE.rows, 100)];
  const outer = new OuterScreen(
    {
      ...SIZE,
      write: (data, done) => {
        used.write(data);
        done?.();
      },
    },
    (size) => new CroppedScreen(size),
  );
  outer.snapshot(new Uint8Array(0), SIZE, () => undefined);
  for (const piece of pieces) outer.output(piece, () => undefined);
  used.write(outer.leave(true));
  const found = difference(fieldsOf(fresh), fieldsOf(used));
  for (const screen of [fresh, used]) screen.close();
  return found;
}

test.each(PROBES)("%s", (_name, before, after) => {
  expect(compare([Buffer.from(before)])).toEqual(compare([]));
  expect(compare([Buffer.from(before + after)])).toEqual(compare([]));
});

test("after any output, cut off anywhere", () => {
  const runs = Number(process.env["PERDURE_RUNS"] ?? 150);
  fc.assert(
    fc.property(stream(30), fc.nat(), (output, cut) => {
      const bytes = Buffer.concat(output.steps.filter((step) => step instanceof Uint8Array));
      const end = cut % (bytes.length + 1);
      expect({ output: spell(output), ...compare([bytes.subarray(0, end)]) }).toEqual({ output: spell(output), ...compare([]) });
    }),
    { numRuns: runs },
  );
});
