/**
 * A session of an ACP agent on disk. Gemini's lies in a folder of the project, named by the minute of its beginning and the head of its
 * id; a file of another minute is another file of the same session. The others' lie in one folder of their own.
 */
import { appendFileSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { randomUUID } from "node:crypto";
import type { Item } from "../answers/plan.ts";
import { keepItem, keepSession } from "./opencode-database.ts";
import type { AcpProfile } from "./profile.ts";

export interface StoredItem extends Item {
  readonly id: string;
}

interface Line {
  readonly sessionId?: string;
  readonly cwd?: string;
  readonly startTime?: string;
  readonly item?: StoredItem;
  readonly $set?: { readonly messages: readonly unknown[] };
}

export interface StoredSession {
  readonly sessionId: string;
  readonly cwd: string;
  readonly title: string;
  readonly updatedAt: string;
}

export class SessionFile {
  readonly #profile: AcpProfile;
  readonly #session: string;
  readonly #file: string;
  readonly #items: StoredItem[];

  private constructor(profile: AcpProfile, session: string, file: string, items: readonly StoredItem[]) {
    this.#profile = profile;
    this.#session = session;
    this.#file = file;
    this.#items = [...items];
  }

  static create(profile: AcpProfile, session: string, cwd: string): SessionFile {
    return new SessionFile(profile, session, newFile(profile, session, cwd), []).#begin(cwd);
  }

  /** The session as it is on disk; `null` if it is not there or was wiped. */
  static load(profile: AcpProfile, session: string, cwd: string): SessionFile | null {
    const items = filesOf(profile, session, cwd).flatMap((file) => readItems(file));
    if (items.length === 0) return null;
    const file = newFile(profile, session, cwd);
    const isSameMinute = existsSync(file);
    if (!profile.wipesInTheSameMinute) return new SessionFile(profile, session, filesOf(profile, session, cwd)[0]!, items);
    const loaded = new SessionFile(profile, session, file, items).#begin(cwd);
    if (!isSameMinute) return loaded;
    write(file, { $set: { messages: [] } });
    return null;
  }

  get items(): readonly StoredItem[] {
    return this.#items;
  }

  add(item: Item, id: string = randomUUID()): void {
    const stored = { ...item, id };
    this.#items.push(stored);
    const { by, text } = item;
    const isUser = by === "user";
    const told = by === "tool" ? {} : { id, type: isUser ? "user" : "gemini", content: isUser ? [{ text }] : text };
    write(this.#file, { ...told, timestamp: new Date().toISOString(), item: stored });
    if (this.#profile.hasDatabase) keepItem(this.#session, stored);
  }

  #begin(cwd: string): this {
    const now = new Date().toISOString();
    write(this.#file, { sessionId: this.#session, cwd, startTime: now, lastUpdated: now, kind: "main" });
    if (this.#profile.wipesInTheSameMinute) writeFileSync(path.join(path.dirname(this.#file), "..", ".project_root"), cwd);
    if (this.#profile.hasDatabase) keepSession(this.#session, cwd);
    return this;
  }
}

/** Those of one directory, or all, newest first. */
export function listSessions(profile: AcpProfile, cwd: string | null): StoredSession[] {
  const files = globSync("*.jsonl", { cwd: folder(profile, cwd ?? "") }).map((name) => path.join(folder(profile, cwd ?? ""), name));
  const sessions = files.map((file) => {
    const [head] = readLines(file);
    const title =
      readItems(file)
        .find(({ by }) => by === "user")
        ?.text.slice(0, 40) ?? "";
    return { sessionId: head?.sessionId ?? "", cwd: head?.cwd ?? "", title, updatedAt: head?.startTime ?? "" };
  });
  return sessions.filter((session) => cwd === null || session.cwd === cwd).toReversed();
}

function folder(profile: AcpProfile, cwd: string): string {
  if (profile.wipesInTheSameMinute) return path.join(homedir(), ".gemini", "tmp", path.basename(cwd), "chats");
  return path.join(homedir(), ".local", "share", profile.name.replaceAll(/[^a-zA-Z]/g, "-").toLowerCase());
}

function newFile(profile: AcpProfile, session: string, cwd: string): string {
  const name = profile.wipesInTheSameMinute ? `session-${minuteName()}-${session.slice(0, 8)}.jsonl` : `${session}.jsonl`;
  return path.join(folder(profile, cwd), name);
}

/** By `FAKE_AGENT_MINUTE`: a minute as it is named, or `past`, a minute long ago that no other process has. */
function minuteName(): string {
  const told = process.env["FAKE_AGENT_MINUTE"];
  const time = told === "past" ? Date.UTC(2020, 0, 1) + process.pid * 60_000 : Date.now();
  return told === undefined || told === "past" ? new Date(time).toISOString().slice(0, 16).replace(":", "-") : told;
}

function filesOf(profile: AcpProfile, session: string, cwd: string): string[] {
  const pattern = profile.wipesInTheSameMinute ? `session-*-${session.slice(0, 8)}.jsonl` : `${session}.jsonl`;
  return globSync(pattern, { cwd: folder(profile, cwd) })
    .toSorted()
    .map((name) => path.join(folder(profile, cwd), name))
    .filter((file) => readLines(file)[0]?.sessionId === session);
}

function readLines(file: string): Line[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

/** What was said since it was set to something else last. */
function readItems(file: string): StoredItem[] {
  const lines = readLines(file);
  const from = lines.findLastIndex((line) => line.$set !== undefined);
  return lines.slice(from + 1).flatMap(({ item }) => (item ? [item] : []));
}

function write(file: string, line: object): void {
  mkdirSync(path.dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}
