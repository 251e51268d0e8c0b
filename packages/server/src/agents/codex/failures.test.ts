import { expect, test } from "vitest";
import { failureOf } from "./failures.ts";

test.each([
  ["unauthorized", "auth"],
  ["usageLimitExceeded", "limit"],
  ["serverOverloaded", "overloaded"],
  [{ httpConnectionFailed: { httpStatusCode: 401 } }, "auth"],
  [{ responseTooManyFailedAttempts: { httpStatusCode: 429 } }, "limit"],
  [{ responseStreamDisconnected: { httpStatusCode: 529 } }, "overloaded"],
  [{ responseStreamDisconnected: { httpStatusCode: null } }, "network"],
  [{ responseStreamDisconnected: null }, "network"],
  ["contextWindowExceeded", "unknown"],
  ["constructor", "unknown"],
  [{ somethingNew: {} }, "unknown"],
  [{}, "unknown"],
  [null, "unknown"],
])("%j is %s", (codexErrorInfo, reason) => {
  expect(failureOf({ message: "no words", codexErrorInfo })).toBe(reason);
});

test("without a mark the words decide", () => {
  expect(failureOf({ message: "error sending request for url", codexErrorInfo: "other" })).toBe("network");
});
