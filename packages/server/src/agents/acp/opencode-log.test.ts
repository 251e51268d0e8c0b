import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { conversationsInLog } from "./opencode-log.ts";

let root: string;
let log: string;
const programs: ChildProcess[] = [];

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "perdure-opencode-log-")));
  log = path.join(root, ".local/share/opencode/log/opencode.log");
  fs.mkdirSync(path.dirname(log), { recursive: true });
});

afterEach(() => {
  for (const { pid } of programs.splice(0)) if (pid !== undefined) process.kill(-pid, "SIGKILL");
  fs.rmSync(root, { recursive: true, force: true });
});

const line = (run: string, rest: string): string => `timestamp=2026-11-21T11:11:44.431Z level=INFO run=${run} ${rest}`;
const created = (run: string, id: string): string => line(run, `message=created id=${id} slug=x title="New session"`);
const used = (run: string, id: string): string => line(run, `message=loop session.id=${id} step=0`);

/** A program that appends each of the lines when it is given, in a terminal session of its own; `below`: in a process below its first. */
class Program {
  readonly pid: number;
  readonly #child: ChildProcess;

  constructor(below = false) {
    const script = `exec 9>>"$0"; echo; while IFS= read -r line; do printf '%s\\n' "$line" >&9; echo; done`;
    const command = below ? ["-c", `bash -c '${script.replaceAll("'", `'\\''`)}' "$0"; true`, log] : ["-c", script, log];
    this.#child = spawn("bash", command, { detached: true, stdio: ["pipe", "pipe", "ignore"] });
    this.pid = this.#child.pid ?? 0;
    programs.push(this.#child);
  }

  /** Resolves when it has written. */
  async ready(): Promise<this> {
    await once(this.#child.stdout!, "data");
    return this;
  }

  async writes(...lines: readonly string[]): Promise<void> {
    for (const each of lines) {
      this.#child.stdin!.write(`${each}\n`);
      await this.ready();
    }
  }
}

const told = ({ pid }: Program): Promise<readonly string[] | null> => conversationsInLog(pid, { HOME: root });

describe.runIf(process.platform === "linux")("the log of all processes", () => {
  test("tells of each which conversations are its own, the last used last, however they take turns", async () => {
    const [one, two] = [await new Program().ready(), await new Program(true).ready()];
    await one.writes(created("aaaaaaaa", "ses_1"), used("aaaaaaaa", "ses_1"));
    await two.writes(created("bbbbbbbb", "ses_2"));
    await one.writes(created("aaaaaaaa", "ses_3"), used("aaaaaaaa", "ses_1"));
    await two.writes(used("bbbbbbbb", "ses_2"), line("bbbbbbbb", "message=done"));
    expect([await told(one), await told(two)]).toEqual([["ses_3", "ses_1"], ["ses_2"]]);
  });

  test("tells of one that has none yet just that; of one that wrote nothing, or other lines, nothing", async () => {
    const [one, two, three] = [await new Program().ready(), await new Program().ready(), await new Program().ready()];
    await one.writes(line("aaaaaaaa", "message=bootstrapping"));
    await three.writes("INFO 2026-11-21 service=session id=ses_9 created");
    expect([await told(one), await told(two), await told(three)]).toEqual([[], null, null]);
  });

  test("says nothing of a terminal that is gone, and where there is none", async () => {
    expect(await conversationsInLog(-1, { HOME: root })).toBeNull();
    fs.rmSync(log, { force: true });
    expect(await conversationsInLog(process.pid, { HOME: root })).toBeNull();
  });

  test("of which only the end is read does not claim that there was none", async () => {
    const one = await new Program().ready();
    await one.writes(created("aaaaaaaa", "ses_1"));
    fs.appendFileSync(log, `${"x".repeat(1023)}\n`.repeat(3 * 1024));
    expect(await told(one)).toBeNull();
    await one.writes(line("aaaaaaaa", "message=done"));
    expect(await told(one)).toBeNull();
    await one.writes(used("aaaaaaaa", "ses_1"));
    expect(await told(one)).toEqual(["ses_1"]);
  });
});
