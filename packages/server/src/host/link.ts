/**
 * The host's side of one connection. Records go to the socket from memory while their reader is caught up and the socket
 * takes them; a reader that is behind is served from the spool as the socket drains. So what waits here stays small.
 */
import type { Socket } from "node:net";
import { crashPoint } from "../platform/crash.ts";
import { FrameReader, decodeInput, encodeControl, writeRecordsHead } from "./frames.ts";
import { parseRequest } from "./requests.ts";
import type { Run } from "./run.ts";
import type { SpoolCursor } from "./spool.ts";
import { HOST_FRAME, type HostAnswer, type HostInput, type HostRequest } from "./wire.ts";

/** No records are handed to a socket that has more than this waiting. */
const HIGH_BYTES = 1024 * 1024;
/** A server that leaves so many answers unread is cut off. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** How long a peer that is cut off, perhaps frozen, has to read why. */
const LINGER_MS = 10_000;

export interface LinkEvents {
  request(link: Link, request: HostRequest): void;
  input(link: Link, input: HostInput): void;
  closed(link: Link): void;
}

export class Link {
  readonly #socket: Socket;
  readonly #events: LinkEvents;
  readonly #readers = new Map<Run, SpoolCursor>();
  readonly #frames = new FrameReader();
  #isRefused = false;

  constructor(socket: Socket, events: LinkEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on("data", (chunk) => this.#received(chunk));
    socket.on("drain", () => this.#pump());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => events.closed(this));
  }

  send(answer: HostAnswer): void {
    if (this.#socket.destroyed || this.#isRefused) return;
    this.#socket.write(encodeControl(answer));
    if (this.#socket.writableLength > MAX_WAITING_BYTES) this.#socket.destroy();
  }

  /** Says why, and closes. Nothing more is read from this connection. */
  refuse(code: "stale-epoch" | "wrong-protocol" | "bad-message", message: string, epoch: number): void {
    if (this.#isRefused) return;
    this.send({ type: "refused", code, message, epoch });
    this.#isRefused = true;
    this.#readers.clear();
    this.close();
  }

  /** After what is written; a peer that does not take it does not keep the connection. */
  close(): void {
    this.#socket.destroySoon();
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
  }

  isReading(run: Run): boolean {
    return this.#readers.has(run);
  }

  /** Sends the run's records from this index on, for good. */
  read(run: Run, from: number): void {
    const cursor = run.spool.cursor(from);
    if (cursor.index > from) this.send({ type: "gone", run: run.facts.run, from: cursor.index });
    this.#readers.set(run, cursor);
    this.#pump();
  }

  forget(run: Run): void {
    this.#readers.delete(run);
  }

  /** A record was added to the run's spool; `framed` is the record, with room for the head of a frame. */
  offer(run: Run, framed: Buffer): void {
    const cursor = this.#readers.get(run);
    if (!cursor || this.#isFull()) return;
    if (cursor.index !== run.spool.nextRecord - 1) return this.#pump();
    Object.assign(cursor, { index: run.spool.nextRecord, segment: -1 });
    this.#write(run, framed);
  }

  #pump(): void {
    for (const [run, cursor] of this.#readers) {
      for (let framed = this.#next(run, cursor); framed; framed = this.#next(run, cursor)) this.#write(run, framed);
    }
  }

  #next(run: Run, cursor: SpoolCursor): Buffer | undefined {
    return this.#isFull() ? undefined : run.spool.read(cursor);
  }

  #isFull(): boolean {
    return this.#isRefused || this.#socket.destroyed || this.#socket.writableLength > HIGH_BYTES;
  }

  #write(run: Run, framed: Buffer): void {
    writeRecordsHead(framed, run.handle);
    this.#socket.write(framed);
    crashPoint("host-after-send");
  }

  #received(chunk: Buffer): void {
    if (this.#isRefused) return;
    if (!this.#frames.push(chunk, (type, body) => this.#frame(type, body)))
      this.refuse("bad-message", "The frame's length is not possible.", 0);
  }

  #frame(type: number, body: Buffer): void {
    if (this.#isRefused) return;
    const request = type === HOST_FRAME.control ? parseRequest(body) : undefined;
    const input = type === HOST_FRAME.input ? decodeInput(body) : undefined;
    if (request) this.#events.request(this, request);
    else if (input) this.#events.input(this, input);
    else this.refuse("bad-message", "The frame is not a request of this protocol; see PROTOCOL §11.", 0);
  }
}
