/**
 * The tables, as numbered migrations that only go forward. A file carries its number in `user_version`. The table `meta` never
 * changes: every release must be able to read the epoch and who wrote the file.
 *
 * Bytes of a stream lie in `chunk`, ordered by `(offset, id)`; see blocks.ts for what a row holds. `raw_offset`, `raw_bytes` and
 * `raw_kind` of a stream describe its newest rows that are not sealed yet.
 */

/** Says in the file's header that it is ours. */
export const APPLICATION_ID = 0x50657264;

const FIRST = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE session (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL, last_activity_at INTEGER NOT NULL, details TEXT NOT NULL
) STRICT;
CREATE TABLE stream (
  id INTEGER PRIMARY KEY, session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE, kind TEXT NOT NULL,
  incarnation INTEGER NOT NULL, trimmed INTEGER NOT NULL, tail INTEGER NOT NULL,
  raw_offset INTEGER NOT NULL, raw_bytes INTEGER NOT NULL, raw_kind TEXT NOT NULL,
  UNIQUE (session, kind)
) STRICT;
CREATE TABLE chunk (
  id INTEGER PRIMARY KEY, stream INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
  offset INTEGER NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL, length INTEGER NOT NULL,
  encoding INTEGER NOT NULL, checksum INTEGER NOT NULL, cols INTEGER, rows INTEGER, marks BLOB NOT NULL, data BLOB NOT NULL
) STRICT;
CREATE INDEX chunk_place ON chunk (stream, offset);
CREATE TABLE writer (
  stream INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE, writer TEXT NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (stream, writer)
) STRICT;
CREATE TABLE snapshot (
  stream INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE, kind TEXT NOT NULL, offset INTEGER NOT NULL,
  version INTEGER NOT NULL, cols INTEGER NOT NULL, rows INTEGER NOT NULL, length INTEGER NOT NULL,
  encoding INTEGER NOT NULL, checksum INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (stream, kind, offset)
) STRICT;
CREATE TABLE run (
  id TEXT PRIMARY KEY, session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE, number INTEGER NOT NULL, kind TEXT NOT NULL,
  base_offset INTEGER NOT NULL, applied_record INTEGER NOT NULL, applied_offset INTEGER NOT NULL,
  state TEXT NOT NULL, is_open INTEGER NOT NULL,
  UNIQUE (session, number)
) STRICT;
CREATE INDEX run_open ON run (is_open) WHERE is_open = 1;
CREATE TABLE send (
  run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE, seq INTEGER NOT NULL, bytes BLOB NOT NULL, cause TEXT NOT NULL,
  PRIMARY KEY (run, seq)
) STRICT;
CREATE TABLE idempotency_key (key TEXT PRIMARY KEY, request TEXT NOT NULL, result TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX idempotency_key_at ON idempotency_key (at);
CREATE TABLE device (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, token_hash TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL
) STRICT;
CREATE TABLE code (hash TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT;
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;

/** Where the first row of a screen is in the count of lines; of those kept before it is not known. */
const LINES = `
ALTER TABLE snapshot ADD COLUMN line INTEGER;
ALTER TABLE snapshot ADD COLUMN line_columns INTEGER;
`;

/** Migration n takes a file from version n to n + 1. */
export const MIGRATIONS: readonly string[] = [FIRST, LINES];

/** All tables, parents before children; small ones are read at opening. */
export const TABLES = [
  "meta",
  "session",
  "stream",
  "chunk",
  "writer",
  "snapshot",
  "run",
  "send",
  "idempotency_key",
  "device",
  "code",
  "setting",
] as const;

export type TableName = (typeof TABLES)[number];
