/** Rows of `stream`: where each stream stands, and its newest rows that are not sealed yet. */
import type { StreamKey, StreamState } from "../store.ts";
import type { Database } from "./database.ts";

/** A stream's row, to be changed and saved again. */
export interface StreamRow {
  readonly id: number;
  readonly session: string;
  readonly kind: StreamKey["stream"];
  readonly incarnation: number;
  trimmed: number;
  tail: number;
  /** The unsealed rows of one kind at the end: where they begin, how many bytes they hold, and their kind ("" if there are none). */
  rawOffset: number;
  rawBytes: number;
  rawKind: string;
}

/** The incarnation of a new stream. */
const FIRST_INCARNATION = 1;

const COLUMNS = "id, session, kind, incarnation, trimmed, tail, raw_offset AS rawOffset, raw_bytes AS rawBytes, raw_kind AS rawKind";

export function findStream(db: Database, key: StreamKey): StreamRow | undefined {
  return db.get<StreamRow>(`SELECT ${COLUMNS} FROM stream WHERE session = ? AND kind = ?`, key.session, key.stream);
}

export function allStates(db: Database): StreamState[] {
  return db.all<StreamRow>(`SELECT ${COLUMNS} FROM stream`).map(stateOf);
}

export function streamById(db: Database, id: number): StreamRow | undefined {
  return db.get<StreamRow>(`SELECT ${COLUMNS} FROM stream WHERE id = ?`, id);
}

/** The stream, made if the session exists; `undefined` if it does not. */
export function openStream(db: Database, key: StreamKey): StreamRow | undefined {
  const found = findStream(db, key);
  if (found) return found;
  if (!hasSession(db, key.session)) return undefined;
  db.run(
    "INSERT INTO stream (session, kind, incarnation, trimmed, tail, raw_offset, raw_bytes, raw_kind) VALUES (?, ?, ?, 0, 0, 0, 0, '')",
    key.session,
    key.stream,
    FIRST_INCARNATION,
  );
  return findStream(db, key);
}

export function saveStream(db: Database, row: StreamRow): void {
  db.run(
    "UPDATE stream SET trimmed = ?, tail = ?, raw_offset = ?, raw_bytes = ?, raw_kind = ? WHERE id = ?",
    row.trimmed,
    row.tail,
    row.rawOffset,
    row.rawBytes,
    row.rawKind,
    row.id,
  );
}

export function stateOf(row: StreamRow): StreamState {
  return { session: row.session, stream: row.kind, incarnation: row.incarnation, trimmed: row.trimmed, tail: row.tail };
}

export function hasSession(db: Database, session: string): boolean {
  return db.get("SELECT 1 FROM session WHERE id = ?", session) !== undefined;
}
