/** A made-up home of codex, for tests: conversations copied from a recording of its own file, programs that hold them open. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { AgentPlace } from "../agent.ts";

/** The id in the recording. */
export const RECORDED_ID = "01a1fc55-7a30-7d70-8999-010adc0759ef";
const RECORDED = new URL("./fixtures/rollout.jsonl", import.meta.url);

export class ScratchCodex implements Disposable {
  readonly root: string = realpathSync(mkdtempSync(path.join(tmpdir(), "perdure-codex-")));
  readonly home: string = path.join(this.root, "home/.codex");
  readonly cwd: string = path.join(this.root, "work");
  readonly bin: string = path.join(this.root, "bin");
  readonly #programs: ChildProcess[] = [];

  constructor() {
    for (const directory of [this.home, this.cwd, this.bin]) mkdirSync(directory, { recursive: true });
  }

  place(env: Readonly<Record<string, string>> = {}): AgentPlace {
    return { cwd: this.cwd, env: { HOME: path.join(this.root, "home"), PATH: `${this.bin}:/usr/bin:/bin`, ...env } };
  }

  /** A conversation as it was recorded, under another id and in another directory. */
  addConversation(id: string, { cwd = this.cwd, day = "2026/11/21", changedAt = Date.now(), source = '"cli"' } = {}): string {
    const text = readFileSync(RECORDED, "utf8").replaceAll(RECORDED_ID, id).replaceAll("/scratch/work", cwd);
    return this.write(id, text.replace('"source":"vscode"', `"source":${source}`), day, changedAt);
  }

  write(id: string, text: string, day = "2026/11/21", changedAt: number = Date.now()): string {
    const directory = path.join(this.home, "sessions", day);
    mkdirSync(directory, { recursive: true });
    const file = path.join(directory, `rollout-${day.replaceAll("/", "-")}T04-20-22-${id}.jsonl`);
    writeFileSync(file, text);
    utimesSync(file, changedAt / 1000, changedAt / 1000);
    return file;
  }

  /** The lock file that codex leaves for each conversation. */
  addLock(id: string): string {
    const file = path.join(this.home, "thread-writer-locks", `${id}.lock`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, "");
    return file;
  }

  /** A program that says its version. Each change is another file for whoever remembers it. */
  addProgram(version: string): string {
    const file = path.join(this.bin, "codex");
    writeFileSync(file, `#!/bin/sh\necho "codex-cli ${version}"\n`, { mode: 0o755 });
    return file;
  }

  /** Runs a shell script as the leader of a session of its own, until the end of the test; it must say `ready` and then wait. */
  async run(script: string): Promise<number> {
    const program = spawn("/bin/sh", ["-c", script], { detached: true, stdio: ["pipe", "pipe", "inherit"] });
    this.#programs.push(program);
    await once(program.stdout, "data");
    return program.pid!;
  }

  [Symbol.dispose](): void {
    for (const program of this.#programs)
      if (program.exitCode === null && program.signalCode === null) process.kill(-program.pid!, "SIGKILL");
    rmSync(this.root, { recursive: true, force: true });
  }
}
