import type { ShellCommand } from "@perdure/protocol";
import { expect, test } from "vitest";
import { commandBeside } from "./command-jump.ts";

const at = (line: number | null): ShellCommand => ({
  offset: line ?? 0,
  text: null,
  directory: null,
  exitCode: 0,
  startedAt: 0,
  endedAt: 1,
  line,
  outputLine: null,
  endLine: null,
});

const commands = [at(30), at(null), at(20), at(10)];

test("one goes to the nearest command above or below, and over those that are drawn over", () => {
  expect(commandBeside(commands, Infinity, -1)?.line).toBe(30);
  expect(commandBeside(commands, 30, -1)?.line).toBe(20);
  expect(commandBeside(commands, 25, 1)?.line).toBe(30);
  expect(commandBeside(commands, 10, -1)).toBeNull();
  expect(commandBeside(commands, 30, 1)).toBeNull();
});
