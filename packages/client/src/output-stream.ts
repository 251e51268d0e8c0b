/**
 * What one viewer has been given of a session's output and what it has parsed (PROTOCOL §3, §6). Bytes are handed over exactly
 * once and in order: a new attachment continues at the end of what was handed over, not of what was parsed, and what overlaps is cut.
 */
import {
  type AttachedHow,
  type AttachMode,
  type Cursor,
  formatCursor,
  type OutputFrame,
  parseCursor,
  type SnapshotFrame,
} from "@perdure/protocol";
import type { SnapshotLines, Viewer } from "./client.ts";

export class OutputStream {
  readonly #viewer: Viewer;
  readonly #mode: AttachMode;
  readonly #parsedMore: () => void;
  #handed: Cursor | undefined;
  #parsed: Cursor | undefined;
  /** The server said that a snapshot comes: until then the viewer still shows the old place, and that is where it stands. */
  #announced: { readonly incarnation: number } | undefined;
  #unparsedBytes = 0;
  #generation = 0;

  constructor(viewer: Viewer, mode: AttachMode, cursor: string | undefined, parsedMore: () => void) {
    this.#viewer = viewer;
    this.#mode = mode;
    this.#parsedMore = parsedMore;
    this.#handed = cursor === undefined ? undefined : parseCursor(cursor);
    this.#parsed = this.#handed;
  }

  /** Where the next attachment continues. */
  get handed(): Cursor | undefined {
    return this.#handed;
  }

  get parsed(): Cursor | undefined {
    return this.#parsed;
  }

  /** Bytes handed over whose `done` has not been called. */
  get unparsedBytes(): number {
    return this.#unparsedBytes;
  }

  /** Is the next thing to come a snapshot? */
  get isAwaitingSnapshot(): boolean {
    return this.#announced !== undefined;
  }

  /** The server tells where what follows begins. `false`: it cannot be joined to what the viewer has. */
  attached(how: AttachedHow, cursor: Cursor): boolean {
    this.#announced = undefined;
    if (how === "tail" && this.#handed) return cursor.incarnation === this.#handed.incarnation && cursor.offset <= this.#handed.offset;
    if (how !== "tail" && this.#mode !== "log") this.#announced = { incarnation: cursor.incarnation };
    else this.#moveTo(cursor);
    return true;
  }

  /** Hands over what is new in a frame. `false`: bytes are missing before it. */
  output(frame: OutputFrame): boolean {
    const handed = this.#handed;
    if (!handed || this.#announced || frame.offset > handed.offset) return false;
    const data = frame.data.subarray(handed.offset - frame.offset);
    if (data.length === 0) return true;
    this.#handed = { incarnation: handed.incarnation, offset: handed.offset + data.length };
    const done = this.#expectDone(data.length, this.#handed);
    this.#viewer.output(data, handed.offset, done);
    return true;
  }

  snapshot(frame: SnapshotFrame, lines?: SnapshotLines): boolean {
    const incarnation = this.#announced?.incarnation ?? this.#handed?.incarnation;
    if (incarnation === undefined) return false;
    const { cols, rows, data, offset } = frame;
    this.#announced = undefined;
    this.#generation += 1;
    this.#handed = { incarnation, offset };
    const done = this.#expectDone(data.length, this.#handed);
    this.#viewer.snapshot({ cols, rows, data, offset, ...(lines ? { lines } : {}) }, done);
    return true;
  }

  /** A size that belongs to what the viewer already has, or that the coming snapshot brings, is not told again. */
  resized(offset: number, cols: number, rows: number): void {
    if (!this.#announced && offset >= (this.#handed?.offset ?? 0)) this.#viewer.resized(cols, rows);
  }

  /** The next attachment starts anew, as far as that can be done without giving the viewer bytes twice. */
  forget(): void {
    if (this.#mode !== "log") this.#handed = undefined;
  }

  #moveTo(cursor: Cursor): void {
    this.#generation += 1;
    this.#handed = cursor;
    this.#parsed = cursor;
  }

  #expectDone(bytes: number, end: Cursor): () => void {
    const generation = this.#generation;
    let isDone = false;
    this.#unparsedBytes += bytes;
    return () => {
      if (isDone) return;
      isDone = true;
      this.#unparsedBytes -= bytes;
      if (generation === this.#generation) this.#parsed = end;
      this.#parsedMore();
    };
  }
}

/** A cursor as it travels; `undefined` stays what it is. */
export function cursorText(cursor: Cursor | undefined): string | undefined {
  return cursor && formatCursor(cursor);
}
