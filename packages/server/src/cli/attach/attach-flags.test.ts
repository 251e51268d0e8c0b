import { expect, test } from "vitest";
import { detachKeys, guardNesting } from "./attach-flags.ts";

const inside = { PERDURE_SESSION: "s1" };

test("outside of every session nothing is refused", () => {
  expect(() => guardNesting({}, {}, "s1")).not.toThrow();
  expect(() => guardNesting({ PERDURE_SESSION: "" }, {}, "s1")).not.toThrow();
});

test("a session is never shown in itself, not even when nesting is meant", () => {
  expect(() => guardNesting(inside, { nested: true }, "s1")).toThrow("inside that very session");
});

test("another session inside one needs --nested, and so does a new one", () => {
  expect(() => guardNesting(inside, {}, "s2")).toThrow("--nested");
  expect(() => guardNesting(inside, {}, undefined)).toThrow("--nested");
  expect(() => guardNesting(inside, { nested: true }, "s2")).not.toThrow();
});

test("the detach key is the flag's, else the variable's, else Control-backslash twice", () => {
  expect(detachKeys({ detachKey: "C-a d" }, { PERDURE_DETACH_KEY: "C-]" })).toBe("C-a d");
  expect(detachKeys({}, { PERDURE_DETACH_KEY: "C-]" })).toBe("C-]");
  expect(detachKeys({}, { PERDURE_DETACH_KEY: "" })).toBe("C-\\ C-\\");
});
