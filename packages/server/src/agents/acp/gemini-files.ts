/**
 * Gemini's own files: `~/.gemini/tmp/<project>/chats/session-<UTC minute>-<first 8 of the id>.jsonl`, several for a conversation
 * that was loaded in several minutes. Lines hold a head, messages, or changes of what was before (`$set`).
 */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { AgentPlace } from "../agent.ts";
import { readJsonLines } from "../json-lines-file.ts";
import { fieldsOf, listOf, textOf, type Fields } from "./fields.ts";

/** A longer file is not read: a conversation is not validated by what takes long. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** What gemini says first in the user's place. */
const CONTEXT = "<session_context>";

export interface GeminiFile {
  readonly path: string;
  /** As its name says, such as `2026-11-21T04-33`. */
  readonly minute: string;
  readonly modifiedAt: number;
  readonly bytes: number;
}

export interface GeminiMessage {
  readonly id: string;
  readonly role: "user" | "assistant";
  readonly at: number;
  readonly text: string;
  readonly tools: readonly { readonly id: string; readonly tool: string; readonly title: string; readonly output: string | null }[];
}

export interface GeminiConversation {
  readonly id: string;
  readonly messages: readonly GeminiMessage[];
  readonly damagedLines: number;
}

const NAME = /^session-(\d{4}-\d\d-\d\dT\d\d-\d\d)-([0-9a-f]{8})\.jsonl$/;

/** `GEMINI_CLI_HOME` stands for the home directory where it is set. */
export function geminiDirectory({ env }: Pick<AgentPlace, "env">): string {
  return path.join(env["GEMINI_CLI_HOME"] || env["HOME"] || "/", ".gemini");
}

/** Folders of chats: of the project of one directory, or of all. */
export async function chatFolders(
  place: AgentPlace,
  anywhere: boolean,
): Promise<readonly { readonly folder: string; readonly cwd: string }[]> {
  const tmp = path.join(geminiDirectory(place), "tmp");
  const projects = await fs.readdir(tmp).catch(() => []);
  const folders = await Promise.all(
    projects.map(async (project) => {
      const root = await fs.readFile(path.join(tmp, project, ".project_root"), "utf8").catch(() => "");
      return { folder: path.join(tmp, project, "chats"), cwd: root.trim() };
    }),
  );
  // Gemini names a directory without the links that led to it.
  const here = new Set([place.cwd, await fs.realpath(place.cwd).catch(() => place.cwd)]);
  return folders.filter(({ cwd }) => anywhere || here.has(cwd));
}

/** Files of one folder, newest first; of one conversation where `id` is given, by the part of the id that names have. */
export async function chatFiles(folder: string, id?: string): Promise<readonly GeminiFile[]> {
  const names = await fs.readdir(folder).catch(() => []);
  const wanted = names.flatMap((name) => {
    const [, minute, short] = NAME.exec(name) ?? [];
    return minute !== undefined && (id === undefined || id.slice(0, 8) === short) ? [{ path: path.join(folder, name), minute }] : [];
  });
  const files = await Promise.all(
    wanted.map(async (file): Promise<GeminiFile[]> => {
      const stat = await fs.stat(file.path).catch(() => null);
      return stat === null ? [] : [{ ...file, modifiedAt: stat.mtimeMs, bytes: stat.size }];
    }),
  );
  return files.flat().toSorted((a, b) => b.modifiedAt - a.modifiedAt);
}

/** `null`: it is no file of a conversation. Rejects with a sentence for the user if it cannot be read, or is too long to be. */
export async function readGeminiFile({ path: file, bytes }: GeminiFile): Promise<GeminiConversation | null> {
  if (bytes > MAX_FILE_BYTES) throw new Error(`${file} is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB.`);
  let id: string | null = null;
  const messages = new Map<string, GeminiMessage>();
  const take = (line: unknown): void => {
    const fields = fieldsOf(line);
    id = textOf(fields["sessionId"]) ?? id;
    const set = fieldsOf(fields["$set"])["messages"];
    if (Array.isArray(set)) messages.clear();
    for (const message of Array.isArray(set) ? listOf(set) : [fields]) {
      const read = readMessage(message);
      if (read !== null) messages.set(read.id, read);
    }
  };
  const read = await readJsonLines({ file, worth: /[^]/, take, maxBytes: MAX_FILE_BYTES });
  return read && id !== null ? { id, messages: [...messages.values()], damagedLines: read.damagedLines } : null;
}

/** By an allow-list of types; what gemini says in the user's place is no message. */
function readMessage(fields: Fields): GeminiMessage | null {
  const id = textOf(fields["id"]);
  const type = fields["type"];
  if (id === null || (type !== "user" && type !== "gemini")) return null;
  const text = wordsOf(fields["content"]);
  if (text.startsWith(CONTEXT)) return null;
  const at = Date.parse(String(fields["timestamp"])) || 0;
  return { id, role: type === "user" ? "user" : "assistant", at, text, tools: listOf(fields["toolCalls"]).flatMap(readTool) };
}

function readTool(fields: Fields): GeminiMessage["tools"] {
  const [id, tool] = [textOf(fields["id"]), textOf(fields["name"])];
  if (id === null || tool === null) return [];
  return [{ id, tool, title: textOf(fields["description"]) ?? tool, output: textOf(fields["resultDisplay"]) }];
}

function wordsOf(content: unknown): string {
  if (typeof content === "string") return content;
  return listOf(content)
    .flatMap((part) => textOf(part["text"]) ?? [])
    .join("\n");
}
