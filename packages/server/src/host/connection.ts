/**
 * The server's side of the host connection: requests with answers, records and input as they come. What was unanswered when the
 * connection ended is rejected; whether the host did it is then asked of the next connection (`hello.runs`).
 */
import * as net from "node:net";
import { type ErrorCode, PerdureError } from "@perdure/protocol";
import { FrameReader, encodeControl, encodeInput } from "./frames.ts";
import { decodeRecords } from "./records.ts";
import {
  HOST_FEATURES,
  HOST_FRAME,
  HOST_PROTOCOL,
  type HostAnswer,
  type HostFailure,
  type HostInputRefusal,
  type HostRecord,
  type HostRequest,
  type HostRun,
  MAX_HOST_FRAME_BYTES,
  type SpawnRequest,
} from "./wire.ts";

/** More than this waiting in the socket: the host does not keep up, input is not taken. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
const HELLO_WITHIN_MS = 10_000;
const TOO_LARGE = "The command and its environment are larger than 1 MiB. Unset what it does not need.";

export interface HostEvents {
  records(run: string, records: readonly HostRecord[]): void;
  inputAcked(run: string, writer: string, seq: number): void;
  inputRefused(run: string, writer: string, seq: number, reason: HostInputRefusal, expected: number | undefined): void;
  /** Records before `from` are no longer spooled; reading goes on there. */
  gone(run: string, from: number): void;
  spool(run: string, state: "ok" | "limit" | "disk-full"): void;
  /** Once, unless {@link HostConnection.close} was called. */
  closed(why: { readonly is: "stale-epoch" } | { readonly is: "lost"; readonly error?: unknown }): void;
}

export interface HostConnection {
  readonly hello: Extract<HostAnswer, { type: "hello" }>;
  /** Rejects with `cwd-missing`, `command-missing`, `spawn-failed`, `too-large` or `storage-full`. The same run asked for again gets the same answer. */
  spawn(request: SpawnRequest, signal: AbortSignal): Promise<HostRun>;
  read(run: string, from: number): void;
  /** Stop and go on taking bytes off the socket. */
  pauseReading(): void;
  resumeReading(): void;
  ack(run: string, upTo: number): void;
  /** False: too much is waiting in the socket, or the run is not known on this connection. */
  input(run: string, numbering: "contiguous" | "increasing", writer: string, seq: number, data: Uint8Array): boolean;
  resize(run: string, cols: number, rows: number): void;
  end(run: string, graceMs: number, signal: AbortSignal): Promise<void>;
  forget(run: string, signal: AbortSignal): Promise<void>;
  shutdown(end: boolean, signal: AbortSignal): Promise<void>;
  close(): void;
}

type Hello = HostConnection["hello"];
type Asked = Extract<HostRequest, { request: number }>;
type Unasked = { [T in Asked["type"]]: Omit<Extract<Asked, { type: T }>, "request"> }[Asked["type"]];

/** Connects, says hello. Rejects PerdureError: host-unavailable, host-protocol, stale-epoch. */
export function connectHost(options: {
  socketPath: string;
  epoch: number;
  events: HostEvents;
  signal: AbortSignal;
}): Promise<HostConnection> {
  return new Promise((resolve, reject) => {
    const connection = new Connection(options.socketPath, options.events, resolve, reject);
    connection.open(options.epoch, AbortSignal.any([options.signal, AbortSignal.timeout(HELLO_WITHIN_MS)]));
  });
}

class Connection implements HostConnection {
  readonly #socket: net.Socket;
  readonly #events: HostEvents;
  readonly #connected: (connection: HostConnection) => void;
  readonly #failed: (error: unknown) => void;
  readonly #frames = new FrameReader();
  readonly #asked = new Map<
    number,
    { readonly answered: (answer: HostRun | undefined) => void; readonly failed: (error: unknown) => void }
  >();
  readonly #handles = new Map<string, number>();
  readonly #names = new Map<number, string>();
  #hello: Hello | undefined;
  #requests = 0;
  #isOver = false;

  constructor(socketPath: string, events: HostEvents, connected: (connection: HostConnection) => void, failed: (error: unknown) => void) {
    this.#events = events;
    this.#connected = connected;
    this.#failed = failed;
    this.#socket = net.connect(socketPath);
    this.#socket.on("data", (chunk) => this.#received(chunk));
    this.#socket.on("error", (error) => this.#over({ is: "lost", error }));
    this.#socket.on("close", () => this.#over({ is: "lost" }));
  }

