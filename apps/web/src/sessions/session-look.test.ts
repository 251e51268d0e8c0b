import { expect, test } from "vitest";
import { lookIn } from "./session-look.ts";

test("an entry of the history is believed only if it says what is known", () => {
  expect(lookIn({ look: "chat" })).toBe("chat");
  expect([undefined, null, 7, {}, { look: "else" }].map(lookIn)).toEqual([undefined, undefined, undefined, undefined, undefined]);
});
