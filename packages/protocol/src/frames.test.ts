import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PerdureError } from "./errors.ts";
import {
  decodeClientFrame,
  decodeServerFrame,
  encodeAck,
  encodeControl,
  encodeInput,
  encodeInputAck,
  encodeOutput,
  encodeSnapshot,
  OUTPUT_HEADER_BYTES,
} from "./frames.ts";
import type { ClientMessage, ServerMessage } from "./messages.ts";
import { MAX_INPUT_BYTES } from "./version.ts";

const channel = fc.nat({ max: 0xffff_ffff });
const safe = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const data = fc.uint8Array({ maxLength: 300 });
const size = fc.integer({ min: 1, max: 4096 });
const writer = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 64 })
  .filter((text) => text.isWellFormed() && new TextEncoder().encode(text).length <= 64);

const clientMessages: readonly ClientMessage[] = [
  { type: "hello", protocol: 1, features: ["watch"], client: { kind: "web", name: "Firefox", version: "1" } },
  { type: "attach", channel: 1, session: "s", mode: "screen", visible: true, readOnly: false },
  { type: "attach", channel: 4_294_967_295, session: "s", mode: "log", cursor: "c", cols: 1, rows: 4096, visible: false, readOnly: true },
  { type: "detach", channel: 0 },
  { type: "resize", channel: 0, cols: 80, rows: 24 },
  { type: "visible", channel: 0, visible: false },
  { type: "watch" },
  { type: "ping", id: 1 },
  { type: "pong", id: 2 },
];

const serverMessages: readonly ServerMessage[] = [
  { type: "hello", protocol: 1, features: [], server: { instance: "i", version: "0", epoch: 3 } },
  { type: "resized", channel: 1, offset: 5, cols: 80, rows: 24 },
  { type: "detached", channel: 1, reason: "deleted" },
  { type: "removed", session: "s" },
  { type: "sessions", sessions: [] },
  { type: "input-refused", channel: 1, writer: "w", run: 1, seq: 4, reason: "gap", expected: 2 },
  { type: "error", code: "internal", message: "?", correlation: "c" },
  { type: "ping", id: 1 },
];

/** Reads a frame of either side; an error of any other kind than `bad-message` is thrown on. */
function outcome(frame: Uint8Array): string[] {
  return [decodeClientFrame, decodeServerFrame].map((decode) => {
    try {
      return decode(frame).is;
    } catch (error) {
      if (error instanceof PerdureError && error.code === "bad-message" && error.message.length > 10) return "bad-message";
      throw error;
    }
  });
}

function inputOf(bytes: number): Uint8Array {
  return encodeInput({ channel: 1, run: 1, writer: "w", seq: 1, data: new Uint8Array(bytes) });
}

describe("what is written is read", () => {
  test.each(clientMessages)("$type of a client", (message) => {
    expect(decodeClientFrame(encodeControl(message))).toEqual({ is: "control", message });
  });

  test.each(serverMessages)("$type of a server", (message) => {
    expect(decodeServerFrame(encodeControl(message))).toEqual({ is: "control", message });
  });

  test("output, in parts", () => {
    fc.assert(
      fc.property(channel, safe, fc.array(data, { maxLength: 5 }), (number, offset, parts) => {
        const frame = encodeOutput(number, offset, parts);
        expect(frame.length).toBe(OUTPUT_HEADER_BYTES + parts.reduce((sum, part) => sum + part.length, 0));
        const joined = Uint8Array.from(parts.flatMap((part) => [...part]));
        expect(decodeServerFrame(frame)).toEqual({ is: "output", channel: number, offset, data: joined });
      }),
    );
  });

  test("snapshots", () => {
    fc.assert(
      fc.property(fc.record({ channel, offset: safe, cols: size, rows: size, data }), (snapshot) => {
        expect(decodeServerFrame(encodeSnapshot(snapshot))).toEqual({ is: "snapshot", ...snapshot });
      }),
    );
  });

  test("input", () => {
    fc.assert(
      fc.property(fc.record({ channel, run: channel, writer, seq: safe, data }), (input) => {
        expect(decodeClientFrame(encodeInput(input))).toEqual({ is: "input", ...input });
      }),
    );
  });

  test("acknowledgements of both sides", () => {
    fc.assert(
      fc.property(fc.record({ channel, run: channel, writer, seq: safe }), (ack) => {
        expect(decodeServerFrame(encodeInputAck(ack))).toEqual({ is: "input-ack", ...ack });
        expect(decodeClientFrame(encodeAck(ack.channel, ack.seq))).toEqual({ is: "ack", channel: ack.channel, offset: ack.seq });
      }),
    );
  });

  test("also from the middle of a larger buffer", () => {
    const frame = encodeInput({ channel: 7, run: 1, writer: "w", seq: 9, data: Uint8Array.of(1, 2) });
    const larger = new Uint8Array(frame.length + 20).fill(255);
    larger.set(frame, 10);
    const view = larger.subarray(10, 10 + frame.length);
    expect(decodeClientFrame(view)).toEqual({ is: "input", channel: 7, run: 1, writer: "w", seq: 9, data: Uint8Array.of(1, 2) });
  });
});

