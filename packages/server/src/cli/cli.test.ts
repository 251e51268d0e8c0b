import { expect, test } from "vitest";
import { Cli } from "./cli.ts";

function calledIn(cwd: () => string, env: NodeJS.ProcessEnv): string {
  const { stdin, stdout, stderr } = process;
  return new Cli({ stdin, stdout, stderr, env, cwd }, new AbortController().signal).cwd;
}

function removed(): never {
  throw Object.assign(new Error("uv_cwd"), { code: "ENOENT" });
}

test("a command knows the directory that it is called in", () => {
  expect(calledIn(() => "/here", { PWD: "/there" })).toBe("/here");
});

test("a directory that has been removed is called what it was called: the command goes on", () => {
  expect(calledIn(removed, { PWD: "/was/here" })).toBe("/was/here");
  expect(calledIn(removed, {})).toBe("/");
});
