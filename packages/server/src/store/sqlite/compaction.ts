/**
 * Which stream is compacted next: one that has printed a full row's worth since it was last looked at, then those that have been
 * quiet for 10 s, the longest quiet first. At opening all streams count as if they had just printed: what the last life left undone is
 * found then. What is kept in memory is one entry for each stream.
 */
import type { StreamKey, StreamKind, Write } from "../store.ts";
import { COMPACTED_BYTES, type CompactStep, compactStep } from "./compact.ts";
import type { Database } from "./database.ts";

const QUIET_MS = 10_000;

interface Grown {
  readonly key: StreamKey;
  /** When it last grew. */
  readonly at: number;
  /** By how much since it was last looked at. */
  readonly bytes: number;
}

export class Compaction {
  /** Streams that have grown since their end was compacted, in the order in which they last grew. */
  readonly #grown = new Map<string, Grown>();
  readonly #full = new Map<string, StreamKey>();
  /** How far each stream was handled in this life. */
  readonly #handled = new Map<string, number>();

  /** All streams are to be looked at once nothing more comes. */
  begin(db: Database, now: number): void {
    const streams = db.all<{ session: string; kind: StreamKind }>("SELECT session, kind FROM stream NOT INDEXED");
    for (const { session, kind } of streams) this.#noteGrowth({ session, stream: kind }, 0, now);
  }

  /** Notes what a batch has appended. What it appended in vain does no harm. */
  note(commits: readonly (readonly Write[])[], now: number): void {
    for (const writes of commits) {
      for (const write of writes) {
        if (write.op !== "append") continue;
        this.#noteGrowth(
          write,
          write.records.reduce((sum, record) => sum + record.data.length, 0),
          now,
        );
      }
    }
  }

  /** Gives up what was due, on a full disk for example: streams are looked at again when they grow. */
  giveUp(): void {
    this.#grown.clear();
    this.#full.clear();
  }

  /** Milliseconds until a stream is due; `null` if none will be. */
  dueInMs(now: number): number | null {
    if (this.#full.size > 0) return 0;
    const oldest = first(this.#grown);
    return oldest ? Math.max(oldest.at + QUIET_MS - now, 0) : null;
  }

  /** Does one step for the stream that is due; returns whether it has changed the file. */
  step(db: Database, now: number): boolean {
    const full = first(this.#full);
    if (full) return this.#take(db, full, false);
    const oldest = first(this.#grown);
    return oldest !== undefined && now - oldest.at >= QUIET_MS && this.#take(db, oldest.key, true);
  }

  #noteGrowth({ session, stream }: StreamKey, bytes: number, now: number): void {
    const [name, key] = [nameOf({ session, stream }), { session, stream }];
    const grown = (this.#grown.get(name)?.bytes ?? 0) + bytes;
    this.#grown.delete(name);
    this.#grown.set(name, { key, at: now, bytes: grown });
    if (grown >= COMPACTED_BYTES) this.#full.set(name, key);
  }

  #take(db: Database, key: StreamKey, isQuiet: boolean): boolean {
    const name = nameOf(key);
    const step = compactStep(db, key, this.#handled.get(name) ?? 0, isQuiet);
    this.#handled.set(name, step.at);
    if (!step.hasMore) this.#finish(name, isQuiet, step);
    return step.hasWritten;
  }

  #finish(name: string, isQuiet: boolean, { at }: CompactStep): void {
    this.#full.delete(name);
    const grown = this.#grown.get(name);
    if (isQuiet) this.#grown.delete(name);
    // Keeps its place in the order.
    else if (grown) this.#grown.set(name, { ...grown, bytes: 0 });
    if (at === 0) this.#handled.delete(name);
  }
}

function nameOf({ session, stream }: StreamKey): string {
  return `${stream} ${session}`;
}

function first<Value>(map: ReadonlyMap<string, Value>): Value | undefined {
  for (const value of map.values()) return value;
  return undefined;
}
