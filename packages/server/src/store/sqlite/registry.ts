/** Writes that are not bytes of a stream: sessions, runs, numbers, the ledger of sends, keys, devices, codes, settings. */
import type { DeviceRow, RunRow, SendRow, SessionRow, Write } from "../store.ts";
import type { Database } from "./database.ts";
import type { Refusal } from "./refusal.ts";
import { hasSession, openStream } from "./streams.ts";

const KEY_LIFETIME_MS = 24 * 60 * 60 * 1_000;
/** Codes live minutes; one that ended this long before another begins is dropped. */
const CODE_REMAINS_MS = 60 * 60 * 1_000;

type Op<Name extends Write["op"]> = Extract<Write, { op: Name }>;

export function takeNumber(db: Database, write: Op<"take-number">): Refusal | null {
  const stream = openStream(db, write);
  if (!stream) return { reason: "unknown-session" };
  const row = db.get<{ seq: number }>("SELECT seq FROM writer WHERE stream = ? AND writer = ?", stream.id, write.writer);
  const expected = (row?.seq ?? 0) + 1;
  if (write.seq < expected) return { reason: "duplicate", expected };
  if (write.numbering === "contiguous" && write.seq > expected) return { reason: "gap", expected };
  db.run(
    "INSERT INTO writer (stream, writer, seq) VALUES (?, ?, ?) ON CONFLICT (stream, writer) DO UPDATE SET seq = excluded.seq",
    stream.id,
    write.writer,
    write.seq,
  );
  return null;
}

export function putSession(db: Database, row: SessionRow): null {
  db.run(
    `INSERT INTO session (id, name, created_at, last_activity_at, details) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, created_at = excluded.created_at,
       last_activity_at = excluded.last_activity_at, details = excluded.details`,
    row.id,
    row.name,
    row.createdAt,
    row.lastActivityAt,
    row.details,
  );
  return null;
}

/** Streams, runs and all below them go with the session. Deleting what is gone already is no error. */
export function deleteSession(db: Database, session: string): null {
  db.run("DELETE FROM session WHERE id = ?", session);
  return null;
}

export function putRun(db: Database, row: RunRow): Refusal | null {
  if (!hasSession(db, row.session)) return { reason: "unknown-session" };
  db.run(
    `INSERT INTO run (id, session, number, kind, base_offset, applied_record, applied_offset, state, is_open) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET session = excluded.session, number = excluded.number, kind = excluded.kind,
       base_offset = excluded.base_offset, applied_record = excluded.applied_record, applied_offset = excluded.applied_offset,
       state = excluded.state, is_open = excluded.is_open`,
    row.id,
    row.session,
    row.number,
    row.kind,
    row.baseOffset,
    row.appliedRecord,
    row.appliedOffset,
    row.state,
    row.isOpen ? 1 : 0,
  );
  return null;
}

export function apply(db: Database, write: Op<"apply">): Refusal | null {
  const { changes } = db.run("UPDATE run SET applied_record = ?, applied_offset = ? WHERE id = ?", write.record, write.offset, write.run);
  return changes === 0 ? { reason: "unknown-run" } : null;
}

export function appendSend(db: Database, send: SendRow): Refusal | null {
  if (!db.get("SELECT 1 FROM run WHERE id = ?", send.run)) return { reason: "unknown-run" };
  const row = db.get<{ last: number | null }>("SELECT max(seq) AS last FROM send WHERE run = ?", send.run);
  const expected = (row?.last ?? 0) + 1;
  if (send.seq !== expected) return { reason: send.seq < expected ? "duplicate" : "gap", expected };
  db.run("INSERT INTO send (run, seq, bytes, cause) VALUES (?, ?, ?, ?)", send.run, send.seq, send.bytes, send.cause);
  return null;
}

export function dropSends(db: Database, run: string): null {
  db.run("DELETE FROM send WHERE run = ?", run);
  return null;
}

export function takeKey(db: Database, write: Op<"take-key">): Refusal | null {
  db.run("DELETE FROM idempotency_key WHERE at <= ?", write.at - KEY_LIFETIME_MS);
  if (db.get("SELECT 1 FROM idempotency_key WHERE key = ?", write.key)) return { reason: "duplicate" };
  db.run("INSERT INTO idempotency_key (key, request, result, at) VALUES (?, ?, ?, ?)", write.key, write.request, write.result, write.at);
  return null;
}

export function putDevice(db: Database, row: DeviceRow): null {
  db.run(
    `INSERT INTO device (id, name, token_hash, created_at, last_seen_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, token_hash = excluded.token_hash,
       created_at = excluded.created_at, last_seen_at = excluded.last_seen_at`,
    row.id,
    row.name,
    row.tokenHash,
    row.createdAt,
    row.lastSeenAt,
  );
  return null;
}

export function deleteDevice(db: Database, device: string): null {
  db.run("DELETE FROM device WHERE id = ?", device);
  return null;
}

export function putCode(db: Database, codeHash: string, expiresAt: number): null {
  db.run("DELETE FROM code WHERE expires_at <= ?", expiresAt - CODE_REMAINS_MS);
  db.run(
    "INSERT INTO code (hash, expires_at) VALUES (?, ?) ON CONFLICT (hash) DO UPDATE SET expires_at = excluded.expires_at",
    codeHash,
    expiresAt,
  );
  return null;
}

export function useCode(db: Database, codeHash: string, now: number): Refusal | null {
  const { changes } = db.run("DELETE FROM code WHERE hash = ? AND expires_at > ?", codeHash, now);
  return changes === 0 ? { reason: "unknown-code" } : null;
}

export function putSetting(db: Database, name: string, value: string): null {
  db.run("INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value);
  return null;
}
