/**
 * The store: the log of every session, the registry and the snapshots, behind one asynchronous interface (ARCHITECTURE §Store).
 *
 * What belongs together is one `commit`: it happens whole or not at all. Commits of all sessions that arrive while one is being
 * written share a single transaction (group commit). Every transaction checks the epoch: a server that was replaced gets
 * `stale-epoch` and must exit. An engine is a `Store` that passes `acceptance.ts`.
 */

/**
 * Streams: `terminal` holds a session's output over all its runs, `events` its conversation, `wire` what the program of its
 * conversation wrote, raw, `commands` what its driver was asked in between.
 */
export type StreamKind = "terminal" | "events" | "wire" | "commands";

/** Names a stream: the session and the kind. */
export interface StreamKey {
  readonly session: string;
  readonly stream: StreamKind;
}

/** What a record of a stream is. Only `output`, `error`, `notice` and `event` have bytes and move the offset. */
export type RecordKind = "output" | "error" | "notice" | "event" | "resize";

/** A piece of a stream. `time`: milliseconds since 1970. A resize has no data and takes no space. */
export interface StreamRecord {
  readonly kind: RecordKind;
  readonly offset: number;
  readonly time: number;
  readonly data: Uint8Array;
  /** Of a resize. */
  readonly size?: { readonly cols: number; readonly rows: number };
}

/** A record to append: its offset is the stream's tail. One without bytes that is no resize is not kept. */
export type NewRecord = Omit<StreamRecord, "offset">;

/** Where a stream stands. `trimmed`: the first byte still kept. `tail`: the next byte to come. */
export interface StreamState extends StreamKey {
  readonly incarnation: number;
  readonly trimmed: number;
  readonly tail: number;
}

/** State as of an offset: a screen, reduced messages or a driver's state, told apart by `kind` and its `version`. */
export interface Snapshot extends StreamKey {
  readonly kind: string;
  readonly version: number;
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
  readonly data: Uint8Array;
  /** Of a screen: where its first row is in the count of the session's lines (PROTOCOL §13.1). */
  readonly place?: SnapshotPlace;
  /** Of its kind only so many are kept, the newest; without it they are spread over the stream. A snapshot that is read does not have it. */
  readonly newest?: number;
}

export interface SnapshotPlace {
  readonly line: number;
  readonly columns: number;
}

/** A snapshot without its content. */
export type SnapshotMark = Pick<Snapshot, "version" | "offset" | "cols" | "rows"> & { readonly place: SnapshotPlace | null };

/** A session's row. `details` is JSON of the layer above, opaque here. */
export interface SessionRow {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly lastActivityAt: number;
  readonly details: string;
}

/** A run's row. `appliedRecord` and `appliedOffset`: how far the host's records are in the log; `baseOffset`: where the run begins in it. */
export interface RunRow {
  readonly id: string;
  readonly session: string;
  /** Counts from 1 within the session. */
  readonly number: number;
  readonly kind: "pty" | "pipe";
  readonly baseOffset: number;
  readonly appliedRecord: number;
  readonly appliedOffset: number;
  /** JSON of the layer above: the run's state and how it was started. */
  readonly state: string;
  /** False once nothing more can come: reconciliation asks for the open ones. */
  readonly isOpen: boolean;
}

/** A session with what a server must know of it when it starts. */
export interface KeptSession {
  readonly session: SessionRow;
  /** The one with the highest number; `null`: none is left, in a file that was damaged. */
  readonly run: RunRow | null;
  readonly streams: readonly StreamState[];
}

/** One row of the ledger of sends to a run. `seq` counts from 1. */
export interface SendRow {
  readonly run: string;
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly cause: string;
}

/** A device or script with a credential; of the credential only the SHA-256 is kept. */
export interface DeviceRow {
  readonly id: string;
  readonly name: string;
  readonly tokenHash: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
}

/** A change. A commit is a list of them. */
export type Write =
  /** Appends to a stream (made at its first append). `expectedTail`: refused with `tail-mismatch` if the stream stands elsewhere. */
  | ({ readonly op: "append"; readonly records: readonly NewRecord[]; readonly expectedTail?: number } & StreamKey)
  /** Takes a writer's number: refused with `duplicate` or `gap` (never for `increasing` numbers that grow). */
  | ({
      readonly op: "take-number";
      readonly writer: string;
      readonly seq: number;
      readonly numbering: "contiguous" | "increasing";
    } & StreamKey)
  /** Drops all bytes and snapshots of a stream; its tail stays where it is. No error if there is none. */
  | ({ readonly op: "drop-stream" } & StreamKey)
  /** Replaces one of the same kind and offset; older ones are thinned out. Refused with `tail-mismatch` beyond the tail. */
  | { readonly op: "put-snapshot"; readonly snapshot: Snapshot }
  /** Makes or replaces a session's row. */
  | { readonly op: "put-session"; readonly session: SessionRow }
  /** Deletes a session and all that belongs to it; no error if there is none. */
  | { readonly op: "delete-session"; readonly session: string }
  | { readonly op: "put-run"; readonly run: RunRow }
  /** Moves a run's applied marks, together with the append they describe. */
  | { readonly op: "apply"; readonly run: string; readonly record: number; readonly offset: number }
  /** Appends to a run's ledger: refused with `gap` or `duplicate` unless `seq` is the next. */
  | { readonly op: "append-send"; readonly send: SendRow }
  /** Drops a run's ledger: nothing more is sent to it. */
  | { readonly op: "drop-sends"; readonly run: string }
  /** Remembers what an idempotency key made: refused with `duplicate` if the key is known. Kept 24 hours. */
  | { readonly op: "take-key"; readonly key: string; readonly request: string; readonly result: string; readonly at: number }
  | { readonly op: "put-device"; readonly device: DeviceRow }
  | { readonly op: "delete-device"; readonly device: string }
  /** A one-time code, by hash. */
  | { readonly op: "put-code"; readonly codeHash: string; readonly expiresAt: number }
  /** Uses a code up: refused with `unknown-code` if it does not exist or has expired at `now`. */
  | { readonly op: "use-code"; readonly codeHash: string; readonly now: number }
  | { readonly op: "put-setting"; readonly name: string; readonly value: string };