describe("a frame that cannot be read is a bad message that says why, whatever its bytes", () => {
  test("cut at every length", () => {
    const input = encodeInput({ channel: 1, run: 1, writer: "writer", seq: 1, data: new Uint8Array() });
    const ack = encodeAck(1, 1);
    for (const frame of [input, ack]) {
      for (let length = 0; length < frame.length; length += 1) {
        expect(() => decodeClientFrame(frame.subarray(0, length))).toThrow(PerdureError);
      }
    }
    const output = encodeOutput(1, 1, []);
    const snapshot = encodeSnapshot({ channel: 1, offset: 1, cols: 1, rows: 1, data: new Uint8Array() });
    const inputAck = encodeInputAck({ channel: 1, run: 1, writer: "writer", seq: 1 });
    for (const frame of [output, snapshot, inputAck]) {
      for (let length = 0; length < frame.length; length += 1) {
        expect(() => decodeServerFrame(frame.subarray(0, length))).toThrow(PerdureError);
      }
    }
  });

  test("random bytes behind every type", () => {
    fc.assert(
      fc.property(fc.nat({ max: 255 }), fc.uint8Array({ maxLength: 120 }), (type, rest) => {
        const frame = Uint8Array.of(type, ...rest);
        expect(outcome(frame)).toHaveLength(2);
      }),
      { numRuns: 2000 },
    );
  });

  test("one byte of a good frame changed", () => {
    const frames = [
      ...clientMessages.map(encodeControl),
      ...serverMessages.map(encodeControl),
      encodeInput({ channel: 1, run: 1, writer: "writer", seq: 1, data: Uint8Array.of(1) }),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...frames), fc.nat(), fc.nat({ max: 255 }), (frame, at, value) => {
        const changed = frame.slice();
        changed[at % changed.length] = value;
        expect(outcome(changed)).toHaveLength(2);
      }),
      { numRuns: 2000 },
    );
  });

  test("any JSON at all", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const frame = Uint8Array.of(1, ...new TextEncoder().encode(json));
        expect(outcome(frame)).toHaveLength(2);
      }),
    );
  });

  test.each([
    ["nothing", []],
    ["an unknown type of frame", [99]],
    ["a server's frame", [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ["a number over 2^53 - 1", [5, 0, 0, 0, 1, 0x00, 0x20, 0, 0, 0, 0, 0, 0]],
    ["a writer without a name", [4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0]],
    ["a writer whose name is longer than the frame", [4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 9, 65]],
    ["a writer's name that is not UTF-8", [4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 255]],
    ["control text that is not UTF-8", [1, 255]],
    ["nesting without end", [1, ...Array.from({ length: 100_000 }, () => 91)]],
  ])("%s, from a client", (_what, bytes) => {
    expect(() => decodeClientFrame(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: "bad-message" }));
  });

  test.each([
    '{"type":"hello"}',
    '{"type":"attach","channel":-1,"session":"s","mode":"screen","visible":true,"readOnly":false}',
    '{"type":"attach","channel":1.5,"session":"s","mode":"screen","visible":true,"readOnly":false}',
    '{"type":"resize","channel":1,"cols":0,"rows":24}',
    '{"type":"resize","channel":1,"cols":80,"rows":5000}',
    '{"type":"unheard-of"}',
    "null",
    "[]",
    "7",
  ])("the message %s of a client", (json) => {
    expect(() => decodeClientFrame(Uint8Array.of(1, ...new TextEncoder().encode(json)))).toThrow(
      expect.objectContaining({ code: "bad-message" }),
    );
  });

  test("input above the limit, while the limit itself is read", () => {
    expect(decodeClientFrame(inputOf(MAX_INPUT_BYTES))).toMatchObject({ is: "input" });
    expect(() => decodeClientFrame(inputOf(MAX_INPUT_BYTES + 1))).toThrow(expect.objectContaining({ code: "bad-message" }));
  });
});

describe("what a newer server may send to an older client", () => {
  test("a frame or message of a type that it does not know is told apart, so that it can be ignored", () => {
    expect(decodeServerFrame(Uint8Array.of(200, 1, 2))).toEqual({ is: "unknown", type: "200" });
    const applause = Uint8Array.of(1, ...new TextEncoder().encode('{"type":"applause","loud":true}'));
    expect(decodeServerFrame(applause)).toEqual({ is: "unknown", type: "applause" });
  });

  test("fields that it does not know are dropped", () => {
    const frame = Uint8Array.of(1, ...new TextEncoder().encode('{"type":"removed","session":"s","since":5}'));
    expect(decodeServerFrame(frame)).toEqual({ is: "control", message: { type: "removed", session: "s" } });
  });

  test("a known message that does not fit is a bad message all the same", () => {
    const frame = Uint8Array.of(1, ...new TextEncoder().encode('{"type":"removed"}'));
    expect(() => decodeServerFrame(frame)).toThrow(expect.objectContaining({ code: "bad-message" }));
  });
});

test.each(["", "x".repeat(65), "é".repeat(33)])(
  "a writer's name of 1 to 64 bytes is asked for: %j is refused when it is written",
  (name) => {
    expect(() => encodeInput({ channel: 1, run: 1, writer: name, seq: 1, data: new Uint8Array() })).toThrow(PerdureError);
  },
);
