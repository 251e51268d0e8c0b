import { expect, test } from "vitest";
import { styleFor } from "./style.ts";

test("a terminal gets colours", () => {
  expect(styleFor({ isTTY: true }, { TERM: "xterm" }).red("x")).toBe("\x1b[31mx\x1b[39m");
});

test.each([
  ["a pipe", { isTTY: false }, {}],
  ["NO_COLOR", { isTTY: true }, { NO_COLOR: "1" }],
  ["a dumb terminal", { isTTY: true }, { TERM: "dumb" }],
])("with %s there is none", (_, stream, env) => {
  expect(styleFor(stream, env).bold("x")).toBe("x");
});

test("an empty NO_COLOR does not count", () => {
  expect(styleFor({ isTTY: true }, { NO_COLOR: "" }).dim("x")).toBe("\x1b[2mx\x1b[22m");
});
