/**
 * The demo agent's memory: a file of JSON lines for each conversation, with a lock of the process that writes it. A user's message
 * is in the file before the agent says that it has it; an answer is written when its turn has ended.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { homeDirectory } from "../../platform/home.ts";
import { type LockAnswer, type LockHolder, lockHolder, takeLock } from "../../platform/lock.ts";

/** Overrides where conversations lie. */
export const DEMO_DIRECTORY = "PERDURE_DEMO_DIR";

export interface KeptTool {
  readonly id: string;
  readonly tool: string;
  readonly title: string;
  readonly output: string;
}

export type KeptLine =
  | { readonly type: "conversation"; readonly id: string; readonly cwd: string; readonly at: number }
  | { readonly type: "user"; readonly id: string; readonly at: number; readonly text: string }
  | { readonly type: "assistant"; readonly id: string; readonly at: number; readonly text: string; readonly tools: readonly KeptTool[] }
  /** The message was answered: sent again, it is passed over. */
  | { readonly type: "answered"; readonly id: string }
  | { readonly type: "settings"; readonly model: string; readonly mode: string }
  | { readonly type: "title"; readonly title: string };

const ID = /^[\w.-]{1,100}$/;

/** `PERDURE_DEMO_DIR`, else `demo-agent` in the state directory that the environment names. */
export function demoDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const chosen = env[DEMO_DIRECTORY];
  return chosen ? path.resolve(chosen) : path.join(homeDirectory(undefined, { ...env }), "demo-agent");
}

/** `null` for an id that no conversation can have. */
export function conversationFile(directory: string, id: string): string | null {
  return ID.test(id) && !id.startsWith(".") ? path.join(directory, `${id}.jsonl`) : null;
}

/** The lines of a conversation, oldest first; `null` if there is none. A line cut by a crash is passed over. */
export function readConversation(directory: string, id: string): KeptLine[] | null {
  const file = conversationFile(directory, id);
  if (file === null) return null;
  try {
    const lines = fs.readFileSync(file, "utf8").split("\n").flatMap(parseKept);
    return lines.some(({ type }) => type === "conversation") ? lines : null;
  } catch {
    return null;
  }
}

/** The process that writes it now. */
export function conversationWriter(directory: string, id: string): LockHolder | null {
  const file = conversationFile(directory, id);
  return file === null ? null : (lockHolder(`${file}.lock`) ?? null);
}

/** Appends to one conversation, and holds its lock. */
export class ConversationFile {
  readonly #file: string;
  readonly #lock: Extract<LockAnswer, { ok: true }>;

  private constructor(file: string, lock: Extract<LockAnswer, { ok: true }>) {
    this.#file = file;
    this.#lock = lock;
  }

  /** Opens it for writing; the pid of the process that has it already, if there is one. */
  static open(directory: string, id: string): { readonly ok: true; readonly file: ConversationFile } | { readonly ok: false; pid: number } {
    const file = conversationFile(directory, id);
    if (file === null) throw new Error(`Invalid session ID: ${id}`);
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    const lock = takeLock(`${file}.lock`);
    return lock.ok ? { ok: true, file: new ConversationFile(file, lock) } : { ok: false, pid: lock.holder?.pid ?? 0 };
  }

  append(line: KeptLine): void {
    fs.appendFileSync(this.#file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  }

  close(): void {
    this.#lock.release();
  }
}

export function isKept(value: unknown): value is KeptLine {
  return typeof value === "object" && value !== null && "type" in value;
}

function parseKept(text: string): KeptLine[] {
  try {
    const value: unknown = JSON.parse(text);
    return isKept(value) ? [value] : [];
  } catch {
    return [];
  }
}
