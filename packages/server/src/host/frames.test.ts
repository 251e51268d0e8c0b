import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameReader, RECORDS_ROOM, decodeInput, encodeControl, encodeInput } from "./frames.ts";
import { decodeRecords, encodeRecord } from "./records.ts";
import { parseRequest } from "./requests.ts";
import { HOST_FRAME, MAX_HOST_FRAME_BYTES } from "./wire.ts";

function parse(value: unknown): ReturnType<typeof parseRequest> {
  return parseRequest(Buffer.from(JSON.stringify(value)));
}

test("frames are the same in whatever pieces they come", () => {
  const sizes = fc.array(fc.nat(3000), { maxLength: 12 });
  fc.assert(
    fc.property(sizes, fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1 }), (bodies, cuts) => {
      const frames = bodies.map((size, n) =>
        encodeInput({ handle: n, numbering: "contiguous", writer: "w", seq: n, data: Buffer.alloc(size, n) }),
      );
      const stream = Buffer.concat(frames);
      const reader = new FrameReader();
      const seen: Buffer[] = [];
      for (let at = 0, n = 0; at < stream.length; n += 1) {
        const bytes = cuts[n % cuts.length] ?? 1;
        expect(
          reader.push(stream.subarray(at, at + bytes), (type, body) => type === HOST_FRAME.input && seen.push(Buffer.from(body))),
        ).toBe(true);
        at += bytes;
      }
      expect(seen).toEqual(frames.map((frame) => frame.subarray(5)));
    }),
  );
});

test("a frame of impossible length is a fault, before it is waited for", () => {
  for (const length of [0, MAX_HOST_FRAME_BYTES + 1, 0xffff_ffff]) {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(length);
    expect(new FrameReader().push(head, () => {})).toBe(false);
  }
});

test("input comes back as it was", () => {
  const input = { handle: 7, numbering: "increasing", writer: "tab-ü", seq: 2 ** 47, data: Buffer.from([0, 255, 3]) } as const;
  expect(decodeInput(encodeInput(input).subarray(5))).toEqual(input);
  expect(decodeInput(Buffer.alloc(3))).toBeUndefined();
  expect(decodeInput(encodeInput(input).subarray(5, 18))).toBeUndefined();
});

test("records that were damaged on the way are not taken", () => {
  const bytes = encodeRecord({ kind: "output", time: 5, parts: [Buffer.from("ab"), Buffer.from("c")] }, 3, 40, RECORDS_ROOM).subarray(
    RECORDS_ROOM,
  );
  expect(decodeRecords(bytes)).toEqual([{ index: 3, offset: 40, time: 5, is: "data", channel: "output", data: Buffer.from("abc") }]);
  expect(decodeRecords(bytes.subarray(0, -1))).toBeUndefined();
  expect(decodeRecords(Buffer.concat([bytes.subarray(0, -1), Buffer.from("x")]))).toBeUndefined();
});

test("requests are read strictly, with room for fields of later releases", () => {
  expect(parse({ type: "read", run: "r", from: 0, later: true })).toMatchObject({ type: "read" });
  const bad = [
    null,
    [],
    { type: "toString" },
    { type: "read", run: "../x", from: 0 },
    { type: "read", run: "r", from: -1 },
    { type: "resize", run: "r", cols: 0, rows: 1 },
    { type: "shutdown", request: 1 },
  ];
  for (const value of bad) expect(parse(value)).toBeUndefined();
  const spawn = { type: "spawn", request: 1, run: "r", kind: "pty", command: ["sh"], cwd: "/", env: {}, cols: 80, rows: 24 };
  expect(parse(spawn)).toEqual(spawn);
  for (const change of [
    { command: [] },
    { command: ["a\0b"] },
    { env: { "A=B": "x" } },
    { env: { A: 1 } },
    { kind: "other" },
    { umask: "7" },
  ]) {
    expect(parse({ ...spawn, ...change })).toBeUndefined();
  }
  expect(parseRequest(encodeControl({ type: "forget", request: 2, run: "r" }).subarray(5))).toEqual({
    type: "forget",
    request: 2,
    run: "r",
  });
});
