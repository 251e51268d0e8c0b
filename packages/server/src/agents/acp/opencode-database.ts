/**
 * What opencode keeps: one SQLite database for all directories, `$XDG_DATA_HOME/opencode/opencode.db` or the one that `OPENCODE_DB`
 * names. It is opened for reading alone, for as long as one question takes (a fraction of a millisecond). A database that is not
 * there, is busy or has other tables answers `null`: then nothing is known for free.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { TurnEnd } from "@perdure/protocol";
import type { AgentConversation, AgentPlace, ImportedMessage } from "../agent.ts";
import { MAX_HISTORY_CHARACTERS, MAX_HISTORY_MESSAGES } from "../newest-turns.ts";
import { fieldsOf, textOf, type Fields } from "./fields.ts";
import { dataDirectory } from "./opencode-log.ts";

/** A writer that recovers its log holds readers up for a moment. */
const BUSY_MS = 50;
/** Longer parts are passed over. */
const MAX_PART_CHARACTERS = 1024 * 1024;
const MAX_CANDIDATES = 50;
/** Why an answer is over that is not. */
const UNFINISHED: ReadonlySet<string> = new Set(["tool-calls", "unknown"]);

export interface OpencodeSession {
  readonly id: string;
  readonly title: string;
  readonly updatedAt: number;
}

type Row = Readonly<Record<string, unknown>>;

/** True: it is there and somebody said something in it. */
export async function hasConversation(place: AgentPlace, id: string): Promise<boolean | null> {
  return read(place, (database) => {
    const sql = `SELECT 1 FROM message WHERE session_id = ? AND json_extract(data, '$.role') = 'user' LIMIT 1`;
    return database.prepare(sql).get(id) !== undefined;
  });
}

/** Conversations of this directory that are nobody's helpers, the one that was written last first. */
export async function sessionsOf(place: AgentPlace): Promise<readonly OpencodeSession[] | null> {
  return read(place, (database) => {
    const sql = `SELECT id, title, time_updated AS updatedAt FROM session
      WHERE directory = ? AND parent_id IS NULL ORDER BY time_updated DESC, id LIMIT ${MAX_CANDIDATES}`;
    return database
      .prepare(sql)
      .all(realPath(place.cwd))
      .map((row: Row) => ({ id: String(row["id"]), title: String(row["title"]), updatedAt: Number(row["updatedAt"]) }));
  });
}

/** Those in which somebody said something, newest first. */
export async function listConversations(
  place: AgentPlace,
  { anywhere, limit }: { readonly anywhere: boolean; readonly limit: number },
): Promise<readonly AgentConversation[] | null> {
  return read(place, (database) => {
    const sql = `SELECT id, title, directory, time_updated AS updatedAt,
        (SELECT count(*) FROM message WHERE session_id = session.id AND json_extract(data, '$.role') = 'user') AS messages
      FROM session WHERE parent_id IS NULL AND time_archived IS NULL AND (? OR directory = ?)
        AND EXISTS (SELECT 1 FROM message WHERE session_id = session.id)
      ORDER BY time_updated DESC, id LIMIT ?`;
    return database
      .prepare(sql)
      .all(anywhere ? 1 : 0, realPath(place.cwd), limit)
      .map((row: Row) => ({
        resumeId: String(row["id"]),
        title: String(row["title"]),
        cwd: String(row["directory"]),
        updatedAt: Number(row["updatedAt"]),
        messages: Number(row["messages"]),
      }));
  });
}

export interface ReadMessages {
  /** Oldest first; empty: there is none. */
  readonly messages: readonly ImportedMessage[];
  /** There is more before them. */
  readonly isCut: boolean;
}

/** The newest of a conversation, read from its end until there is as much as is taken over. */
export async function readMessages(place: AgentPlace, id: string): Promise<ReadMessages | null> {
  return read(place, (database) => {
    const messages = database.prepare(
      "SELECT id, time_created AS at, data FROM message WHERE session_id = ? ORDER BY time_created DESC, id DESC",
    );
    const parts = database.prepare(`SELECT data FROM part WHERE message_id = ? AND length(data) <= ${MAX_PART_CHARACTERS} ORDER BY id`);
    const newest: ImportedMessage[] = [];
    let characters = 0;
    for (const row of messages.iterate(id)) {
      if (newest.length > MAX_HISTORY_MESSAGES || characters > MAX_HISTORY_CHARACTERS)
        return { messages: newest.toReversed(), isCut: true };
      const data = parts.all(String(row["id"])).map((part: Row) => String(part["data"]));
      characters += data.reduce((sum, one) => sum + one.length, 0);
      newest.push(...messageOf(row, data));
    }
    return { messages: newest.toReversed(), isCut: false };
  });
}

function messageOf({ id, at, data }: Row, parts: readonly string[]): readonly ImportedMessage[] {
  const fields = parse(data);
  const { role } = fields;
  if (parts.length === 0 || (role !== "user" && role !== "assistant")) return [];
  const each = parts.map(parse);
  const text = each.map(wordsOf).join("");
  const ends = role === "assistant" ? endOf(fields) : null;
  return [{ id: String(id), role, at: Number(at), text, tools: each.flatMap(toolOf), ...(ends === null ? {} : { ends }) }];
}

/** An answer says why it is over: with calls of tools it is not. What was stopped says so as an error. */
function endOf({ finish, error, time }: Fields): TurnEnd | null {
  if (error !== undefined) return fieldsOf(error)["name"] === "MessageAbortedError" ? "interrupted" : "failed";
  const isOver = typeof finish === "string" && !UNFINISHED.has(finish) && fieldsOf(time)["completed"] !== undefined;
  return isOver ? "completed" : null;
}

/** What was said, without what opencode adds in the user's place. */
function wordsOf(part: Fields): string {
  return part["type"] === "text" && part["synthetic"] !== true && part["ignored"] !== true ? (textOf(part["text"]) ?? "") : "";
}

function toolOf(part: Fields): ImportedMessage["tools"] {
  const [id, tool] = [textOf(part["callID"]), textOf(part["tool"])];
  if (part["type"] !== "tool" || id === null || tool === null) return [];
  const state = fieldsOf(part["state"]);
  const output = textOf(state["output"]) ?? textOf(state["error"]);
  return [{ id, tool, title: textOf(state["title"]) ?? tool, output }];
}

function parse(text: unknown): Fields {
  try {
    return fieldsOf(JSON.parse(String(text)));
  } catch {
    return {};
  }
}

/** True: opencode has never kept anything here, in this database, one of another release, or files as it once did. */
export function keepsNothing({ env }: AgentPlace): boolean {
  const directory = path.dirname(databaseFile(env));
  try {
    return !fs.readdirSync(directory).some((name) => name === path.basename(databaseFile(env)) || /^opencode.*\.db$|^storage$/.test(name));
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
}

async function read<T>({ env }: AgentPlace, ask: (database: DatabaseSync) => T): Promise<T | null> {
  const file = databaseFile(env);
  if (!fs.existsSync(file)) return null;
  // Loaded when there is something to read: most servers never need it.
  const { DatabaseSync: Database } = await import("node:sqlite");
  let database: DatabaseSync | undefined;
  try {
    database = new Database(file, { readOnly: true, timeout: BUSY_MS });
    return ask(database);
  } catch {
    return null;
  } finally {
    database?.close();
  }
}

function databaseFile(env: AgentPlace["env"]): string {
  return path.resolve(dataDirectory(env), env["OPENCODE_DB"] || "opencode.db");
}

/** As opencode names its directory. */
function realPath(directory: string): string {
  try {
    return fs.realpathSync(directory);
  } catch {
    return directory;
  }
}
