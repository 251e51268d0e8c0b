import * as fc from "fast-check";
import { expect, test } from "vitest";
import { earlyFramesOf, MAX_EARLY_LENGTH, withEarlyFrames } from "./early-frames.ts";

const address = "ws://localhost/api/socket";

test("frames travel in an address in their order, whatever their bytes", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), fc.constantFrom("", "?a=b"), (frames, query) => {
      const { url, taken } = withEarlyFrames(address + query, frames);
      expect(taken).toBe(frames.length);
      expect(earlyFramesOf(url)).toEqual(frames);
      expect(encodeURI(url)).toBe(url);
    }),
  );
});

test("what does not fit is left for later, and everything behind it", () => {
  const frames = [new Uint8Array(1000), new Uint8Array(3000), new Uint8Array(1)];
  const { url, taken } = withEarlyFrames(address, frames);
  expect(taken).toBe(1);
  expect(url.length).toBeLessThanOrEqual(address.length + MAX_EARLY_LENGTH);
  expect(withEarlyFrames(address, [new Uint8Array(5000)])).toEqual({ url: address, taken: 0 });
});

test("an address without any has none, and what is no frame is refused", () => {
  expect(earlyFramesOf(address)).toEqual([]);
  expect(earlyFramesOf(`${address}?other=1`)).toEqual([]);
  expect(() => earlyFramesOf(`${address}?early=*`)).toThrow("base64url");
});
