import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeLock } from "./lock.ts";
import { bootId, startTimeOf } from "./processes.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-lock-"));
  file = path.join(directory, "lock");
});

afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

function leave(holder: Record<string, unknown>): void {
  fs.writeFileSync(
    file,
    JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid), bootId: bootId(), nonce: "0a1b", ...holder }),
  );
}

test("the second is told who has it, and gets it after the release", () => {
  const first = takeLock(file);
  expect(takeLock(file)).toMatchObject({ ok: false, holder: { pid: process.pid } });
  if (first.ok) first.release();
  expect(takeLock(file)).toMatchObject({ ok: true });
  expect(fs.readdirSync(directory)).toEqual(["lock"]);
});

test("a pid that is now another process does not hold it", () => {
  leave({ startTime: "1" });
  expect(takeLock(file)).toMatchObject({ ok: true });
});

test("a lock from before the machine was started anew is nobody's", () => {
  leave({ bootId: "another boot" });
  expect(takeLock(file)).toMatchObject({ ok: true });
});

test("a lock that a power cut left empty is nobody's", () => {
  fs.writeFileSync(file, "");
  expect(takeLock(file)).toMatchObject({ ok: true });
});

test("one who died while replacing a dead lock is replaced too", () => {
  leave({ startTime: "1" });
  fs.writeFileSync(`${file}.claim-0a1b`, JSON.stringify({ pid: process.pid, startTime: "2", bootId: bootId(), nonce: "0a1c" }));
  expect(takeLock(file)).toMatchObject({ ok: true });
  expect(fs.readdirSync(directory)).toEqual(["lock"]);
});

test("while a living one replaces a dead lock, nobody else does", () => {
  leave({ startTime: "1" });
  fs.writeFileSync(
    `${file}.claim-0a1b`,
    JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid), bootId: bootId(), nonce: "0a1c" }),
  );
  expect(takeLock(file)).toMatchObject({ ok: false, holder: { nonce: "0a1c" } });
});

test("of many who find a dead lock at once exactly one gets it", async () => {
  const lock = fileURLToPath(new URL("./lock.ts", import.meta.url));
  const script = `const { takeLock } = await import(${JSON.stringify(lock)}); process.stdin.once("data", () => {
    console.log(takeLock(${JSON.stringify(file)}).ok); process.stdin.once("data", () => process.exit()); }); console.log("ready");`;
  for (let round = 0; round < 3; round += 1) {
    leave({ startTime: "1", nonce: `abc${round}` });
    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] }),
    );
    await Promise.all(children.map((child) => once(child.stdout, "data")));
    const answers = children.map((child) => once(child.stdout, "data").then(([data]) => String(data).trim()));
    for (const child of children) child.stdin.write("go");
    expect((await Promise.all(answers)).filter((answer) => answer === "true")).toHaveLength(1);
    const rest = children.map((child) => text(child.stdout));
    for (const child of children) child.stdin.write("end");
    await Promise.all(rest);
  }
});
