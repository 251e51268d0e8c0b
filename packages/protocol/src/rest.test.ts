import { describe, expect, test } from "vitest";
import { RenameSession } from "./rest.ts";

const nameOf = (name: string): string => RenameSession.parse({ name }).name;

describe("the name of a session", () => {
  test("stands on one line and is read as it is written", () => {
    expect(nameOf(" two\r\nlines\tand \u001b[31mred ")).toBe("two lines and  [31mred");
    expect(nameOf("invoice\u202excod.exe")).toBe("invoice xcod.exe");
    expect(nameOf("\u05e2\u05d1\u05e8\u05d9\u05ea \u{1f469}\u200d\u{1f467}")).toBe(
      "\u05e2\u05d1\u05e8\u05d9\u05ea \u{1f469}\u200d\u{1f467}",
    );
  });

  test.each(["", " ", "\n", "x".repeat(201)])("has 1 to 200 characters: not %j", (name) => {
    expect(RenameSession.safeParse({ name }).error?.issues[0]?.message).toBe("a name has 1 to 200 characters");
  });
});
