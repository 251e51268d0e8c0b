import { expect, test } from "vitest";
import { Cli } from "./cli.ts";
import { buildProgram } from "./program.ts";

const program = buildProgram(new Cli(process, new AbortController().signal), () => undefined);
const headingsOf = (help: string): readonly string[] => help.match(/^[A-Z][^\n]*:$/gm) ?? [];

test("the commands stand under headings, each under one", () => {
  const help = program.helpInformation();
  expect(headingsOf(help)).toEqual(["Options:", "Begin and return:", "Sessions:", "Agents:", "Server and devices:"]);
  const visible = program.createHelp().visibleCommands(program);
  const lines = visible.map((command) => help.match(new RegExp(`^  ${command.name()}[ |]`, "gm"))?.length);
  expect(lines).toEqual(visible.map(() => 1));
});

test("of a command, what it has of its own stands before what all have", () => {
  const run = program.commands.find((command) => command.name() === "run");
  expect(headingsOf(run?.helpInformation() ?? "")).toEqual(["Arguments:", "Options:", "Server:"]);
});
