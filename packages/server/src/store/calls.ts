/**
 * What the main thread and the store's worker say to each other: calls by name with their arguments, and one answer for each.
 * Calls are answered in the order in which they were sent.
 */
import type { ErrorCode } from "@perdure/protocol";
import type * as store from "./store.ts";

/** The first that the worker is sent: what it shall open. */
export interface WorkerStart {
  readonly file: string;
  readonly bootId: string;
  readonly version: string;
  /** The highest epoch that is known elsewhere. A file behind it is an older copy: its streams get new incarnations. */
  readonly epochFloor?: number;
}

/** A failure as it crosses the threads; the main thread makes a `PerdureError` of it. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** Asking again is of no use: another server has taken over, or the file is damaged. Only opening it anew helps. */
  readonly isLasting?: boolean;
}

/** One commit of a batch: its result, or why it alone could not be carried out. */
export type CommitOutcome = store.CommitResult | { readonly failure: Failure };

/** What can be asked of the worker. */
export interface Calls {
  /** `buffer` holds all bytes of the commits, and is the worker's to free. */
  commit(commits: readonly (readonly store.Write[])[], durability: store.Durability, buffer: ArrayBuffer): readonly CommitOutcome[];
  read(key: store.StreamKey, from: number, maxBytes: number): store.ReadResult;
  streamState(key: store.StreamKey): store.StreamState | null;
  snapshot(key: store.StreamKey, kind: string, atOrBefore: number): store.Snapshot | null;
  snapshotMarks(key: store.StreamKey, kind: string): readonly store.SnapshotMark[];
  keptSessions(): readonly store.KeptSession[];
  sessions(): readonly store.SessionRow[];
  runs(session: string | null): readonly store.RunRow[];
  sends(run: string, after: number): readonly store.SendRow[];
  writerNumber(key: store.StreamKey, writer: string): number;
  keyResult(key: string): { readonly request: string; readonly result: string } | null;
  devices(): readonly store.DeviceRow[];
  setting(name: string): string | null;
  trim(key: store.StreamKey, retention: store.Retention, now: number): number;
  stats(): store.StoreStats;
  close(): null;
}

/** What the worker's thread does itself, beside what its database is asked. */
export interface ThreadCalls extends Calls {
  releaseMemory(): null;
}

/** A call on its way to the worker. */
export type Call = {
  readonly [M in keyof ThreadCalls]: { readonly id: number; readonly method: M; readonly args: Parameters<ThreadCalls[M]> };
}[keyof ThreadCalls];

/** What the worker sends: first how opening went, then an answer to each call. */
export type FromWorker =
  | { readonly type: "opened"; readonly epoch: number; readonly report: store.OpenReport }
  | { readonly type: "not-opened"; readonly failure: Failure }
  | { readonly type: "answer"; readonly id: number; readonly result: unknown }
  | { readonly type: "failed"; readonly id: number; readonly failure: Failure };
