import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { processEntry } from "../platform/processes.ts";
import type { Program } from "./program.ts";
import { startPty } from "./pty.ts";
import { request } from "./scratch-host.ts";
import type { RunEnd } from "./wire.ts";

let directory: string;
let programs: Program[];

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-pty-"));
  programs = [];
});

afterEach(() => {
  for (const { pid } of programs) if (processEntry(pid)) process.kill(pid, "SIGKILL");
  for (const program of programs) program.close();
  fs.rmSync(directory, { recursive: true, force: true });
});

/** A shell on a terminal, without the launcher: what it printed and how it ended. */
function shell(script: string): { readonly program: Program; output: string; end: RunEnd | undefined } {
  const file = "/bin/sh";
  const seen = { program: undefined as unknown as Program, output: "", end: undefined as RunEnd | undefined };
  seen.program = startPty(
    request("r1", [file]),
    { file, args: ["-c", script], env: {} },
    {
      output: (_, bytes) => void (seen.output += bytes.toString()),
      ended: (end) => void (seen.end = end),
    },
  );
  programs.push(seen.program);
  return seen;
}

function openDescriptors(): number {
  return fs.readdirSync("/proc/self/fd").length;
}

/** Stops this thread, and with it all reading, as a slow disk does. */
function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test("what a program wrote before its exit is read, however long the host was held up in between", async () => {
  const seen = shell("echo up; read go; echo last words; exit 3");
  await vi.waitUntil(() => seen.output.includes("up"), { timeout: 10_000 });
  seen.program.setReading(false);
  seen.program.write(Buffer.from("\n"));
  await vi.waitUntil(() => processEntry(seen.program.pid) === undefined, { timeout: 10_000 });
  await new Promise((resolve) => setImmediate(resolve));
  seen.program.setReading(true);
  stall(500);
  await vi.waitUntil(() => seen.end, { timeout: 10_000 });
  expect(seen.output).toContain("last words");
  expect(seen.end).toEqual({ is: "exited", code: 3, signal: null });
});

test("input for a program that has closed its terminal goes to no other file", async () => {
  const seen = shell("trap '' HUP; read go; exec <&- >&- 2>&-; exec sleep 30");
  const before = openDescriptors();
  seen.program.write(Buffer.from("\n"));
  await vi.waitUntil(() => openDescriptors() < before, { timeout: 10_000 });
  const others = Array.from({ length: 8 }, (_, n) => path.join(directory, String(n)));
  const opened = others.map((file) => fs.openSync(file, "w+"));
  seen.program.write(Buffer.from("for the program alone"));
  seen.program.resize(100, 30);
  for (const fd of opened) fs.closeSync(fd);
  expect(others.map((file) => fs.readFileSync(file, "utf8"))).toEqual(others.map(() => ""));
  expect(seen.program.waitingBytes).toBe(0);
});
