/**
 * How a host's records become records of a session's stream: the host counts from a run's start, the stream from the session's
 * birth. A batch is what is committed, shown and fed together.
 */
import type { HostRecord, RunEnd } from "../host/wire.ts";
import type { NewRecord } from "../store/store.ts";

/** One step of a session's output, in order. Offsets are the stream's. */
export type Piece =
  | { readonly is: "data"; readonly offset: number; readonly time: number; readonly data: Uint8Array }
  | { readonly is: "resize"; readonly offset: number; readonly time: number; readonly cols: number; readonly rows: number };

/** What one commit adds to a session. `nextRecord`: the host's record index after it. */
export interface Batch {
  readonly start: number;
  readonly end: number;
  readonly pieces: readonly Piece[];
  readonly records: readonly NewRecord[];
  readonly nextRecord: number;
  readonly runEnd: { readonly end: RunEnd; readonly at: number } | null;
}

const NOTHING = new Uint8Array(0);

/** Turns host records into the batch that begins at the stream's tail. */
export function toBatch(hostRecords: readonly HostRecord[], tail: number): Batch {
  const pieces: Piece[] = [];
  const records: NewRecord[] = [];
  let runEnd: Batch["runEnd"] = null;
  let offset = tail;
  let nextRecord = 0;
  for (const record of hostRecords) {
    nextRecord = record.index + 1;
    switch (record.is) {
      case "data":
        pieces.push({ is: "data", offset, time: record.time, data: record.data });
        records.push({ kind: record.channel, time: record.time, data: record.data });
        offset += record.data.length;
        break;
      case "resize": {
        const { cols, rows } = record;
        pieces.push({ is: "resize", offset, time: record.time, cols, rows });
        records.push({ kind: "resize", time: record.time, data: NOTHING, size: { cols, rows } });
        break;
      }
      case "end":
        runEnd = { end: record.end, at: record.time };
        break;
    }
  }
  return { start: tail, end: offset, pieces, records, nextRecord, runEnd };
}
