import { expect, test } from "vitest";
import { after, approval, asked, run } from "../testing/talk.ts";
import { approvalLines, changeSize, optionMeant } from "./approval-words.ts";
import { openApprovals } from "./message-end.ts";

const [open] = openApprovals(after(run(), asked("i"), approval("i")));
if (open === undefined) throw new Error("nothing is asked");

test("what is asked, with numbers for the answers", () => {
  expect(approvalLines(open)).toEqual(["Run make?", "  In /", "  1 Allow once", "  2 Always allow", "  3 Reject"]);
  expect(changeSize(null, "a\nb\n")).toBe("(new, 2 lines)");
  expect(changeSize("a\nb\n", "a\nc\nd\n")).toBe("+2 −1");
});

test("without a word the answer is the one that counts least far", () => {
  expect(optionMeant(open, "approve", undefined).id).toBe("allow");
  expect(optionMeant(open, "reject", undefined).id).toBe("reject");
});

test("a number, an id or the words name an answer; anything else lists them", () => {
  expect(optionMeant(open, "approve", "2").id).toBe("always");
  expect(optionMeant(open, "approve", "always").id).toBe("always");
  expect(optionMeant(open, "approve", "always allow").id).toBe("always");
  expect(() => optionMeant(open, "approve", "4")).toThrow(/none of the answers; give a number or an id:\n {2}1 {2}allow/);
  const question = { ...open, options: [{ id: "blue", label: "Blue", kind: "answer" as const }] };
  expect(() => optionMeant(question, "approve", undefined)).toThrow(/Say which answer is meant/);
});
