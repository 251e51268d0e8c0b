import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTimeOf } from "../platform/processes.ts";
import { encodeControl } from "./frames.ts";
import { readEpoch, storeEpoch } from "./epoch.ts";
import { MAX_RUNS } from "./host.ts";
import { reopenRuns } from "./reopen.ts";
import { Run, type RunFacts } from "./run.ts";
import { HOST_FEATURES, HOST_PROTOCOL, MAX_HOST_FRAME_BYTES } from "./wire.ts";

const EVENTS = { appended: () => {}, spoolChanged: () => {} };
const FACTS: RunFacts = { run: "good", kind: "pty", command: ["x"], cwd: "/", cols: 80, rows: 24, bootId: "b" };
let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-reopen-"));
});

afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

function open(place: string, facts: RunFacts): Run {
  return new Run(place, facts, 1, 1024 * 1024, EVENTS);
}

/** Files of a run as a host leaves them, with one record. */
function leave(id: string, about: string): void {
  const place = path.join(directory, id);
  const run = new Run(place, { ...FACTS, run: id }, 1, 1024 * 1024, EVENTS);
  run.output("output", Buffer.from("kept"));
  run.close();
  fs.writeFileSync(path.join(place, "run.json"), about);
}

test("runs whose files are damaged keep no other run from the next host, and their output stays", () => {
  leave("empty", "");
  leave("null", "null");
  leave("good", JSON.stringify(FACTS));
  leave("locked", JSON.stringify(FACTS));
  fs.rmSync(path.join(directory, "locked", "spool"), { recursive: true });
  fs.writeFileSync(path.join(directory, "locked", "spool"), "a file where a directory should be");
  const said: string[] = [];
  const found = reopenRuns(directory, "b", open, (line) => said.push(line));
  expect(found.map(({ run }) => [run.facts.run, run.spool.nextRecord, run.spool.end])).toEqual([
    ["empty", 2, { is: "lost", reason: "rebooted" }],
    ["good", 2, { is: "lost", reason: "host-died" }],
    ["null", 2, { is: "lost", reason: "rebooted" }],
  ]);
  expect(said).toEqual([expect.stringContaining("run locked could not be opened")]);
  for (const { run } of found) run.close();
});

function write(run: Run): void {
  run.output("output", Buffer.from("x"));
  run.close();
}

test("a host that ended in order leaves nothing to be said; that counts for the next one only", () => {
  const place = path.join(directory, "piped");
  fs.mkdirSync(place);
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  try {
    const pid = child.pid ?? 0;
    const facts: RunFacts = { ...FACTS, run: "piped", kind: "pipe", pid, startTime: startTimeOf(pid) ?? "" };
    fs.writeFileSync(path.join(place, "run.json"), JSON.stringify(facts));
    execFileSync(
      "mkfifo",
      ["input", "output", "error"].map((name) => path.join(place, name)),
    );
    const adoptions = (end: (run: Run) => void): number => {
      const [found] = reopenRuns(directory, "b", open, () => {});
      if (!found?.run.isAlive) throw new Error("the run is not adopted");
      const { nextRecord } = found.run.spool;
      end(found.run);
      return nextRecord;
    };
    const killed = (run: Run): void => {
      run.close();
      fs.rmSync(path.join(place, "ended-in-order"));
    };
    expect(adoptions(write)).toBe(1);
    expect(adoptions(write)).toBe(2);
    expect(adoptions(killed)).toBe(3);
    expect(adoptions(killed)).toBe(4);
    expect(adoptions(killed)).toBe(4);
  } finally {
    child.kill("SIGKILL");
  }
});

test("an epoch that cannot be read counts as none", () => {
  storeEpoch(directory, 12);
  expect(readEpoch(directory)).toBe(12);
  fs.writeFileSync(path.join(directory, "epoch"), "\0\0\0");
  expect(readEpoch(directory)).toBe(0);
});

test("one hello can tell of all runs a host takes", () => {
  const run = { run: "x".repeat(64), handle: 2 ** 32 - 1, kind: "pipe", pid: 2 ** 22, isAlive: false, cols: 10_000, rows: 10_000 } as const;
  const runs = Array.from({ length: MAX_RUNS }, () => ({ ...run, firstRecord: 2 ** 48 - 1, nextRecord: 2 ** 48 - 1 }));
  const about = { instance: "x".repeat(36), bootId: "x".repeat(36), pid: 2 ** 22, version: "x".repeat(100) };
  const hello = encodeControl({ type: "hello", protocol: HOST_PROTOCOL, features: HOST_FEATURES, ...about, runs });
  expect(hello.length).toBeLessThan(MAX_HOST_FRAME_BYTES);
});

test("a small file is replaced whole or not at all, also where the disk takes only a part", () => {
  const file = path.join(directory, "run.json");
  fs.writeFileSync(file, "before");
  const files = fileURLToPath(new URL("./files.ts", import.meta.url));
  const script = `import { writeWhole } from ${JSON.stringify(files)};
    try { writeWhole(${JSON.stringify(file)}, "x".repeat(100_000)); } catch (error) { console.log(error.code); }`;
  const node = `ulimit -f 8; exec "$0" --input-type=module -e "$1"`;
  expect(execFileSync("bash", ["-c", node, process.execPath, script], { encoding: "utf8" }).trim()).toBe("EFBIG");
  expect(fs.readFileSync(file, "utf8")).toBe("before");
});
