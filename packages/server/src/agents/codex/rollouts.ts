/**
 * Where codex keeps its conversations: `$CODEX_HOME/sessions/<year>/<month>/<day>/rollout-<time>-<id>.jsonl`, written from the
 * first turn on. The first line tells the id, the directory and who began it.
 */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as z from "zod/mini";
import type { Variables } from "../agent.ts";
import { cutLine } from "./tools.ts";

const NAME = /^rollout-[\dT-]{19}-([\w-]{8,64})\.jsonl$/;
/** The first words of the user stand behind instructions, which can be long. */
const MAX_HEAD_BYTES = 512 * 1024;
const MAX_TITLE_CHARACTERS = 100;

export interface RolloutFile {
  readonly id: string;
  readonly file: string;
}

export interface RolloutHead {
  readonly id: string;
  readonly cwd: string;
  /** A helper agent's: part of another conversation. */
  readonly isHelper: boolean;
  /** The first words of the user; empty if there are none yet. */
  readonly title: string;
}

/** `CODEX_HOME`, else `.codex` in the home directory. */
export function codexHome(env: Variables): string {
  return env["CODEX_HOME"] || path.join(env["HOME"] ?? "/", ".codex");
}

/** An id that no conversation of codex can have. */
export function isImpossibleId(id: string): boolean {
  return !/^[\da-fA-F-]{8,64}$/.test(id);
}

/** The id in the name of a file; `null` if it is no conversation. */
export function rolloutId(file: string): string | null {
  return NAME.exec(path.basename(file))?.[1] ?? null;
}

/** Newest first, by the time when each was begun. */
export async function* rolloutFiles(home: string): AsyncGenerator<RolloutFile> {
  const root = path.join(home, "sessions");
  for (const year of await namesIn(root)) {
    for (const month of await namesIn(path.join(root, year))) {
      for (const day of await namesIn(path.join(root, year, month))) {
        for (const name of await namesIn(path.join(root, year, month, day))) {
          const id = rolloutId(name);
          if (id !== null) yield { id, file: path.join(root, year, month, day, name) };
        }
      }
    }
  }
}

/** The file of a conversation; `null` if there is none. */
export async function findRollout(home: string, id: string): Promise<string | null> {
  if (isImpossibleId(id)) return null;
  for await (const rollout of rolloutFiles(home)) if (rollout.id === id.toLowerCase()) return rollout.file;
  return null;
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await fs.readdir(directory)).toSorted((a, b) => (a < b ? 1 : -1));
  } catch {
    return [];
  }
}

const Meta = z.object({
  type: z.literal("session_meta"),
  payload: z.object({ id: z.string(), cwd: z.string(), source: z.optional(z.unknown()) }),
});
const Line = z.object({ type: z.literal("event_msg"), payload: z.looseObject({ type: z.string() }) });
const UserItem = z.object({ type: z.literal("UserMessage"), content: z.array(z.looseObject({ text: z.optional(z.string()) })) });

/** `null` for a file that does not begin as one of codex. */
export async function readHead(file: string): Promise<RolloutHead | null> {
  const [first, ...lines] = (await readStart(file)).split("\n");
  const { success, data } = Meta.safeParse(parseJson(first ?? ""));
  if (!success) return null;
  const { id, cwd, source } = data.payload;
  const title = lines.map(userWords).find((words) => words !== null && words !== "") ?? "";
  const isHelper = typeof source === "object" && source !== null && !("custom" in source);
  return { id, cwd, isHelper, title: cutLine(title).slice(0, MAX_TITLE_CHARACTERS) };
}

async function readStart(file: string): Promise<string> {
  try {
    const handle = await fs.open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_HEAD_BYTES), 0, MAX_HEAD_BYTES, 0);
      return buffer.toString("utf8", 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return "";
  }
}

/** What the user said in this line; `null` if it is another line. Older versions wrote events of their own for it. */
function userWords(text: string): string | null {
  if (!text.includes('"UserMessage"') && !text.includes('"user_message"')) return null;
  const { success, data } = Line.safeParse(parseJson(text));
  if (!success) return null;
  const { type, item, message } = data.payload;
  if (type === "user_message") return typeof message === "string" ? message : null;
  const user = UserItem.safeParse(item);
  return type === "item_completed" && user.success ? user.data.content.map((part) => part.text ?? "").join("\n") : null;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