/** `full`: on disk when the promise resolves (user messages, acknowledgements, lifecycle). `normal`: survives any crash of a process; on disk within a second. */
export type Durability = "full" | "normal";

export type CommitRefusal = "tail-mismatch" | "duplicate" | "gap" | "unknown-session" | "unknown-run" | "unknown-code";

/** A refused commit changed nothing. `at` is the index of the write that was refused. */
export type CommitResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: CommitRefusal; readonly at: number; readonly expected?: number };

export type ReadResult =
  /**
   * Records from `from` on (the first may begin before it was asked for: it is cut), and the stream's state. `output` and `error` are
   * cut at `maxBytes` and may be joined or divided; an `event` or `notice` comes whole. Resizes at `from` are included; those where the
   * page ends come with the next one, unless the stream ends there: so a reader that asks again at the tail sees them again.
   */
  | { readonly ok: true; readonly records: readonly StreamRecord[]; readonly state: StreamState }
  /** That part is no longer kept; start from this screen at `state.trimmed`. */
  | { readonly ok: false; readonly reason: "gone"; readonly state: StreamState; readonly snapshot: Snapshot | null }
  | { readonly ok: false; readonly reason: "beyond-tail"; readonly state: StreamState }
  | { readonly ok: false; readonly reason: "unknown-stream" };

/** What opening found. */
export interface OpenReport {
  readonly schema: number;
  /** The schema was migrated from this version; a copy of the file before it is at `backup`. */
  readonly migrated: { readonly from: number; readonly backup: string } | null;
  /** The last server did not close and this is another boot: the last second may be missing, every stream has a new incarnation. */
  readonly powerCut: boolean;
  /**
   * The file was damaged: it was set aside, and what could be read was copied into a new one, where every stream has a new incarnation.
   * `unreadable` counts the rows and places that are lost; lost bytes of streams are replaced by notices of the same length. A session
   * whose row was lost has the details `{}`.
   */
  readonly recovered: { readonly setAside: string; readonly sessions: number; readonly unreadable: number } | null;
}

/** How much output is kept of each session's terminal stream. */
export interface Retention {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** Figures for diagnostics and benches. */
export interface StoreStats {
  readonly fileBytes: number;
  /** Output as it was written, and what it takes in the file. */
  readonly logBytes: number;
  readonly storedBytes: number;
  /** Milliseconds of the last 1,000 transactions: median and 99th percentile. */
  readonly commitP50Ms: number;
  readonly commitP99Ms: number;
}

/**
 * Every method rejects with `PerdureError`: `stale-epoch` when another server has taken over; `storage-full` when the disk is
 * full (nothing was changed, try again later); `internal` when the file is damaged: the next opening recovers what can be read.
 */
export interface Store {
  readonly epoch: number;
  readonly report: OpenReport;
  /**
   * Resolves, if ever, with why this store must be closed and opened anew: another server has taken over, damage was found by
   * somebody who read or wrote, or the engine itself has failed.
   */
  readonly lost: Promise<Error>;
  /**
   * Commits of one caller are carried out in the order of the calls. The bytes must stay as they are until the promise settles. There is
   * no bound on what waits: the promise resolves later under load, and whoever commits bounds what it has in flight.
   */
  commit(writes: readonly Write[], durability: Durability): Promise<CommitResult>;
  /** At most 8 MiB at once, whatever was asked for. */
  read(key: StreamKey, from: number, maxBytes: number): Promise<ReadResult>;
  streamState(key: StreamKey): Promise<StreamState | null>;
  /** The newest readable snapshot of a kind at or before an offset. */
  snapshot(key: StreamKey, kind: string, atOrBefore: number): Promise<Snapshot | null>;
  /** What snapshots of a kind there are, in the order of their offsets. */
  snapshotMarks(key: StreamKey, kind: string): Promise<readonly SnapshotMark[]>;
  /** All sessions, in the order of their making. */
  keptSessions(): Promise<readonly KeptSession[]>;
  sessions(): Promise<readonly SessionRow[]>;
  /** All runs of a session, in order of their numbers; without a session: the open runs of all. */
  runs(session?: string): Promise<readonly RunRow[]>;
  /** Rows of a run's ledger with a higher number, in order. */
  sends(run: string, after: number): Promise<readonly SendRow[]>;
  writerNumber(key: StreamKey, writer: string): Promise<number>;
  keyResult(key: string): Promise<{ readonly request: string; readonly result: string } | null>;
  devices(): Promise<readonly DeviceRow[]>;
  setting(name: string): Promise<string | null>;
  /** Drops output beyond the retention, only up to a screen snapshot of the stream. Returns the bytes dropped. */
  trim(key: StreamKey, retention: Retention, now: number): Promise<number>;
  stats(): Promise<StoreStats>;
  /** For engines in this process: gives back the memory they keep without need. May hold up other calls for some ten milliseconds. */
  releaseMemory?(): Promise<void>;
  /** Writes what is waiting, marks a clean end and closes the file. Never rejects because a successor has taken over. */
  close(): Promise<void>;
}
