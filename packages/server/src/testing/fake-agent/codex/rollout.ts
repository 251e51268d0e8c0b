/**
 * Codex's conversation on disk: a rollout file per thread, made at the first turn, and a lock that refuses a second writer. What was
 * said of an answer that did not end is not in it.
 */
import { appendFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import type { Item } from "../answers/plan.ts";
import { asMessage, field, textField, type Message } from "../input-lines.ts";

export interface StoredTurn {
  readonly id: string;
  status: "completed" | "interrupted" | "failed";
  readonly items: Message[];
}

export function codexHome(): string {
  return process.env["CODEX_HOME"] ?? path.join(homedir(), ".codex");
}

/** The file of this thread, or `null`. */
export function findRollout(thread: string): string | null {
  return globSync(`sessions/*/*/*/rollout-*-${thread}.jsonl`, { cwd: codexHome() }).map((file) => path.join(codexHome(), file))[0] ?? null;
}

export function newRollout(thread: string): string {
  const now = new Date().toISOString();
  const [year, month, day] = now.slice(0, 10).split("-");
  const name = `rollout-${now.slice(0, 19).replaceAll(":", "-")}-${thread}.jsonl`;
  return path.join(codexHome(), "sessions", year!, month!, day!, name);
}

export class Rollout {
  readonly file: string;
  readonly #thread: string;
  readonly #cwd: string;

  constructor(file: string, thread: string, cwd: string) {
    this.file = file;
    this.#thread = thread;
    this.#cwd = cwd;
  }

  /** Adds lines, the first ever behind the head. */
  append(...lines: readonly { readonly type: string; readonly payload: object }[]): void {
    mkdirSync(path.dirname(this.file), { recursive: true });
    const timestamp = new Date().toISOString();
    const meta = { session_id: this.#thread, id: this.#thread, timestamp, cwd: this.#cwd, originator: "perdure", cli_version: "0.169.0" };
    const head = existsSync(this.file) ? [] : [{ type: "session_meta", payload: { ...meta, source: "vscode", model_provider: "fake" } }];
    appendFileSync(this.file, [...head, ...lines].map((line) => `${JSON.stringify({ timestamp, ...line })}\n`).join(""));
  }

  /** Turns as the file has them: one without an end was interrupted. */
  turns(): StoredTurn[] {
    const turns: StoredTurn[] = [];
    for (const line of readLines(this.file)) {
      const payload = field(line, "payload");
      if (line["type"] !== "event_msg") continue;
      if (payload["type"] === "task_started") turns.push({ id: textField(payload, "turn_id"), status: "interrupted", items: [] });
      const turn = turns.at(-1);
      if (payload["type"] === "task_complete" && turn) turn.status = payload["failed"] === true ? "failed" : "completed";
      if (payload["type"] === "item_completed" && turn) turn.items.push(field(payload, "told"));
    }
    return turns;
  }

  /** What the model is told. */
  items(): Item[] {
    return readLines(this.file).flatMap((line): Item[] => {
      const payload = field(line, "payload");
      if (line["type"] !== "response_item") return [];
      if (payload["type"] === "function_call_output") return [{ by: "tool", text: textField(payload, "output") }];
      const content = Array.isArray(payload["content"]) ? payload["content"] : [];
      const by = payload["role"] === "user" ? "user" : "assistant";
      return content.map((block) => ({ by, text: textField(asMessage(block) ?? {}, "text") }));
    });
  }
}

function readLines(file: string): Message[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => asMessage(JSON.parse(line)) ?? {});
}

/** Holds the thread for this process; `false` when another living process does. */
export function lockThread(thread: string): boolean {
  const file = path.join(codexHome(), "thread-writer-locks", `${thread}.lock`);
  mkdirSync(path.dirname(file), { recursive: true });
  const owner = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  if (owner !== process.pid && isAlive(owner)) return false;
  writeFileSync(file, String(process.pid));
  process.on("exit", () => rmSync(file, { force: true }));
  return true;
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
