// Snapshots of real programs' screens at some cuts; `npm run faults -- cut` tries thousands.

import { describe, expect, test } from "vitest";
import { cutRecording } from "./cut-recordings.ts";
import { readRecordings } from "./recording.ts";

const recordings = readRecordings();

test("there are recordings of at least fifteen programs", () => expect(recordings.length).toBeGreaterThanOrEqual(15));

describe("a terminal restored from a snapshot, at any cut and through any resize, is the one that stayed:", () => {
  test.each(recordings)("$name", (recording) => {
    expect(cutRecording(recording, 6, 7).failures).toEqual([]);
  });
});
