/**
 * One viewer of a session and how far it is. It is sent what was committed, in order, as long as it acknowledges what it has
 * parsed; a viewer that lags is left behind until it has caught up, and then gets the bytes it missed or a snapshot. It never
 * slows the program or other viewers, nor grows the server's memory (PROTOCOL §6).
 */
import { TAIL_BYTES, type AttachMode } from "@perdure/protocol";
import type { Clock } from "../platform/clock.ts";
import type { Store, StreamKey, StreamRecord } from "../store/store.ts";
import type { ScreenSnapshot } from "../terminal/engine.ts";
import { unseen, type Batch } from "./records.ts";

/** Most bytes sent to a viewer and not yet acknowledged. */
const CEILING_BYTES = 1024 * 1024;
const READ_BYTES = 128 * 1024;
/** A screen that changes faster than it can be seen is drawn thirty times a second. */
const SNAPSHOT_EVERY_MS = 34;

/** Where a viewer's data goes: one channel of a connection. */
export interface ViewerSink {
  output(offset: number, parts: readonly Uint8Array[]): void;
  snapshot(snapshot: ScreenSnapshot): void;
  resized(offset: number, cols: number, rows: number): void;
}

export interface ViewerSource {
  readonly key: StreamKey;
  readonly store: Store;
  readonly clock: Clock;
  readonly tail: () => number;
  /** The terminal's size at the committed end. */
  readonly size: () => { readonly cols: number; readonly rows: number };
  readonly takeSnapshot: (signal: AbortSignal) => Promise<ScreenSnapshot>;
  /** Reading for this viewer failed; it must be detached. */
  readonly onFailure: (error: unknown) => void;
}

/** The flow to one viewer. */
export class Viewer {
  readonly mode: AttachMode;
  readonly #sink: ViewerSink;
  readonly #source: ViewerSource;
  readonly #closing = new AbortController();
  #sent = 0;
  #acked = 0;
  /** `live`: has all that is committed. `behind`: reads the log, or waits until it may. */
  #state: "new" | "live" | "behind" = "new";
  #isPumping = false;
  /** Something happened while it was pumping, perhaps too late for it to see. */
  #isPumpDue = false;
  #snapshotAt = -Infinity;
  /** Calls off the next snapshot. */
  #cancel: (() => void) | null = null;

  constructor(mode: AttachMode, sink: ViewerSink, source: ViewerSource) {
    this.mode = mode;
    this.#sink = sink;
    this.#source = source;
  }

  /** Aborted when the viewer is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Everything before it has been parsed by the viewer. */
  get acked(): number {
    return this.#acked;
  }

  /** Starts with the bytes from `offset` on. */
  startAt(offset: number): void {
    this.#sent = offset;
    this.#acked = offset;
    this.#state = "behind";
    this.#pumpInBackground();
  }

  /** Starts with a snapshot. */
  startWith(snapshot: ScreenSnapshot): void {
    this.#sink.snapshot(snapshot);
    this.startAt(snapshot.offset);
  }

  /** A batch of output is about to be committed: whoever has all that is committed may see it. `false`: this one waits for the log. */
  ahead(batch: Batch): boolean {
    const isReady = this.#state === "live" && batch.start === this.#sent && this.#hasRoomFor(batch);
    if (isReady) this.#sendPieces(batch);
    return isReady;
  }

