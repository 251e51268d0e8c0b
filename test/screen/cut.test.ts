// Snapshots of real programs' screens at some cuts; `npm run faults -- cut` tries thousands.

import { describe, expect, test } from "vitest";
import { writeSnapshot } from "../../packages/server/src/terminal/screen-snapshot.ts";
import { XtermScreen } from "../../packages/server/src/terminal/xterm-screen.ts";
import { cutRecording } from "./cut-recordings.ts";
import { readRecordings } from "./recording.ts";

const recordings = readRecordings();

test("there are recordings of at least fifteen programs", () => expect(recordings.length).toBeGreaterThanOrEqual(15));

describe("a terminal restored from a snapshot, at any cut and through any resize, is the one that stayed:", () => {
  test.each(recordings)("$name", (recording) => {
    expect(cutRecording(recording, 6, 7).failures).toEqual([]);
  });
});

test("a snapshot of 120×40 takes at most 32 KiB, whatever the program", () => {
  const sizes = recordings.map(({ name, bytes }) => {
    const screen = new XtermScreen(120, 40, 0);
    const largest = Array.from({ length: 10 }, (_, part) => {
      const step = Math.ceil(bytes.length / 10);
      screen.write(bytes.subarray(part * step, (part + 1) * step));
      return Buffer.byteLength(writeSnapshot(screen.state, 0));
    });
    screen.close();
    return [name, Math.max(...largest)] as const;
  });
  for (const [name, size] of sizes) expect([name, size <= 32 * 1024]).toEqual([name, true]);
});
