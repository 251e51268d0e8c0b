import { PerdureError } from "@perdure/protocol";
import { expect, test } from "vitest";
import { CommandFailure, EXIT, exitCodeOf, exitCodeOfRun } from "./exit-codes.ts";

test("a program's exit code is passed on as it is", () => {
  expect(exitCodeOfRun({ is: "exited", code: 0, signal: null, at: 0 })).toBe(0);
  expect(exitCodeOfRun({ is: "exited", code: 42, signal: null, at: 0 })).toBe(42);
});

test("a program that a signal ended gives 128 plus the signal's number, as in a shell", () => {
  expect(exitCodeOfRun({ is: "exited", code: null, signal: "SIGKILL", at: 0 })).toBe(137);
  expect(exitCodeOfRun({ is: "exited", code: null, signal: "SIGTERM", at: 0 })).toBe(143);
});

test("an exit that nobody saw is a failure, and a missing command is what the shell says", () => {
  expect(exitCodeOfRun({ is: "lost", reason: "host-died", at: 0 })).toBe(EXIT.failed);
  expect(exitCodeOfRun({ is: "failed", code: "command-missing", message: "", at: 0 })).toBe(127);
  expect(exitCodeOfRun({ is: "failed", code: "spawn-failed", message: "", at: 0 })).toBe(126);
});

test("errors of the server become exit codes a script can tell apart", () => {
  expect(exitCodeOf(new PerdureError("unknown-session"))).toBe(4);
  expect(exitCodeOf(new PerdureError("not-running"))).toBe(5);
  expect(exitCodeOf(new PerdureError("command-missing"))).toBe(127);
  expect(exitCodeOf(new PerdureError("internal"))).toBe(1);
  expect(exitCodeOf(new CommandFailure(EXIT.timeout, "too late"))).toBe(124);
  expect(exitCodeOf(new TypeError("a bug"))).toBe(1);
});
