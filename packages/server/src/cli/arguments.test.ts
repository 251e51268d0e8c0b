import { expect, test } from "vitest";
import { readCommandLine } from "./arguments.ts";

const verbs = new Set(["run", "ls", "attach", "help"]);

function read(line: string) {
  return readCommandLine(line === "" ? [] : line.split(" "), verbs);
}

test("no word, or only flags, opens perdure itself", () => {
  expect(read("")).toEqual({ is: "bare", flags: [] });
  expect(read("--no-open --port 0")).toEqual({ is: "bare", flags: ["--no-open", "--port", "0"] });
  expect(read("--version")).toEqual({ is: "bare", flags: ["--version"] });
  expect(read("--no-open --")).toEqual({ is: "bare", flags: ["--no-open"] });
});

test("flags may stand before a verb", () => {
  expect(read("ls --json")).toEqual({ is: "verb", argv: ["ls", "--json"] });
  expect(read("--home /tmp/x ls --json")).toEqual({ is: "verb", argv: ["ls", "--home", "/tmp/x", "--json"] });
});

test("any other word is a program, and what follows it is the program's own", () => {
  expect(read("claude --resume --name mine -h")).toEqual({
    is: "program",
    flags: [],
    command: ["claude", "--resume", "--name", "mine", "-h"],
    isCertain: false,
  });
});

test("flags of perdure stand before the program, and a flag's value is not taken for it", () => {
  expect(read("--name work --home=/x --detach claude -c")).toEqual({
    is: "program",
    flags: ["--name", "work", "--home=/x", "--detach"],
    command: ["claude", "-c"],
    isCertain: false,
  });
});

test("after -- a word is a program even if perdure has a verb of that name", () => {
  expect(read("--name x -- ls -l")).toEqual({ is: "program", flags: ["--name", "x"], command: ["ls", "-l"], isCertain: true });
});

test("a -- behind the program stays with the program", () => {
  expect(read("git log -- file")).toEqual({ is: "program", flags: [], command: ["git", "log", "--", "file"], isCertain: false });
});