  /** A batch was committed. */
  committed(batch: Batch): void {
    if (this.#state !== "live") return;
    if (batch.start === this.#sent && this.#hasRoomFor(batch)) return this.#sendPieces(batch);
    if (batch.start < this.#sent && batch.end <= this.#sent) return this.#sendSizes(batch);
    this.#state = "behind";
    this.#pumpInBackground();
  }

  /** It was shown output that will never be committed. */
  isBeyond(tail: number): boolean {
    return this.#state === "live" && this.#sent > tail;
  }

  /** The viewer has parsed everything before `offset`. */
  acknowledge(offset: number): void {
    if (offset <= this.#acked || offset > this.#sent) return;
    this.#acked = offset;
    if (this.#state === "behind") this.#pumpInBackground();
  }

  close(): void {
    this.#cancel?.();
    this.#closing.abort();
  }

  get #outstanding(): number {
    return this.#sent - this.#acked;
  }

  #hasRoomFor({ start, end }: Batch): boolean {
    return this.#outstanding + (end - start) <= CEILING_BYTES;
  }

  #pumpInBackground(): void {
    if (this.closed.aborted) return;
    this.#isPumpDue = this.#isPumping;
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#pump()
      .catch((error: unknown) => {
        if (!this.closed.aborted) this.#source.onFailure(error);
      })
      .finally(() => {
        this.#isPumping = false;
        if (this.#isPumpDue) this.#pumpInBackground();
      });
  }

  /** Brings the viewer up to the committed end, as far as its acknowledgements allow. */
  async #pump(): Promise<void> {
    while (this.#state === "behind" && !this.closed.aborted) {
      const lag = this.#source.tail() - this.#sent;
      if (lag === 0) {
        this.#state = "live";
        const { cols, rows } = this.#source.size();
        if (this.mode !== "chat") this.#sink.resized(this.#sent, cols, rows);
        return;
      }
      if (this.mode !== "log" && lag > TAIL_BYTES) {
        if (this.#outstanding > 0) return; // until it has drawn what it was given
        const waitMs = this.#snapshotAt + SNAPSHOT_EVERY_MS - this.#source.clock.now();
        if (waitMs > 0) return this.#pumpIn(waitMs);
        await this.#sendSnapshot();
      } else {
        if (this.#outstanding > CEILING_BYTES / 2) return;
        await this.#sendFromLog();
      }
    }
  }

  #pumpIn(waitMs: number): void {
    this.#cancel ??= this.#source.clock.after(waitMs, () => {
      this.#cancel = null;
      this.#pumpInBackground();
    });
  }

  async #sendSnapshot(): Promise<void> {
    const snapshot = await this.#source.takeSnapshot(this.closed);
    if (this.closed.aborted) return;
    this.#snapshotAt = this.#source.clock.now();
    this.#sink.snapshot(snapshot);
    this.#sent = snapshot.offset;
    this.#acked = Math.min(this.#acked, snapshot.offset);
  }

  async #sendFromLog(): Promise<void> {
    const result = await this.#source.store.read(this.#source.key, this.#sent, READ_BYTES);
    if (this.closed.aborted) return;
    if (result.ok) {
      for (const record of unseen(result.records, this.#sent)) this.#sendRecord(record);
      return;
    }
    if (result.reason !== "gone") throw new Error(`the log could not be read: ${result.reason}`);
    if (this.mode !== "log") return this.#sendSnapshot();
    this.#sent = result.state.trimmed;
    this.#acked = this.#sent;
  }

  #sendRecord(record: StreamRecord): void {
    if (record.size) return this.#sink.resized(record.offset, record.size.cols, record.size.rows);
    if (record.data.length === 0) return;
    this.#sink.output(record.offset, [record.data]);
    this.#sent = record.offset + record.data.length;
  }

  /** Its bytes were shown ahead; a size behind them, which came while the disk was full, was not. */
  #sendSizes({ pieces }: Batch): void {
    for (const piece of pieces) {
      if (piece.is === "resize" && piece.offset >= this.#sent) this.#sink.resized(piece.offset, piece.cols, piece.rows);
    }
  }

  /** Neighbouring data is one frame. */
  #sendPieces(batch: Batch): void {
    let parts: Uint8Array[] = [];
    let from = batch.start;
    const flush = (to: number): void => {
      if (parts.length > 0) this.#sink.output(from, parts);
      parts = [];
      from = to;
    };
    for (const piece of batch.pieces) {
      if (piece.is === "data") {
        parts.push(piece.data);
        continue;
      }
      flush(piece.offset);
      this.#sink.resized(piece.offset, piece.cols, piece.rows);
    }
    flush(batch.end);
    this.#sent = batch.end;
  }
}
