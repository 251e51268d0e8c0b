import fc from "fast-check";
import { expect, test } from "vitest";
import { EventLines, MAX_LINE_CHARACTERS } from "./event-lines.ts";

const encoder = new TextEncoder();
const line = (title: string): string => `${JSON.stringify({ type: "session.title", title, at: 1 })}\n`;
const titlesIn = (events: readonly object[]): unknown[] => events.map((event) => "title" in event && event.title);

test("the same events come however the bytes are cut", () => {
  const titles = fc.array(fc.string({ unit: "grapheme", maxLength: 12 }), { maxLength: 8 });
  fc.assert(
    fc.property(titles, fc.array(fc.nat(400), { maxLength: 10 }), (expected, cuts) => {
      const bytes = encoder.encode(expected.map(line).join(""));
      const lines = new EventLines();
      const places = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
      const events = places.slice(1).flatMap((end, index) => lines.push(bytes.subarray(places[index], end)));
      expect(titlesIn(events)).toEqual(expected);
    }),
  );
});

test("after a restart nothing of the line before is left", () => {
  const lines = new EventLines();
  const whole = encoder.encode(line("ü"));
  lines.push(whole.subarray(0, whole.indexOf(0xc3) + 1));
  lines.restart();
  expect(titlesIn(lines.push(encoder.encode(line("after"))))).toEqual(["after"]);
});

test("a line without an end is passed over, and the next one counts", () => {
  const lines = new EventLines();
  const piece = new Uint8Array(MAX_LINE_CHARACTERS / 4).fill(0x61);
  for (let count = 0; count < 5; count += 1) expect(lines.push(piece)).toEqual([]);
  expect(titlesIn(lines.push(encoder.encode(`}\n${line("after")}`)))).toEqual(["after"]);
});
