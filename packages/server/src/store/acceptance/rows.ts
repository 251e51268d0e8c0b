/** Rows and writes that the situations of the acceptance suite are made of. */
import type { NewRecord, RunRow, SessionRow, Snapshot, Store, StreamKey, Write } from "../store.ts";

/** What each group of situations is given: the place, and the store that is open in it with one session and one run. */
export interface Parts {
  readonly place: () => AcceptancePlace;
  readonly store: () => Store;
}

/** One place that a store can be opened at again and again. */
export interface AcceptancePlace {
  /** Opens the store; an earlier one that was not closed is then replaced. */
  open(bootId?: string): Promise<Store>;
  /** Closes what is open and removes everything. */
  remove(): Promise<void>;
}

export const TERMINAL: StreamKey = { session: "s", stream: "terminal" };
export const EVENTS: StreamKey = { session: "s", stream: "events" };
export const SESSION: SessionRow = { id: "s", name: "first", createdAt: 1, lastActivityAt: 2, details: '{"a":1}' };
export const RUN: RunRow = {
  id: "r",
  session: "s",
  number: 1,
  kind: "pty",
  baseOffset: 0,
  appliedRecord: 0,
  appliedOffset: 0,
  state: "{}",
  isOpen: true,
};

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function append(text: string, time = 1_000, key = TERMINAL): Write {
  return { op: "append", ...key, records: [{ kind: key.stream === "events" ? "event" : "output", time, data: bytes(text) }] };
}

export function appendRecords(records: readonly NewRecord[], key = TERMINAL): Write {
  return { op: "append", ...key, records };
}

export function resize(cols: number): NewRecord {
  return { kind: "resize", time: 1_000, data: bytes(""), size: { cols, rows: 24 } };
}

export function snapshot(offset: number, text: string, kind = "screen"): Snapshot {
  return { ...TERMINAL, kind, version: 3, offset, cols: 80, rows: 24, data: bytes(text) };
}

export function putSnapshot(offset: number, text: string, kind = "screen"): Write {
  return { op: "put-snapshot", snapshot: snapshot(offset, text, kind) };
}

export async function textFrom(store: Store, from: number, maxBytes = 1_000_000, key = TERMINAL): Promise<string> {
  const result = await store.read(key, from, maxBytes);
  if (!result.ok) return result.reason;
  return result.records.map((record) => new TextDecoder().decode(record.data)).join("");
}
