/**
 * Draws a part of a session's history again, in an engine of its own beside the live one: from the kept screen before it, and
 * with the log behind that.
 */
import { FIRST_PLACE, firstWholeNumber, PerdureError, type LinePlace } from "@perdure/protocol";
import type { SnapshotMark, Store, StreamKey, StreamState } from "../../store/store.ts";
import type { Engine, Engines, EngineStart } from "../../terminal/engine.ts";
import type { Wanted } from "../../terminal/gatherer.ts";
import { unseen } from "../records.ts";
import { SCREEN_SNAPSHOT } from "../kept-screens.ts";

const READ_BYTES = 256 * 1024;
/** Bytes given to the engine ahead of what it has parsed. */
const MAX_LAG_BYTES = 256 * 1024;
/** The size before the first record of a log, which says what it is. */
const UNKNOWN_SIZE = { cols: 80, rows: 24 } as const;

export interface ReplaySource {
  readonly key: StreamKey;
  readonly store: Store;
  readonly engines: Engines;
  readonly stream: () => StreamState;
  /** Resolves when everything before the offset is committed, or that cannot be expected. */
  readonly reaches: (offset: number, signal: AbortSignal) => Promise<void>;
}

/** A kept screen that a replay can begin with. */
export interface Kept {
  readonly offset: number;
  readonly place: LinePlace;
}

/** Where a history can be entered, oldest first: its beginning, then the kept screens with their place in the count. */
export async function entries({ store, key, stream }: ReplaySource): Promise<readonly Kept[]> {
  const { trimmed } = stream();
  const marks = await store.snapshotMarks(key, SCREEN_SNAPSHOT.kind);
  const kept = marks.map((mark) => keptOf(mark, trimmed)).filter((mark) => mark !== null);
  return kept[0]?.offset === trimmed ? kept : [{ offset: trimmed, place: FIRST_PLACE }, ...kept];
}

function keptOf({ version, offset, place }: SnapshotMark, trimmed: number): Kept | null {
  if (offset < trimmed || version !== SCREEN_SNAPSHOT.version) return null;
  const known = place ?? (offset === trimmed ? FIRST_PLACE : null);
  return known && { offset, place: known };
}

/** The last entry from which a line can be read whole. */
export function entryBefore(kept: readonly Kept[], line: number): Kept | undefined {
  return kept.findLast(({ place }) => firstWholeNumber(place) <= line);
}

/** The engine at work. */
export class Replay {
  readonly engine: Engine;
  readonly #source: ReplaySource;
  #position: number;

  private constructor(source: ReplaySource, engine: Engine, position: number) {
    this.#source = source;
    this.engine = engine;
    this.#position = position;
  }

  static async open(source: ReplaySource, { offset, place }: Kept, wants?: Wanted): Promise<Replay> {
    const kept = await source.store.snapshot(source.key, SCREEN_SNAPSHOT.kind, offset);
    const isThere = kept?.offset === offset && kept.version === SCREEN_SNAPSHOT.version;
    if (!isThere && offset > source.stream().trimmed)
      throw new PerdureError("cursor-gone", "That part of the history is read anew; ask again.");
    const { cols, rows, data } = isThere ? kept : { ...UNKNOWN_SIZE, data: null };
    const start: EngineStart = { offset, cols, rows, snapshot: data, place, ...(wants ? { wants } : {}) };
    return new Replay(source, source.engines.open(start, ignore), offset);
  }

  /** Feeds another piece of the log up to an offset; `false` when it stands there. */
  async feed(to: number, signal: AbortSignal): Promise<boolean> {
    const { store, key } = this.#source;
    if (this.#position > to) throw new Error("the history was read too far");
    const result = await store.read(key, this.#position, Math.max(1, Math.min(READ_BYTES, to - this.#position)));
    if (!result.ok && result.reason === "unknown-stream") return false;
    if (!result.ok) throw new PerdureError("cursor-gone", "That part of the history was just dropped; ask again.");
    for (const record of unseen(result.records, this.#position)) {
      if (record.size) this.engine.resize(this.#position, record.size.cols, record.size.rows);
      const data = record.data.subarray(0, to - this.#position);
      if (data.length > 0) this.engine.feed(this.#position, data, false);
      this.#position += data.length;
    }
    await this.engine.drained(MAX_LAG_BYTES, signal);
    return this.#position < to;
  }

  close(): void {
    this.engine.close();
  }
}

function ignore(): void {
  // What a replay rings and asks was heard when it was live; of a fault its callers learn by their questions.
}
