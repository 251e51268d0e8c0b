import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Launch, type Launcher, prepareLaunch } from "./launch.ts";
import { startPty } from "./pty.ts";
import { request } from "./scratch-host.ts";

let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-launch-"));
});

afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

/** Starts it the way a host with many open terminals would: descriptors 3 to 29 are inherited. */
async function run(launch: Launch): Promise<{ output: string; errors: string; code: number | null }> {
  const inherited = Array.from({ length: 27 }, () => fs.openSync("/dev/null", "r"));
  const child = spawn(launch.file, launch.args, { cwd: "/", env: { ...launch.env }, stdio: ["ignore", "pipe", "pipe", ...inherited] });
  for (const fd of inherited) fs.closeSync(fd);
  const [output, errors] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    once(child, "exit"),
  ]);
  return { output, errors, code: child.exitCode };
}

function prepared(launcher: Launcher, command: readonly string[], more: Parameters<typeof request>[2] = {}): Launch {
  const launch = prepareLaunch(request("run-1", command, more), launcher);
  if ("code" in launch) throw new Error(launch.message);
  return launch;
}

function script(name: string, body: string): string {
  const file = path.join(directory, name);
  fs.writeFileSync(file, body, { mode: 0o755 });
  return file;
}

function failure(command: string, cwd = "/"): ReturnType<typeof prepareLaunch> {
  return prepareLaunch(request("r", [command], { cwd, env: { PATH: `${directory}:/usr/bin` } }));
}

for (const launcher of ["bash", "node"] as const) {
  describe(`through ${launcher}`, () => {
    test("the program has descriptors 0, 1 and 2, whatever was inherited", async () => {
      const { output } = await run(prepared(launcher, ["sh", "-c", "exec ls /proc/$$/fd"]));
      // The fourth is ls looking at its own directory.
      expect(output.trim().split("\n")).toEqual(["0", "1", "2", "3"]);
    });

    test("the environment is the request's and the cookie, nothing more or less", async () => {
      const env = {
        PATH: process.env["PATH"] ?? "",
        LC_ALL: "xx_XX.nowhere",
        IFS: "x",
        SHELLOPTS: "xtrace",
        BASH_ENV: script("env", "echo read BASH_ENV; export FOUND=1"),
        "BASH_FUNC_f%%": "() { :; }",
        "not-a-name": "a b\nc",
        NODE_OPTIONS: "--require /nowhere.js",
        PERDURE_RUN: "another",
        _under: "1",
        EMPTY: "",
      };
      const { output, errors } = await run(prepared(launcher, ["cat", "/proc/self/environ"], { env }));
      const variables = Object.fromEntries(
        output.split("\0").flatMap((line) => (line ? [[line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]] : [])),
      );
      expect(variables).toEqual({ ...env, PERDURE_RUN: "run-1" });
      expect(errors).toBe("");
    });

    test("variables a shell keeps are passed as they are", async () => {
      const env = { PATH: process.env["PATH"] ?? "", SHLVL: "7", PWD: "/elsewhere", OLDPWD: "/nowhere", _: "/usr/bin/thing" };
      const { output } = await run(prepared(launcher, ["cat", "/proc/self/environ"], { env }));
      for (const [name, value] of Object.entries(env)) expect(output.split("\0")).toContain(`${name}=${value}`);
    });

    test("no signal is ignored or blocked, and the umask is the request's", async () => {
      const { output } = await run(prepared(launcher, ["sh", "-c", "umask; grep -E 'Sig(Ign|Blk)' /proc/self/status"], { umask: 0o027 }));
      expect(output).toMatch(/^0027\nSigBlk:\s+0{16}\nSigIgn:\s+0{16}\n$/);
    });

    test("arguments, exit code and a path with an equals sign come through", async () => {
      const file = script("a=b", '#!/bin/sh\nprintf "<%s>" "$@"\nexit 9\n');
      expect(await run(prepared(launcher, [file, "", "a b", "-u", "x=y", "*"]))).toEqual({
        output: "<><a b><-u><x=y><*>",
        errors: "",
        code: 9,
      });
    });

    test("a terminal of an earlier program is not held by a later one", async () => {
      const earlier = startPty(request("run-0", ["sleep", "30"]), prepared(launcher, ["sleep", "30"]), {
        output: () => {},
        ended: () => {},
      });
      let output = "";
      const wanted = request("run-1", ["sh"]);
      await new Promise((resolve) => {
        const events = { output: (_: string, bytes: Buffer) => void (output += bytes.toString()), ended: resolve };
        startPty(wanted, prepared(launcher, ["sh", "-c", "ls -l /proc/$$/fd; exit"]), events);
      });
      earlier.close();
      expect([...output.matchAll(/ (\d+) -> (\S+)/g)].map((match) => [match[1], match[2]?.replace(/\d+$/, "")])).toEqual(
        ["0", "1", "2"].map((fd) => [fd, "/dev/pts/"]),
      );
    });

    test("a script without #! is one for sh", async () => {
      const file = script("plain", 'echo "plain $1"\n');
      expect((await run(prepared(launcher, [file, "x"]))).output).toBe("plain x\n");
    });
  });
}

describe("what cannot be started is said before there is a process", () => {
  test("no such directory", () =>
    expect(failure("sh", "/nowhere")).toMatchObject({ code: "cwd-missing", message: expect.stringContaining("/nowhere") }));
  test("a directory that is a file", () => expect(failure("sh", script("f", ""))).toMatchObject({ code: "cwd-missing" }));
  test("no such command", () =>
    expect(failure("no-such-thing")).toMatchObject({ code: "command-missing", message: expect.stringContaining("PATH") }));
  test("no such file", () =>
    expect(failure("./no-such-thing")).toMatchObject({ code: "command-missing", message: expect.stringContaining("does not exist") }));
  test("a directory", () =>
    expect(failure(directory)).toMatchObject({ code: "command-missing", message: expect.stringContaining("directory") }));
  test("an empty name", () => expect(failure("")).toMatchObject({ code: "command-missing" }));

  test("a file that cannot be executed", () => {
    fs.chmodSync(script("locked", "x"), 0o644);
    expect(failure("./locked", directory)).toMatchObject({ code: "command-missing", message: expect.stringContaining("chmod") });
  });

  test("a file in PATH that cannot be executed is passed over", () => {
    fs.chmodSync(script("sh", "x"), 0o644);
    expect(failure("sh")).toMatchObject({ file: expect.any(String) });
  });
});
