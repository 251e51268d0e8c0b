/**
 * Sealing: raw rows that have gathered to whole blocks are replaced by compressed ones, in a transaction of its own after the
 * commits were answered. If the process dies before, the rows stay raw until the stream grows again; nothing depends on it.
 */
import { crashPoint } from "../../platform/crash.ts";
import { type ByteKind, groupPieces, makeBlock } from "./blocks.ts";
import { insertBlock, insertSealed, takePieces } from "./chunks.ts";
import type { Database } from "./database.ts";
import { saveStream, streamById } from "./streams.ts";

/** Raw rows that ended (a resize or another kind follows) are sealed only from this size on. */
const MIN_ENDED_BYTES = 4 * 1024;

/** Raw rows of one kind between two offsets, which will not grow any more. */
export interface EndedRows {
  readonly stream: number;
  readonly kind: ByteKind;
  readonly from: number;
  readonly to: number;
}

/** What is due for sealing. A tail is only a hint; ended rows are taken back if their commit is. */
export class SealQueue {
  readonly #tails = new Set<number>();
  #ended: EndedRows[] = [];

  get isEmpty(): boolean {
    return this.#tails.size === 0 && this.#ended.length === 0;
  }

  /** The stream has at least one block of raw rows at its end. */
  addTail(stream: number): void {
    this.#tails.add(stream);
  }

  addEnded(rows: EndedRows): void {
    if (rows.to - rows.from >= MIN_ENDED_BYTES) this.#ended.push(rows);
  }

  /** How far the ended rows go now, for {@link takeBack}. */
  get mark(): number {
    return this.#ended.length;
  }

  /** The rows that ended since the mark never came to be: others may stand in their place. */
  takeBack(mark: number): void {
    this.#ended.length = mark;
  }

  clear(): void {
    this.#tails.clear();
    this.#ended = [];
  }

  /** Seals all that is due. */
  run(db: Database): void {
    if (this.isEmpty) return;
    const [tails, ended] = [[...this.#tails], this.#ended];
    this.clear();
    db.transaction("normal", () => {
      for (const rows of ended) sealEnded(db, rows);
      for (const stream of tails) sealTail(db, stream);
    });
    crashPoint("store-after-seal");
  }
}

function sealTail(db: Database, id: number): void {
  const stream = streamById(db, id);
  if (!stream || stream.rawBytes === 0) return;
  const kind = stream.rawKind as ByteKind;
  insertSealed(db, stream, kind, takePieces(db, id, stream.rawOffset, stream.tail));
  saveStream(db, stream);
}

function sealEnded(db: Database, rows: EndedRows): void {
  const stream = streamById(db, rows.stream);
  if (!stream || rows.from < stream.trimmed || rows.to > (stream.rawBytes > 0 ? stream.rawOffset : stream.tail)) return;
  for (const group of groupPieces(rows.kind, takePieces(db, rows.stream, rows.from, rows.to))) {
    insertBlock(db, rows.stream, rows.kind, makeBlock(rows.kind, group, true));
  }
}
