import { decodeServerFrame, MAX_DATA_BYTES, MAX_SERVER_FRAME_BYTES, PerdureError } from "@perdure/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { Channel } from "./channel.ts";

let clock: FakeClock;
let buffered: number;
let frames: Uint8Array[];

beforeEach(() => {
  clock = new FakeClock();
  buffered = 0;
  frames = [];
});

function write(frame: Uint8Array): void {
  frames.push(frame);
  buffered += frame.length;
}

function open(takesParts = true): Channel {
  return new Channel({ channel: 7, clock, bufferedBytes: () => buffered, write, takesParts });
}

/** The socket sends everything, again and again. */
function drain(): void {
  for (let round = 0; round < 1000 && clock.pending > 0; round += 1) {
    buffered = 0;
    clock.advance(10);
  }
}

const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => index % 251));
const kinds = (): string[] => frames.map((frame) => decodeServerFrame(frame).is);

function snapshotData(): Buffer {
  const parts = frames.map((frame) => decodeServerFrame(frame));
  return Buffer.concat(parts.flatMap((frame) => (frame.is === "snapshot" || frame.is === "snapshot-part" ? [frame.data] : [])));
}

describe("a large snapshot", () => {
  it("comes in parts of bounded size, the last of which says where it stands", () => {
    const data = bytes(3 * MAX_DATA_BYTES + 5);
    open().snapshot({ offset: 9, cols: 2, rows: 3, data });
    drain();
    expect(kinds()).toEqual(["snapshot-part", "snapshot-part", "snapshot-part", "snapshot"]);
    expect(frames.every((frame) => frame.length <= MAX_DATA_BYTES + 17)).toBe(true);
    expect(snapshotData().equals(data)).toBe(true);
    expect(decodeServerFrame(frames[3]!)).toMatchObject({ channel: 7, offset: 9, cols: 2, rows: 3 });
  });

  it("fills no socket that does not read, and what comes behind it stays behind it", () => {
    const channel = open();
    channel.snapshot({ offset: 9, cols: 1, rows: 1, data: bytes(40 * MAX_DATA_BYTES) });
    channel.output(9, [bytes(10)]);
    clock.advance(60_000);
    expect(buffered).toBeLessThan(1024 * 1024 + 2 * MAX_DATA_BYTES);
    drain();
    expect(kinds().slice(-2)).toEqual(["snapshot", "output"]);
    channel.output(19, [bytes(10)]);
    expect(kinds().slice(-2)).toEqual(["output", "output"]);
  });

  it("is for nobody once its channel is closed", () => {
    const channel = open();
    channel.snapshot({ offset: 9, cols: 1, rows: 1, data: bytes(40 * MAX_DATA_BYTES) });
    const sent = frames.length;
    channel.close();
    drain();
    expect([frames.length, clock.pending]).toEqual([sent, 0]);
  });

  it("is one frame for a client that knows no parts, unless it is too large for one", () => {
    const channel = open(false);
    channel.snapshot({ offset: 9, cols: 1, rows: 1, data: bytes(2 * MAX_DATA_BYTES) });
    expect(kinds()).toEqual(["snapshot"]);
    const tooLarge = { offset: 9, cols: 1, rows: 1, data: new Uint8Array(MAX_SERVER_FRAME_BYTES) };
    expect(() => channel.snapshot(tooLarge)).toThrow(PerdureError);
  });
});

it("large output is cut into frames, each with its place", () => {
  const data = bytes(2 * MAX_DATA_BYTES + 7);
  open().output(100, [data.subarray(0, 11), data.subarray(11)]);
  const outputs = frames.map((frame) => decodeServerFrame(frame)).flatMap((frame) => (frame.is === "output" ? [frame] : []));
  expect(outputs.map(({ offset }) => offset)).toEqual([100, 100 + MAX_DATA_BYTES, 100 + 2 * MAX_DATA_BYTES]);
  expect(Buffer.concat(outputs.map((frame) => frame.data)).equals(data)).toBe(true);
});
