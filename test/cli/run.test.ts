// `perdure PROGRAM`: the program runs as if it had been started without perdure.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, statSync, realpathSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { CommandLine } from "../harness/command-line.ts";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { commandLineForThisFile } from "../harness/set-up.ts";

let home: PerdureHome;
let cli: CommandLine;

commandLineForThisFile((made) => {
  cli = made;
  home = made.home;
});

const endings: readonly { readonly title: string; readonly script: string; readonly code: number }[] = [
  { title: "0", script: "exit 0", code: 0 },
  { title: "3", script: "exit 3", code: 3 },
  { title: "255", script: "exit 255", code: 255 },
  { title: "128 + n for signal n", script: "kill -TERM $$", code: 143 },
  { title: "128 + 9 for SIGKILL", script: "kill -KILL $$", code: 137 },
];

describe("the exit code is the program's", () => {
  for (const { title, script, code } of endings) {
    test(`through a pipe: ${title}`, async () => {
      const ended = await cli.run(["run", "--", "sh", "-c", `printf 'last words'; ${script}`]);
      expect(ended).toEqual({ code, signal: null, stdout: "last words", stderr: "" });
    });
  }

  test("in a terminal: 3, and 128 + n", async () => {
    const coded = cli.terminal(["sh", "-c", "echo last words; exit 3"]);
    expect(await coded.end()).toEqual({ code: 3, signal: 0 });
    expect(coded.rows).toContain("last words");
    const signalled = cli.terminal(["sh", "-c", "kill -INT $$"]);
    expect((await signalled.end()).code).toBe(130);
  });
});

describe("the program gets from its caller", () => {
  test("the environment, without what is the server's or another session's", async () => {
    const env = { CALLERS: "own value", PERDURE_RUN: "another run", EMPTY: "" };
    const { stdout } = await cli.run(["env"], { env });
    const variables = new Map(stdout.split("\r\n").map((line) => [line.split("=")[0] ?? "", line.slice(line.indexOf("=") + 1)]));
    expect(Object.fromEntries(variables)).toMatchObject({ ...home.variables, CALLERS: "own value", EMPTY: "", TERM: "xterm-256color" });
    expect(variables.get("PERDURE_RUN")).not.toBe("another run");
    expect(variables.get("PERDURE_SESSION")).toBeDefined();
    expect([...variables.keys()].filter((name) => /^(?:NODE_|npm_|VITEST)/.test(name))).toEqual([]);
  });

  test("another caller's environment is another one: the server's own does not matter", async () => {
    const print = ["sh", "-c", 'printf %s "${FIRST-none} $SECOND"'];
    expect((await cli.run(print, { env: { FIRST: "1", SECOND: "a" } })).stdout).toBe("1 a");
    expect((await cli.run(print, { env: { SECOND: "b" } })).stdout).toBe("none b");
  });

  test("the working directory, or the one of --cwd", async () => {
    const directory = home.path("some where");
    mkdirSync(directory);
    const print = ["sh", "-c", 'printf %s "$PWD"'];
    expect((await cli.run(print, { cwd: directory })).stdout).toBe(realpathSync(directory));
    expect((await cli.run(["--cwd", "some where", ...print])).stdout).toBe(realpathSync(directory));
  });

  test("the umask", async () => {
    const through = ["sh", "-c", 'umask 027; exec "$@"', "sh"];
    await cli.run(["sh", "-c", "umask; : > made"], { through });
    expect(statSync(home.path("made")).mode & 0o777).toBe(0o640);
  });

  test("the size of the terminal, and everything it prints", async () => {
    const terminal = cli.terminal(["stty", "size"], { cols: 97, rows: 31 });
    await terminal.end();
    expect(terminal.rows).toContain("31 97");
  });
});

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

test("a megabyte comes through a pipe byte for byte", async () => {
  const script = 'let text = ""; for (let n = 0; text.length < 1e6; n += 1) text += n + "\\n"; process.stdout.write(text)';
  const { stdout, code } = await cli.run([process.execPath, "-e", script]);
  let expected = "";
  for (let number = 0; expected.length < 1e6; number += 1) expected += `${number}\n`;
  expect({ code, hash: hash(stdout) }).toEqual({ code: 0, hash: hash(expected.replaceAll("\n", "\r\n")) });
});

test("flags after the program are the program's, those before it perdure's", async () => {
  const print = ["sh", "-c", 'for word; do echo "$word"; done', "sh"];
  const words = ["--name", "mine", "-d", "--no-such-flag", "-xvf", "--", "--version", "--help", ""];
  for (const line of [
    ["--name", "flags", ...print, ...words],
    ["run", "--name", "flags", ...print, ...words],
    ["--", ...print, ...words],
  ]) {
    expect((await cli.run(line)).stdout).toBe(words.map((word) => `${word}\r\n`).join(""));
  }
  expect((await home.api.sessions()).filter(({ name }) => name === "flags")).toHaveLength(2);
  expect((await cli.run(["--no-such-flag", "sh"])).code).toBe(2);
});

describe("a word that is neither a command of perdure nor a program", () => {
  test("answers what may have been meant, and starts nothing", async () => {
    const fresh = home.path("untouched");
    const { code, stdout, stderr } = await cli.run(["atach"], { env: { PERDURE_HOME: fresh } });
    expect({ code, stdout }).toEqual({ code: 127, stdout: "" });
    expect(stderr).toMatch(/^perdure: "atach" is neither .* Did you mean attach.*\?\n$/);
    expect(existsSync(fresh)).toBe(false);
  });

  test("is told apart from a program that does not exist", async () => {
    const missing = await cli.run(["run", "--", "no-such-program"]);
    expect(missing).toMatchObject({ code: 127, stdout: "" });
    expect(missing.stderr).toMatch(/^perdure: .*no-such-program.*\n$/);
    const forbidden = await cli.run(["run", "--", "/etc/passwd"]);
    expect([126, 127]).toContain(forbidden.code);
    expect(forbidden.stderr).toMatch(/^perdure: .*\n$/);
    const nowhere = await cli.run(["--cwd", "/none/such", "sh"]);
    expect(nowhere).toMatchObject({ code: 126, stdout: "" });
    expect(nowhere.stderr).toMatch(/^perdure: .*\/none\/such.*\n$/);
  });
});
