/**
 * The data of one channel of a connection, in order and in frames of bounded size (PROTOCOL §5.2). A snapshot of many frames is sent as
 * fast as the socket takes it, and what comes behind it waits: it fills no socket's buffer, and other channels go on beside it.
 */
import { encodeOutput, encodeSnapshot, encodeSnapshotPart, MAX_DATA_BYTES, MAX_SERVER_FRAME_BYTES, PerdureError } from "@perdure/protocol";
import type { Clock } from "../platform/clock.ts";
import type { ScreenSnapshot } from "../terminal/engine.ts";

/** With more than this in the socket, the next part of a snapshot waits. */
const MAX_AHEAD_BYTES = 1024 * 1024;
const LOOK_EVERY_MS = 10;

export interface ChannelOptions {
  readonly channel: number;
  readonly clock: Clock;
  /** Bytes that the socket has not sent yet. */
  readonly bufferedBytes: () => number;
  readonly write: (frame: Uint8Array) => void;
  /** The client joins parts of a snapshot. */
  readonly takesParts: boolean;
}

export class Channel {
  readonly #options: ChannelOptions;
  /** What is left of a snapshot, and what came behind it. */
  readonly #waiting: Iterator<Uint8Array>[] = [];
  #cancel: () => void = () => undefined;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  /** A frame that stands in the order of the data. */
  send(frame: Uint8Array): void {
    if (this.#waiting.length === 0) this.#options.write(frame);
    else this.#waiting.push([frame].values());
  }

  output(offset: number, parts: readonly Uint8Array[]): void {
    const { channel } = this.#options;
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    if (bytes <= MAX_DATA_BYTES) return this.send(encodeOutput(channel, offset, parts));
    const data = Buffer.concat(parts);
    for (let at = 0; at < bytes; at += MAX_DATA_BYTES) {
      this.send(encodeOutput(channel, offset + at, [data.subarray(at, at + MAX_DATA_BYTES)]));
    }
  }

  /** Throws `too-large` if the client takes it only in one frame, and it has no room there. */
  snapshot(snapshot: ScreenSnapshot): void {
    const { channel, takesParts } = this.#options;
    const { data } = snapshot;
    if (takesParts && data.length > MAX_DATA_BYTES) {
      this.#waiting.push(partsOf(channel, snapshot));
      if (this.#waiting.length === 1) this.#drain();
      return;
    }
    if (data.length > MAX_SERVER_FRAME_BYTES / 2) {
      throw new PerdureError("too-large", "This is too large for one frame; a newer client gets it in parts.");
    }
    this.send(encodeSnapshot({ channel, ...snapshot }));
  }

  /** What waits is for nobody any more. */
  close(): void {
    this.#cancel();
    this.#waiting.length = 0;
  }

  #drain(): void {
    const { clock, bufferedBytes, write } = this.#options;
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      const next = first.next();
      if (next.done) {
        this.#waiting.shift();
        continue;
      }
      write(next.value);
      if (bufferedBytes() <= MAX_AHEAD_BYTES) continue;
      this.#cancel = clock.after(LOOK_EVERY_MS, () => this.#goOn());
      return;
    }
  }

  #goOn(): void {
    const { clock, bufferedBytes } = this.#options;
    if (bufferedBytes() <= MAX_AHEAD_BYTES) this.#drain();
    else this.#cancel = clock.after(LOOK_EVERY_MS, () => this.#goOn());
  }
}

function* partsOf(channel: number, { data, ...place }: ScreenSnapshot): Generator<Uint8Array> {
  let at = 0;
  for (; data.length - at > MAX_DATA_BYTES; at += MAX_DATA_BYTES) yield encodeSnapshotPart(channel, data.subarray(at, at + MAX_DATA_BYTES));
  yield encodeSnapshot({ channel, ...place, data: data.subarray(at) });
}
