/** Reading: streams by offset, and the rows of the registry. Bytes of one answer lie in one buffer, which crosses the threads uncopied. */
import type { DeviceRow, KeptSession, ReadResult, RunRow, SendRow, SessionRow, StreamKey, StreamRecord } from "../store.ts";
import { type ByteKind, isWhole, piecesOf, slicePiece } from "./blocks.ts";
import { type ChunkRow, chunkStart, chunksFrom } from "./chunks.ts";
import type { Database } from "./database.ts";
import { DamageFound } from "./failure.ts";
import { findSnapshot, SCREEN } from "./snapshots.ts";
import { allStates, findStream, stateOf } from "./streams.ts";

/** One read gives no more than this, whatever was asked for, so that commits wait little behind it. */
const MAX_READ_BYTES = 8 * 1024 * 1024;

export function readStream(db: Database, key: StreamKey, from: number, maxBytes: number): ReadResult {
  const stream = findStream(db, key);
  if (!stream) return { ok: false, reason: "unknown-stream" };
  const state = stateOf(stream);
  if (from < stream.trimmed) return { ok: false, reason: "gone", state, snapshot: findSnapshot(db, key, SCREEN, stream.trimmed) };
  if (from > stream.tail) return { ok: false, reason: "beyond-tail", state };
  const start = chunkStart(db, stream.id, from);
  const records = collect(chunksFrom(db, stream.id, start), from, stream.tail, Math.min(Math.max(maxBytes, 1), MAX_READ_BYTES));
  return { ok: true, records: intoOneBuffer(records), state };
}

/** Records from `from` on until there are `maxBytes`; resizes at the end are left to the next page, unless the stream ends there. */
function collect(rows: Iterable<ChunkRow>, from: number, tail: number, maxBytes: number): StreamRecord[] {
  const records: StreamRecord[] = [];
  let room = maxBytes;
  let next = from;
  for (const row of rows) {
    if (row.kind === "resize") {
      if (row.offset >= from) records.push(resizeOf(row));
      continue;
    }
    if (room <= 0) return withoutTrailingResizes(records);
    if (row.offset > next) break;
    next = row.offset + row.length;
    for (const record of recordsOf(row, row.kind, from)) {
      if (room <= 0) return records;
      const cut = isWhole(row.kind) ? record : { ...record, data: record.data.subarray(0, room) };
      records.push(cut);
      room -= cut.data.length;
    }
  }
  if (next < tail && room > 0) throw new DamageFound(`the row at ${next} is missing`);
  return withoutResizesBehind(records, from + maxBytes - room);
}

function recordsOf(row: ChunkRow, kind: ByteKind, from: number): StreamRecord[] {
  const records: StreamRecord[] = [];
  for (const piece of piecesOf(row)) {
    const missed = from - piece.offset;
    if (missed < piece.data.length) records.push({ kind, ...(missed > 0 ? slicePiece(piece, missed) : piece) });
  }
  return records;
}

function resizeOf(row: ChunkRow): StreamRecord {
  return {
    kind: "resize",
    offset: row.offset,
    time: row.time,
    data: new Uint8Array(0),
    size: { cols: row.cols ?? 0, rows: row.rows ?? 0 },
  };
}

/** The page may end inside a row: what stands behind that row comes later. */
function withoutResizesBehind(records: StreamRecord[], end: number): StreamRecord[] {
  while (records.at(-1)?.kind === "resize" && (records.at(-1)?.offset ?? 0) > end) records.pop();
  return records;
}

function withoutTrailingResizes(records: StreamRecord[]): StreamRecord[] {
  while (records.at(-1)?.kind === "resize") records.pop();
  return records;
}

function intoOneBuffer(records: readonly StreamRecord[]): StreamRecord[] {
  const pool = new Uint8Array(records.reduce((sum, record) => sum + record.data.length, 0));
  let used = 0;
  return records.map((record) => {
    pool.set(record.data, used);
    used += record.data.length;
    return { ...record, data: pool.subarray(used - record.data.length, used) };
  });
}

export function readSessions(db: Database): SessionRow[] {
  return db.all<SessionRow>(
    "SELECT id, name, created_at AS createdAt, last_activity_at AS lastActivityAt, details FROM session ORDER BY created_at, rowid",
  );
}

/** In one reading, however many there are: a server waits for it when it starts. */
export function readKeptSessions(db: Database): KeptSession[] {
  const newest = db.all<StoredRun>(
    `SELECT ${RUN_COLUMNS} FROM run AS one WHERE number = (SELECT max(number) FROM run WHERE session = one.session)`,
  );
  const runs = new Map(newest.map((row) => [row.session, runOf(row)]));
  const streams = Map.groupBy(allStates(db), ({ session }) => session);
  return readSessions(db).map((session) => ({ session, run: runs.get(session.id) ?? null, streams: streams.get(session.id) ?? [] }));
}

type StoredRun = Omit<RunRow, "isOpen"> & { readonly isOpen: number };

const RUN_COLUMNS = `id, session, number, kind, base_offset AS baseOffset, applied_record AS appliedRecord,
  applied_offset AS appliedOffset, state, is_open AS isOpen`;

/** The runs of a session, or all open ones. */
export function readRuns(db: Database, session: string | null): RunRow[] {
  const rows =
    session === null
      ? db.all<StoredRun>(`SELECT ${RUN_COLUMNS} FROM run WHERE is_open = 1 ORDER BY session, number`)
      : db.all<StoredRun>(`SELECT ${RUN_COLUMNS} FROM run WHERE session = ? ORDER BY number`, session);
  return rows.map(runOf);
}

function runOf(row: StoredRun): RunRow {
  return { ...row, isOpen: row.isOpen === 1 };
}

export function readSends(db: Database, run: string, after: number): SendRow[] {
  return db.all<SendRow>("SELECT run, seq, bytes, cause FROM send WHERE run = ? AND seq > ? ORDER BY seq", run, after);
}

export function readWriterNumber(db: Database, key: StreamKey, writer: string): number {
  const row = db.get<{ seq: number }>(
    "SELECT seq FROM writer WHERE writer = ? AND stream = (SELECT id FROM stream WHERE session = ? AND kind = ?)",
    writer,
    key.session,
    key.stream,
  );
  return row?.seq ?? 0;
}

export function readKey(db: Database, key: string): { readonly request: string; readonly result: string } | null {
  const row = db.get<{ request: string; result: string }>("SELECT request, result FROM idempotency_key WHERE key = ?", key);
  return row ? { request: row.request, result: row.result } : null;
}

export function readDevices(db: Database): DeviceRow[] {
  return db.all<DeviceRow>(
    "SELECT id, name, token_hash AS tokenHash, created_at AS createdAt, last_seen_at AS lastSeenAt FROM device ORDER BY created_at, rowid",
  );
}

export function readSetting(db: Database, name: string): string | null {
  return db.get<{ value: string }>("SELECT value FROM setting WHERE name = ?", name)?.value ?? null;
}
