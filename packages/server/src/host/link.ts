/**
 * The host's side of one connection. Records go to the socket from memory while their reader is caught up and the socket
 * takes them; a reader that is behind is served from the spool as the socket drains, in turn with the others. So what waits here
 * stays small, and no run holds up another.
 */
import type { Socket } from "node:net";
import { crashPoint } from "../platform/crash.ts";
import { FrameReader, RECORDS_ROOM, decodeInput, encodeControl, writeRecordsHead } from "./frames.ts";
import { InputAcks } from "./input-acks.ts";
import { placeRecord } from "./records.ts";
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
/** A spool that could not be read (too many open files, a bad disk) is tried again after so long. */
const RETRY_MS = 1000;

export interface LinkEvents {
  request(link: Link, request: HostRequest): void;
  input(link: Link, input: HostInput): void;
  closed(link: Link): void;
  /** The run's spool could not be read. */
  unreadable(run: Run, error: unknown): void;
}

export class Link {
  readonly #socket: Socket;
  readonly #events: LinkEvents;
  readonly #readers = new Map<Run, SpoolCursor>();
  readonly #frames = new FrameReader();
  readonly #acks = new InputAcks((acks) => this.#write(Buffer.concat(acks.map(encodeControl))));
  #isRefused = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(socket: Socket, events: LinkEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on("data", (chunk) => this.#received(chunk));
    socket.on("drain", () => this.#pump());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(this.#retry);
      this.#acks.close();
      events.closed(this);
    });
  }

  send(answer: HostAnswer): void {
    this.#acks.flush(); // what happened before is told before
    this.#write(encodeControl(answer));
  }

  /** Input was taken. Told a moment later. */
  acknowledge(ack: Extract<HostAnswer, { type: "input-acked" }>): void {
    this.#acks.add(ack);
  }

  #write(frames: Buffer): void {
    if (this.#socket.destroyed || this.#isRefused) return;
    this.#socket.write(frames);
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
    this.#readers.set(run, run.spool.cursor(from));
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
    this.#writeRecords(run, framed);
  }

  /** Who was served goes to the end of the line, and so comes again in the same round. */
  #pump(): void {
    for (const [run, cursor] of this.#readers) {
      if (this.#isFull()) return;
      const framed = this.#next(run, cursor);
      if (!framed) continue;
      this.#readers.delete(run);
      this.#readers.set(run, cursor);
      this.#writeRecords(run, framed);
    }
  }

  #next(run: Run, cursor: SpoolCursor): Buffer | undefined {
    const wanted = cursor.index;
    try {
      const framed = run.spool.read(cursor);
      const found = (framed && placeRecord(framed, RECORDS_ROOM)?.index) ?? cursor.index;
      if (found > wanted) this.send({ type: "gone", run: run.facts.run, from: found });
      return framed;
    } catch (error) {
      this.#events.unreadable(run, error);
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#pump(), RETRY_MS);
      return undefined;
    }
  }

  #isFull(): boolean {
    return this.#isRefused || this.#socket.destroyed || this.#socket.writableLength > HIGH_BYTES;
  }

  #writeRecords(run: Run, framed: Buffer): void {
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
