/** The file by which Claude Code says that a process lives on a conversation. It stays behind when the process is killed. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { configDirectory } from "./transcript.ts";

export class LiveFile {
  readonly #file = path.join(configDirectory(), "sessions", `${process.pid}.json`);
  readonly #facts: object;

  constructor(sessionId: string, version: string) {
    const startedAt = Date.now();
    const kind = { kind: "interactive", entrypoint: "sdk-cli" };
    this.#facts = { pid: process.pid, sessionId, cwd: process.cwd(), startedAt, procStart: procStart(), version, ...kind };
    mkdirSync(path.dirname(this.#file), { recursive: true });
    this.say("idle");
  }

  say(status: "busy" | "idle"): void {
    const now = Date.now();
    writeFileSync(this.#file, JSON.stringify({ ...this.#facts, status, updatedAt: now, statusUpdatedAt: now }));
  }

  remove(): void {
    rmSync(this.#file, { force: true });
  }
}

/** Field 22 of `/proc/<pid>/stat`; empty where there is none. */
function procStart(): string {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
