/**
 * How a host's records become records of a session's stream: the host counts from a run's start, the stream from the session's
 * birth. A batch is what is committed, shown and fed together.
 */
import type { HostRecord, RunEnd } from "../host/wire.ts";
import type { NewRecord, StreamRecord } from "../store/store.ts";
import { RUN_SEPARATOR } from "../terminal/run-separator.ts";

/** One step of a session's output, in order. Offsets are the stream's. */
export type Piece =
  | { readonly is: "data"; readonly offset: number; readonly time: number; readonly data: Uint8Array }
  | { readonly is: "resize"; readonly offset: number; readonly time: number; readonly cols: number; readonly rows: number };

/** The host that read the run was killed, and the next one went on with it: the record's number and time, and how long the program had written nothing. */
export interface Adoption {
  readonly index: number;
  readonly at: number;
  readonly quietMs: number | null;
}

/** What one commit adds to a session. `nextRecord`: the host's record index after it. */
export interface Batch {
  readonly start: number;
  readonly end: number;
  readonly pieces: readonly Piece[];
  readonly records: readonly NewRecord[];
  readonly nextRecord: number;
  readonly runEnd: { readonly end: RunEnd; readonly at: number } | null;
  /** Before all that the batch holds. */
  readonly adopted?: Adoption;
}

type DataRecord = Extract<HostRecord, { is: "data" }>;

const NOTHING = new Uint8Array(0);

/** Output of one channel that came within so many milliseconds is one record with the time of its first byte: a flood has few. */
const SAME_TIME_MS = 4;

/** Turns host records into the batch that begins at the stream's tail. */
export function toBatch(hostRecords: readonly HostRecord[], tail: number): Batch {
  const pieces: Piece[] = [];
  const records: NewRecord[] = [];
  let runEnd: Batch["runEnd"] = null;
  let adopted: Adoption | undefined;
  let offset = tail;
  for (const record of joinNeighbours(hostRecords)) {
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
      case "adopted":
        adopted = { index: record.index, at: record.time, quietMs: record.quietMs };
        break;
    }
  }
  const nextRecord = (hostRecords.at(-1)?.index ?? -1) + 1;
  return { start: tail, end: offset, pieces, records, nextRecord, runEnd, ...(adopted ? { adopted } : {}) };
}

function joinNeighbours(hostRecords: readonly HostRecord[]): HostRecord[] {
  const joined: HostRecord[] = [];
  let group: DataRecord[] = [];
  const flush = (): void => {
    const [first] = group;
    if (first) joined.push(group.length === 1 ? first : { ...first, data: Buffer.concat(group.map(({ data }) => data)) });
    group = [];
  };
  for (const record of hostRecords) {
    const [first] = group;
    const isNeighbour = record.is === "data" && first?.channel === record.channel && Math.abs(record.time - first.time) < SAME_TIME_MS;
    if (!isNeighbour) flush();
    if (record.is === "data") group.push(record);
    else joined.push(record);
  }
  flush();
  return joined;
}

/** The size at which a stream or a run begins, so that a replay from there wraps as the program did. */
export function sizeRecord({ cols, rows }: { readonly cols: number; readonly rows: number }, time: number): NewRecord {
  return { kind: "resize", time, data: NOTHING, size: { cols, rows } };
}

/** What stands between two runs: all modes back to the start, one visible line, and the new run's size. */
export function separatorBatch(
  line: { readonly text: string; readonly toFreeRow: number | null },
  size: { readonly cols: number; readonly rows: number },
  start: number,
  time: number,
): Batch {
  const data = RUN_SEPARATOR(line.text, line.toFreeRow);
  const end = start + data.length;
  const { cols, rows } = size;
  return {
    start,
    end,
    nextRecord: 0,
    runEnd: null,
    pieces: [
      { is: "data", offset: start, time, data },
      { is: "resize", offset: end, time, cols, rows },
    ],
    records: [{ kind: "notice", time, data }, sizeRecord(size, time)],
  };
}

/**
 * What a reader at `offset` needs of records read from there. Of the resizes at that very place only the last counts: it may have
 * seen the others, and going back to one of them would cut its screen.
 */
export function unseen(records: readonly StreamRecord[], offset: number): readonly StreamRecord[] {
  const first = records.findIndex((record) => !record.size || record.offset !== offset);
  const leading = first === -1 ? records.length : first;
  return leading > 1 ? records.slice(leading - 1) : records;
}
