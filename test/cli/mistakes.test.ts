// What people get wrong: one line that says what to do, an exit code of its own, and nothing is done.

import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { CommandLine } from "../harness/command-line.ts";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { commandLineForThisFile } from "../harness/set-up.ts";

let home: PerdureHome;
let cli: CommandLine;

commandLineForThisFile(async (made) => {
  cli = made;
  home = made.home;
  await cli.create("work", ["sleep", "1000"]);
  await cli.create("workshop", ["sleep", "1000"]);
  await cli.create("worker", ["sleep", "1000"]);
});

describe.concurrent("a session that is not there", () => {
  for (const args of [["screen"], ["logs"], ["end"], ["rm"], ["wait", "--exit"], ["send", "--enter"], ["export"], ["start"]]) {
    test(`${args.join(" ")}: did you mean`, async () => {
      const [verb = "", ...flags] = args;
      const { code, stdout, stderr } = await cli.run([verb, "wrkshop", ...flags]);
      expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
      expect(stderr).toBe('perdure: There is no session "wrkshop". Did you mean workshop?\n');
    });
  }

  test("in a terminal, too, and nothing of the terminal is touched", async () => {
    const terminal = cli.terminal(["attach", "nothing-like-it"]);
    const fresh = terminal.modes;
    expect((await terminal.end()).code).toBe(4);
    expect(terminal.rows).toEqual(['perdure: There is no session "nothing-like-it". `perdure ls` lists them.']);
    expect(terminal.modes).toEqual(fresh);
  });
});

describe("the beginning of a name", () => {
  test("names a session if only one begins so; the whole name goes before", async () => {
    expect((await cli.run(["screen", "worke"])).code).toBe(0);
    expect((await cli.run(["screen", "work"])).code).toBe(0);
  });

  test("of several is an error that lists them", async () => {
    const { code, stdout, stderr } = await cli.run(["rename", "wor", "other"]);
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    const [first, ...listed] = stderr.trimEnd().split("\n");
    expect(first).toBe('perdure: "wor" could be any of these; use an id:');
    expect(listed.map((line) => line.trim().split(/\s+/)[1] ?? "").toSorted()).toEqual(["work", "worker", "workshop"]);
    const id = listed[0]?.trim().split(/\s+/)[0] ?? "";
    expect((await cli.run(["screen", id])).code).toBe(0);
    expect((await cli.run(["screen", id.slice(0, 12)])).code).toBe(0);
  });
});

describe.concurrent("a command line that cannot be understood gives 2 and changes nothing", () => {
  for (const args of [
    ["ls", "--no-such-flag"],
    ["end"],
    ["end", "work", "--grace", "1000"],
    ["rename", "work"],
    ["rename", "work", ""],
    ["rename", "work", "x".repeat(201)],
    ["export", "work", "--format", "video"],
    ["pair", "--url", "ftp://somewhere"],
    ["demo", "--act", "nothing"],
    ["attach", "work"],
  ]) {
    test(`perdure ${args.join(" ").slice(0, 40)}`, async () => {
      const { code, stdout, stderr } = await cli.run(args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/^perdure: /);
      expect((await home.api.sessions()).map(({ name }) => name).toSorted()).toEqual(["work", "worker", "workshop"]);
    });
  }

  test("a detach key that is none, in a terminal", async () => {
    const terminal = cli.terminal(["attach", "work", "--detach-key", "F5"]);
    expect((await terminal.end()).code).toBe(2);
    expect(terminal.rows[0]).toMatch(/^perdure: "F5" cannot be a detach key/);
  });
});

test("help of a command that is not there", async () => {
  const { code, stdout, stderr } = await cli.run(["help", "atach"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toBe('perdure: "atach" is no command of perdure. Did you mean attach?\n');
});

test("a name that is too long", async () => {
  const { code, stderr } = await cli.run(["rename", "work", "x".repeat(201)]);
  expect(code).toBe(2);
  expect(stderr).toContain("a name has 1 to 200 characters");
});

test.runIf(existsSync("/dev/full"))("a result that cannot be written is no success", async () => {
  for (const args of [["ls"], ["ls", "--json"], ["help"]]) {
    const { code, stderr } = await cli.run(args, { through: ["sh", "-c", 'exec "$@" > /dev/full', "sh"] });
    expect({ args, code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("could not be written") });
  }
});

test("help names every command, and answers without a server", async () => {
  const fresh = { PERDURE_HOME: home.path("untouched") };
  const { code, stdout } = await cli.run(["help"], { env: fresh });
  expect(code).toBe(0);
  for (const verb of ["run", "attach", "ls", "wait", "send", "pair", "shutdown", "demo"])
    expect(stdout).toMatch(new RegExp(`^ +${verb}\\b`, "m"));
  expect(stdout).not.toContain("demo-counter");
  expect((await cli.run(["wait", "--help"], { env: fresh })).stdout).toContain("--match");
  expect((await cli.run(["--version"], { env: fresh })).stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
});
