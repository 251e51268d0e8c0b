/**
 * The language between the server and its host: frames on a unix socket, each `u32 length | u8 type | body`, big-endian
 * (PROTOCOL §11). Compatibility is decided by the protocol number and by feature names, so that an old host serves a new server.
 */

/** Number of the host protocol. An older host with another number is refused with a clear error, never guessed at. */
export const HOST_PROTOCOL = 1;

/** Features this host knows. */
export const HOST_FEATURES: readonly string[] = ["pipe-runs", "input-increasing"];

/** Exit code of a host that found another one on its state directory. */
export const HOST_ALREADY_RUNS = 3;

/** Frame types. `control` is JSON, the others are binary. */
export const HOST_FRAME = { control: 1, input: 2, records: 3 } as const;

/** Largest frame either side accepts, in bytes. */
export const MAX_HOST_FRAME_BYTES = 1024 * 1024;

/** Most input bytes a run may have waiting for its program. A frame that does not fit whole is refused whole. */
export const MAX_INPUT_QUEUE_BYTES = 1024 * 1024;

/** What the host is asked to start. `env` is complete: nothing of the host's own environment is added but the cookie. */
export interface SpawnRequest {
  readonly run: string;
  readonly kind: "pty" | "pipe";
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cols: number;
  readonly rows: number;
  readonly umask?: number;
}

/** Server to host. `request` is echoed in the answer. */
export type HostRequest =
  | { readonly type: "hello"; readonly protocol: number; readonly features: readonly string[]; readonly epoch: number }
  | ({ readonly type: "spawn"; readonly request: number } & SpawnRequest)
  /** Start sending the records of a run, from this record index on. Once per connection and run. */
  | { readonly type: "read"; readonly run: string; readonly from: number }
  /** Every record with a lower index is committed and may be dropped from the spool. */
  | { readonly type: "ack"; readonly run: string; readonly upTo: number }
  | { readonly type: "resize"; readonly run: string; readonly cols: number; readonly rows: number }
  /** HUP + TERM, after the grace KILL, to the terminal's session and all that carry the run's cookie. Answered when nothing is left. */
  | { readonly type: "end"; readonly request: number; readonly run: string; readonly graceMs: number }
  /** The exit record is stored: remove the run's files. Refused while it is alive. */
  | { readonly type: "forget"; readonly request: number; readonly run: string }
  /** Exit, if nothing runs; `end: true` ends what runs first. */
  | { readonly type: "shutdown"; readonly request: number; readonly end: boolean };

/** A run as the host knows it. `handle` names it in binary frames, for the life of the connection. */
export interface HostRun {
  readonly run: string;
  readonly handle: number;
  readonly kind: "pty" | "pipe";
  readonly pid: number;
  /** Indexes of the oldest spooled record and of the next one to be made. */
  readonly firstRecord: number;
  readonly nextRecord: number;
  readonly isAlive: boolean;
  readonly cols: number;
  readonly rows: number;
}

/** Host to server. */
export type HostAnswer =
  | {
      readonly type: "hello";
      readonly protocol: number;
      readonly features: readonly string[];
      /** Random, new for each host process. */
      readonly instance: string;
      readonly bootId: string;
      readonly pid: number;
      readonly version: string;
      readonly runs: readonly HostRun[];
    }
  /** The connection is refused and closed. `epoch`: the highest the host has seen. */
  | {
      readonly type: "refused";
      readonly code: "stale-epoch" | "wrong-protocol" | "bad-message";
      readonly message: string;
      readonly epoch: number;
    }
  | { readonly type: "spawned"; readonly request: number; readonly run: HostRun }
  | { readonly type: "failed"; readonly request: number; readonly code: HostFailure; readonly message: string }
  | { readonly type: "done"; readonly request: number }
  /** All input of the writer up to `seq` is in the run's queue and will reach the program if it lives. */
  | { readonly type: "input-acked"; readonly handle: number; readonly writer: string; readonly seq: number }
  | {
      readonly type: "input-refused";
      readonly handle: number;
      readonly writer: string;
      readonly seq: number;
      readonly reason: HostInputRefusal;
      readonly expected?: number;
    }
  /** `read` named records that are no longer spooled; sending starts at `from` instead. */
  | { readonly type: "gone"; readonly run: string; readonly from: number }
  /** Reading from the program has stopped or goes on: the spool is at its limit, or its disk is full. */
  | { readonly type: "spool"; readonly run: string; readonly state: "ok" | "limit" | "disk-full" };

export type HostFailure =
  | "cwd-missing"
  | "command-missing"
  | "spawn-failed"
  | "unknown-run"
  | "still-alive"
  | "runs-alive"
  | "not-ended"
  | "storage-full"
  | "internal";

export type HostInputRefusal = "unknown-run" | "run-ended" | "gap" | "queue-full";

/**
 * Input for a run. `contiguous` numbers count from 1 without gaps for each writer; `increasing` ones only grow. A number that
 * was taken before is acknowledged again and not applied.
 */
export interface HostInput {
  readonly handle: number;
  readonly numbering: "contiguous" | "increasing";
  readonly writer: string;
  readonly seq: number;
  readonly data: Uint8Array;
}

/** How a run ended. `lost`: nobody saw it end. */
export type RunEnd =
  | { readonly is: "exited"; readonly code: number | null; readonly signal: string | null }
  | { readonly is: "lost"; readonly reason: "host-died" | "host-died-exit-unknown" | "rebooted" };

/**
 * What the host emits, in one order for each run. `index` counts records, `offset` counts bytes of data, both from 0 at the
 * run's start; `time` is milliseconds since 1970.
 */
export type HostRecord = { readonly index: number; readonly offset: number; readonly time: number } & (
  | { readonly is: "data"; readonly channel: "output" | "error"; readonly data: Uint8Array }
  | { readonly is: "resize"; readonly cols: number; readonly rows: number }
  | { readonly is: "end"; readonly end: RunEnd }
  /**
   * The former host was killed, and this one went on with the program: what had been read and not spooled yet is missing here, if there was
   * any. `quietMs`: for how long the program had written nothing; `null`: it is not known.
   */
  | { readonly is: "adopted"; readonly quietMs: number | null }
);