  open(epoch: number, signal: AbortSignal): void {
    const abort = () => {
      if (!this.#hello) this.#over({ is: "lost", error: signal.reason });
    };
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    this.#send({ type: "hello", protocol: HOST_PROTOCOL, features: HOST_FEATURES, epoch });
  }

  get hello(): Hello {
    if (!this.#hello) throw new Error("The host has not answered yet.");
    return this.#hello;
  }

  async spawn(request: SpawnRequest, signal: AbortSignal): Promise<HostRun> {
    const run = await this.#ask({ type: "spawn", ...request }, signal);
    if (!run) throw new PerdureError("spawn-failed", "The host did not say which run it started.");
    return run;
  }

  read(run: string, from: number): void {
    this.#send({ type: "read", run, from });
  }

  pauseReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#socket.resume();
  }

  ack(run: string, upTo: number): void {
    this.#send({ type: "ack", run, upTo });
  }

  input(run: string, numbering: "contiguous" | "increasing", writer: string, seq: number, data: Uint8Array): boolean {
    const handle = this.#handles.get(run);
    if (handle === undefined || this.#isOver || this.#socket.writableLength > MAX_WAITING_BYTES) return false;
    this.#socket.write(encodeInput({ handle, numbering, writer, seq, data }));
    return true;
  }

  resize(run: string, cols: number, rows: number): void {
    this.#send({ type: "resize", run, cols, rows });
  }

  async end(run: string, graceMs: number, signal: AbortSignal): Promise<void> {
    await this.#ask({ type: "end", run, graceMs }, signal);
  }

  async forget(run: string, signal: AbortSignal): Promise<void> {
    await this.#ask({ type: "forget", run }, signal);
  }

  async shutdown(end: boolean, signal: AbortSignal): Promise<void> {
    await this.#ask({ type: "shutdown", end }, signal);
  }

  close(): void {
    this.#finish(new PerdureError("host-unavailable", "The connection to the host was closed."));
  }

  #send(request: HostRequest): void {
    if (!this.#isOver) this.#socket.write(encodeControl(request));
  }

  #ask(unasked: Unasked, signal: AbortSignal): Promise<HostRun | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) return reject(new PerdureError("host-unavailable", "The connection to the host is closed."));
      if (signal.aborted) return reject(signal.reason);
      const request = (this.#requests += 1);
      const frame = encodeControl({ ...unasked, request });
      if (frame.length > MAX_HOST_FRAME_BYTES) return reject(new PerdureError("too-large", TOO_LARGE));
      const abort = () => {
        this.#asked.delete(request);
        reject(signal.reason);
      };
      const settled = <T>(settle: (value: T) => void) => {
        return (value: T) => {
          signal.removeEventListener("abort", abort);
          settle(value);
        };
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#asked.set(request, { answered: settled(resolve), failed: settled(reject) });
      this.#socket.write(frame);
    });
  }

  #received(chunk: Buffer): void {
    try {
      const isReadable = this.#frames.push(chunk, (type, body) => {
        if (this.#isOver) return;
        if (type === HOST_FRAME.records) this.#records(body);
        else if (type === HOST_FRAME.control) this.#answer(JSON.parse(body.toString()) as HostAnswer);
      });
      if (!isReadable) throw new PerdureError("host-protocol", "The host sent a frame that cannot be read.");
    } catch (error) {
      this.#over({ is: "lost", error });
    }
  }

  #records(body: Buffer): void {
    const run = this.#names.get(body.readUInt32BE(0));
    const records = decodeRecords(body.subarray(4));
    if (!records) throw new PerdureError("host-protocol", "The host sent damaged records.");
    if (run !== undefined) this.#events.records(run, records);
  }

  #answer(answer: HostAnswer): void {
    switch (answer.type) {
      case "hello":
        return this.#greeted(answer);
      case "refused":
        return this.#refused(answer);
      case "spawned":
        this.#name(answer.run);
        return this.#settle(answer.request, (asked) => asked.answered(answer.run));
      case "done":
        return this.#settle(answer.request, (asked) => asked.answered(undefined));
      case "failed":
        return this.#settle(answer.request, (asked) => asked.failed(new PerdureError(CODES[answer.code] ?? "internal", answer.message)));
      case "input-acked":
        return this.#events.inputAcked(this.#names.get(answer.handle) ?? "", answer.writer, answer.seq);
      case "input-refused":
        return this.#events.inputRefused(this.#names.get(answer.handle) ?? "", answer.writer, answer.seq, answer.reason, answer.expected);
      case "gone":
        return this.#events.gone(answer.run, answer.from);
      case "spool":
        return this.#events.spool(answer.run, answer.state);
    }
  }

  #greeted(hello: Hello): void {
    this.#hello = hello;
    for (const run of hello.runs) this.#name(run);
    this.#connected(this);
  }

  #name(run: HostRun): void {
    this.#handles.set(run.run, run.handle);
    this.#names.set(run.handle, run.run);
  }

  #refused(answer: Extract<HostAnswer, { type: "refused" }>): void {
    const code = answer.code === "stale-epoch" ? "stale-epoch" : "host-protocol";
    const error = new PerdureError(code, answer.message);
    this.#over(code === "stale-epoch" ? { is: "stale-epoch" } : { is: "lost", error }, error);
  }

  #settle(
    request: number,
    settle: (asked: { answered: (run: HostRun | undefined) => void; failed: (error: unknown) => void }) => void,
  ): void {
    const asked = this.#asked.get(request);
    this.#asked.delete(request);
    if (asked) settle(asked);
  }

  #over(why: Parameters<HostEvents["closed"]>[0], refusal?: PerdureError): void {
    if (this.#isOver) return;
    const cause = why.is === "lost" ? why.error : undefined;
    this.#finish(
      refusal ??
        (cause instanceof PerdureError
          ? cause
          : new PerdureError("host-unavailable", "The host cannot be reached, or went away.", { cause })),
    );
    if (this.#hello) this.#events.closed(why);
  }

  #finish(error: PerdureError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.destroy();
    if (!this.#hello) this.#failed(error);
    for (const asked of this.#asked.values()) asked.failed(error);
    this.#asked.clear();
  }
}

/** The code of the common list for each failure; the message is the host's. */
const CODES: Readonly<Record<HostFailure, ErrorCode>> = {
  "cwd-missing": "cwd-missing",
  "command-missing": "command-missing",
  "spawn-failed": "spawn-failed",
  "storage-full": "storage-full",
  "unknown-run": "not-found",
  "still-alive": "already-running",
  "runs-alive": "already-running",
  "not-ended": "already-running",
  internal: "internal",
};
