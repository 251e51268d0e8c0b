import { expect, test } from "vitest";
import { explainUndelivered } from "./input-refusals.ts";

test("what was not delivered is counted for each reason, and none is claimed that is not known", () => {
  const lines = explainUndelivered("work", [
    { bytes: 2, because: "run-ended" },
    { bytes: 3, because: "run-ended" },
    { bytes: 1, because: "unconfirmed" },
  ]);
  expect(lines).toEqual([
    '5 typed bytes did not reach "work": its program has ended.',
    '1 typed byte may not have reached "work": the server has not confirmed it.',
  ]);
  expect(explainUndelivered("work", [])).toEqual([]);
});
