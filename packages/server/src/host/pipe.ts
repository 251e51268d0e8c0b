/**
 * A program on named FIFOs in its run's directory, opened read-write by both sides, so that it outlives the host: it sees neither
 * end of file nor a broken pipe, blocks when nobody reads, and the next host opens the same paths. Its input is in a
 * journal, so that what was acknowledged reaches it whichever host is there.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { type ProcessIdentity, isProcessAlive } from "../platform/processes.ts";
import type { InputJournal } from "./input.ts";
import type { Launch } from "./launch.ts";
import { MAX_BYTES_AFTER_EXIT, type Program, type ProgramEvents, READ_BUFFER, exitOf, readNow } from "./program.ts";
import type { RunEnd, SpawnRequest } from "./wire.ts";

/** An adopted program is nobody's child here: its end is found by looking. */
const LOOK_MS = 250;
/** Taken by a FIFO whole or not at all, so that the journal's position is never inside a piece. */
const PIECE_BYTES = 4096;
const { O_RDWR, O_NONBLOCK } = fs.constants;
const CHANNELS = ["output", "error"] as const;

/** Throws what the system says if no process can be made. */
export function startPipe(directory: string, request: SpawnRequest, launch: Launch, journal: InputJournal, events: ProgramEvents): Program {
  const paths = ["input", ...CHANNELS].map((name) => path.join(directory, name));
  execFileSync("mkfifo", ["-m", "600", ...paths], { stdio: "ignore" });
  const stdio = paths.map((file) => fs.openSync(file, O_RDWR));
  try {
    const child = spawn(launch.file, launch.args, { cwd: request.cwd, env: { ...launch.env }, stdio, detached: true });
    if (child.pid === undefined) throw new Error(`${launch.file} could not be started`);
    const program = lookAfter(directory, child, child.pid, journal, events);
    child.on("error", () => program.exited(exitOf(127, null))).on("exit", (code, signal) => program.exited(exitOf(code, signal)));
    return program;
  } finally {
    for (const fd of stdio) fs.closeSync(fd);
  }
}

/** A program whose FIFOs cannot be opened here cannot be looked after: it does not stay. */
function lookAfter(directory: string, child: ChildProcess, pid: number, journal: InputJournal, events: ProgramEvents): Pipe {
  try {
    return new Pipe(directory, pid, journal, events);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

/** Goes on with a living program of a former host. Its exit code will not be known. */
export function adoptPipe(directory: string, identity: ProcessIdentity, journal: InputJournal, events: ProgramEvents): Program {
  const program = new Pipe(directory, identity.pid, journal, events);
  const look = setInterval(() => {
    if (isProcessAlive(identity)) return;
    clearInterval(look);
    program.exited({ is: "lost", reason: "host-died-exit-unknown" });
  }, LOOK_MS);
  return program;
}

class Pipe implements Program {
  readonly pid: number;
  readonly #journal: InputJournal;
  readonly #events: ProgramEvents;
  readonly #input: net.Socket;
  readonly #outputs: readonly { readonly channel: "output" | "error"; readonly fd: number; readonly stream: net.Socket }[];
  #end: RunEnd | undefined;
  #afterExit = 0;
  #isReading = true;
  #isWriting = false;
  #isOver = false;

  constructor(directory: string, pid: number, journal: InputJournal, events: ProgramEvents) {
    this.pid = pid;
    this.#journal = journal;
    this.#events = events;
    this.#input = new net.Socket({ fd: fs.openSync(path.join(directory, "input"), O_RDWR | O_NONBLOCK), readable: false, writable: true });
    this.#input.on("error", () => {});
    this.#outputs = CHANNELS.map((channel) => {
      const fd = fs.openSync(path.join(directory, channel), O_RDWR | O_NONBLOCK);
      const onread = { buffer: READ_BUFFER, callback: (bytes: number) => this.#read(channel, bytes) };
      const stream = new net.Socket({ fd, readable: true, writable: false, onread });
      return { channel, fd, stream: stream.on("error", () => {}).resume() };
    });
    this.#writeNext();
  }

  get waitingBytes(): number {
    return this.#journal.waitingBytes;
  }

  /** The data is in the journal already. */
  write(): void {
    this.#writeNext();
  }

  resize(): void {}

  setReading(isReading: boolean): void {
    if (this.#isReading === isReading) return;
    this.#isReading = isReading;
    for (const { stream } of this.#outputs)
      if (isReading) stream.resume();
      else stream.pause();
    if (isReading && this.#end) setImmediate(() => this.#drain());
  }

  close(): void {
    this.#isOver = true;
    for (const stream of [this.#input, ...this.#outputs.map((each) => each.stream)]) stream.destroy();
    this.#journal.close();
  }

  exited(end: RunEnd): void {
    this.#end ??= end;
    this.#drain();
  }

  #read(channel: "output" | "error", bytes: number): boolean {
    this.#events.output(channel, READ_BUFFER.subarray(0, bytes));
    return true;
  }

  /** After the exit the FIFOs hold the rest. Nothing is lost where reading is paused: draining goes on when it is not. */
  #drain(): void {
    if (!this.#end || this.#isOver) return;
    for (const { channel, fd } of this.#outputs) {
      for (let bytes = 1; bytes > 0 && this.#afterExit <= MAX_BYTES_AFTER_EXIT; this.#afterExit += bytes) {
        if (!this.#isReading) return;
        bytes = readNow(fd);
        if (bytes > 0) this.#read(channel, bytes);
      }
    }
    this.close();
    this.#events.ended(this.#end);
  }

  #writeNext(): void {
    const piece = this.#isWriting || this.#isOver ? undefined : this.#journal.next(PIECE_BYTES);
    if (!piece) return;
    this.#isWriting = true;
    this.#input.write(piece, (error) => {
      this.#isWriting = false;
      if (error) return;
      try {
        this.#journal.written(piece.length);
      } finally {
        this.#writeNext();
      }
    });
  }
}
