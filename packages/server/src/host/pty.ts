/**
 * A program on a terminal: node-pty's native `fork` and `resize` with a stream of our own on the master. Output ends at EIO (or
 * end of file), not at the exit: what was written before is still to be read. A program left behind that keeps the
 * terminal open does not keep the run: when the terminal has been silent for a moment after the exit, the run is over.
 */
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as tty from "node:tty";
import type { Launch } from "./launch.ts";
import { MAX_BYTES_AFTER_EXIT, type Program, type ProgramEvents, READ_BUFFER, exitOf, readNow } from "./program.ts";
import type { RunEnd, SpawnRequest } from "./wire.ts";

/** How long the terminal is silent after the exit until the run is over, if it is not closed by then. */
const SILENCE_MS = 300;
/** Nothing tells when a full terminal takes input again, so it is tried: often while it does, seldom while it does not. */
const FIRST_RETRY_MS = 1;
const MAX_RETRY_MS = 64;

interface NativePty {
  fork(
    file: string,
    args: readonly string[],
    env: readonly string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    isUtf8: boolean,
    helper: string,
    onExit: (code: number, signal: number) => void,
  ): { readonly fd: number; readonly pid: number };
  resize(fd: number, cols: number, rows: number): void;
}

let loaded: { readonly native: NativePty; readonly helper: string } | undefined;

/** The platform's package is a dependency of node-pty, so it is found from there. */
function nativePty(): { readonly native: NativePty; readonly helper: string } {
  if (loaded) return loaded;
  const find = createRequire(createRequire(import.meta.url).resolve("@lydell/node-pty"));
  const folder = `@lydell/node-pty-${process.platform}-${process.arch}`;
  const helper = process.platform === "darwin" ? find.resolve(`${folder}/spawn-helper`) : "";
  loaded = { native: find(`${folder}/pty.node`) as NativePty, helper };
  return loaded;
}

/** Throws what the system says if no process can be made. */
export function startPty(request: SpawnRequest, launch: Launch, events: ProgramEvents): Program {
  return new Pty(request, launch, events);
}

class Pty implements Program {
  readonly pid: number;
  readonly #fd: number;
  readonly #stream: tty.ReadStream;
  readonly #events: ProgramEvents;
  #exit: RunEnd | undefined;
  #afterExit = 0;
  #isReading = true;
  #isOver = false;
  #silence: NodeJS.Timeout | undefined;
  #queue: Buffer[] = [];
  #waiting = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(request: SpawnRequest, launch: Launch, events: ProgramEvents) {
    this.#events = events;
    const { native, helper } = nativePty();
    const env = Object.entries(launch.env).map(([name, value]) => `${name}=${value}`);
    const onExit = (code: number, signal: number) => this.#exited(exitOf(code, signal > 0 ? signalName(signal) : null));
    const made = native.fork(launch.file, launch.args, env, request.cwd, request.cols, request.rows, -1, -1, true, helper, onExit);
    this.pid = made.pid;
    this.#fd = made.fd;
    this.#stream = this.#openStream();
    this.#stream
      .on("error", () => this.#outputEnded())
      .on("end", () => this.#outputEnded())
      .on("close", () => this.#outputEnded());
    this.#stream.resume();
  }

  get waitingBytes(): number {
    return this.#waiting;
  }

  /** The descriptor is closed: its number may be another file's by now. A program can close its terminal and live on. */
  get #isClosed(): boolean {
    return this.#isOver || this.#stream.destroyed;
  }

  /** Not the stream's own write: libuv would spin on a full terminal until the program reads. */
  write(data: Uint8Array): void {
    this.#queue.push(Buffer.from(data));
    this.#waiting += data.length;
    if (this.#retry === undefined) this.#writeQueued(FIRST_RETRY_MS);
  }

  resize(cols: number, rows: number): void {
    if (!this.#isClosed) nativePty().native.resize(this.#fd, cols, rows);
  }

  setReading(isReading: boolean): void {
    if (this.#isReading === isReading) return;
    this.#isReading = isReading;
    if (isReading) this.#stream.resume();
    else this.#stream.pause();
    this.#awaitSilence();
  }

  close(): void {
    this.#isOver = true;
    clearTimeout(this.#silence);
    clearTimeout(this.#retry);
    this.#stream.destroy();
  }

  /** A program without a stream cannot be looked after: it does not stay. */
  #openStream(): tty.ReadStream {
    try {
      return new tty.ReadStream(this.#fd, { onread: { buffer: READ_BUFFER, callback: (bytes: number) => this.#read(bytes) } });
    } catch (error) {
      process.kill(this.pid, "SIGKILL");
      fs.closeSync(this.#fd);
      throw error;
    }
  }

  #writeQueued(retryMs: number): void {
    this.#retry = undefined;
    if (this.#isClosed) [this.#queue, this.#waiting] = [[], 0];
    let taken = 1;
    while (this.#waiting > 0 && taken > 0) {
      const next = this.#queue[0] ?? Buffer.alloc(0);
      taken = writeNow(this.#fd, next);
      this.#waiting -= taken;
      if (taken === next.length) this.#queue.shift();
      else this.#queue[0] = next.subarray(taken);
      if (taken > 0) retryMs = FIRST_RETRY_MS;
    }
    if (this.#waiting > 0) this.#retry = setTimeout(() => this.#writeQueued(Math.min(retryMs * 2, MAX_RETRY_MS)), retryMs);
  }

  #read(bytes: number): boolean {
    this.#events.output("output", READ_BUFFER.subarray(0, bytes));
    if (this.#exit) this.#afterExit += bytes;
    this.#awaitSilence();
    return true;
  }

  #exited(exit: RunEnd): void {
    this.#exit = exit;
    if (this.#stream.destroyed) this.#outputEnded();
    else this.#awaitSilence();
  }

  #awaitSilence(): void {
    clearTimeout(this.#silence);
    if (!this.#exit || !this.#isReading || this.#isOver) return;
    if (this.#afterExit > MAX_BYTES_AFTER_EXIT) this.#outputEnded();
    else this.#silence = setTimeout(() => this.#silent(), SILENCE_MS);
  }

  /** The time may have passed while nothing was read at all, as on a slow disk: what is there is no silence. */
  #silent(): void {
    const bytes = this.#isClosed ? 0 : readNow(this.#fd);
    if (bytes > 0) this.#read(bytes);
    else this.#outputEnded();
  }

  #outputEnded(): void {
    if (!this.#exit || this.#isOver) return;
    this.close();
    this.#events.ended(this.#exit);
  }
}

/** Bytes taken: 0 if the terminal is full, all if it is gone, as nobody will read them. */
function writeNow(fd: number, data: Buffer): number {
  try {
    return data.length === 0 ? 0 : fs.writeSync(fd, data);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EAGAIN" ? 0 : data.length;
  }
}

function signalName(number: number): string {
  return Object.entries(os.constants.signals).find(([, value]) => value === number)?.[0] ?? String(number);
}
