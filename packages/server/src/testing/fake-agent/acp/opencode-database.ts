/**
 * What opencode keeps of a session in its database, so far as anybody else reads it. The made-up one lives by its files; this is
 * written beside them.
 */
import { mkdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { StoredItem } from "./session-file.ts";

const TABLES = `PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, parent_id TEXT, directory TEXT NOT NULL, title TEXT NOT NULL,
    time_created INTEGER NOT NULL, time_updated INTEGER NOT NULL, time_archived INTEGER);
  CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, time_created INTEGER NOT NULL, data TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS part (id TEXT PRIMARY KEY, message_id TEXT NOT NULL, session_id TEXT NOT NULL, data TEXT NOT NULL);`;

export function keepSession(id: string, cwd: string): void {
  const now = Date.now();
  const row = [id, realpathSync(cwd), "New session", now, now];
  write((database) => database.prepare("INSERT OR IGNORE INTO session VALUES (?, NULL, ?, ?, ?, ?, NULL)").run(...row));
}

export function keepItem(session: string, { id, by, text }: StoredItem): void {
  if (by === "tool") return;
  const now = Date.now();
  const message = { role: by, time: { completed: now }, ...(by === "assistant" ? { finish: "stop" } : {}) };
  write((database) => {
    database.prepare("INSERT INTO message VALUES (?, ?, ?, ?)").run(id, session, now, JSON.stringify(message));
    database.prepare("INSERT INTO part VALUES (?, ?, ?, ?)").run(`${id}.0`, id, session, JSON.stringify({ type: "text", text }));
    database.prepare("UPDATE session SET time_updated = ? WHERE id = ?").run(now, session);
  });
}

function write(work: (database: DatabaseSync) => unknown): void {
  const file = path.join(homedir(), ".local", "share", "opencode", "opencode.db");
  mkdirSync(path.dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: 5_000 });
  try {
    database.exec(TABLES);
    work(database);
  } finally {
    database.close();
  }
}
