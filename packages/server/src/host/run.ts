/**
 * One run: its program, its spool, its input. It decides when the program is read: not while the spool is at its limit or its
 * disk is full, and not while a server that keeps acknowledging is more than a window behind, so that Ctrl-C is felt in a
 * flood. Nothing is ever dropped: a program that is not read blocks.
 */
import * as path from "node:path";
import { crashPoint } from "../platform/crash.ts";
import { InputJournal, Writers } from "./input.ts";
import { leaveWord } from "./orderly-end.ts";
import type { Program } from "./program.ts";
import { MAX_RECORD_BYTES, type RecordDraft, adoptedDraft, endDraft, resizeDraft } from "./records.ts";
import { Spool, type SpoolWrites } from "./spool.ts";
import { type HostInput, type HostInputRefusal, type HostRun, MAX_INPUT_QUEUE_BYTES, type RunEnd } from "./wire.ts";

/** Bytes a server that acknowledges may be behind before the program waits for it. */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** A server that has not acknowledged for so long is frozen: the spool takes over. */
const ACK_SILENCE_MS = 1000;
const DISK_RETRY_MS = 1000;
/** Output of a program that keeps writing is gathered for so long; the first bytes after a pause go at once. */
const GATHER_MS = 2;
/** Buffers for gathering, shared by all runs. */
const SPARE: Buffer[] = [];
const MAX_SPARE = 16;

/** Where nothing is gathered they are a megabyte that nobody uses. */
export function forgetSpareBuffers(): void {
  SPARE.length = 0;
}

export type SpoolState = "ok" | "limit" | "disk-full";
export type InputAnswer = { readonly ok: true } | { readonly ok: false; readonly reason: HostInputRefusal; readonly expected?: number };

/** What a run tells its host. */
export interface RunEvents {
  /** A record was spooled; the buffer has room for a frame's head. */
  appended(run: Run, framed: Buffer): void;
  spoolChanged(run: Run, state: SpoolState): void;
}

export interface RunFacts {
  readonly run: string;
  readonly kind: "pty" | "pipe";
  readonly command: readonly string[];
  readonly cwd: string;
  readonly cols: number;
  readonly rows: number;
  readonly bootId: string;
  /** Missing: the host died between the decision to start it and knowing its pid. */
  readonly pid?: number;
  readonly startTime?: string;
}

export class Run {
  readonly facts: RunFacts;
  readonly handle: number;
  readonly spool: Spool;
  readonly journal: InputJournal | undefined;
  readonly #directory: string;
  readonly #writers = new Writers();
  readonly #limitBytes: number;
  readonly #events: RunEvents;
  #program: Program | undefined;
  #pid: number;
  #size: { readonly cols: number; readonly rows: number };
  #gathered: Buffer | undefined;
  #gatheredBytes = 0;
  #channel: "output" | "error" = "output";
  #isFlushPlanned = false;
  #flushedAt = 0;
  #pending: RecordDraft[] = [];
  #state: SpoolState = "ok";
  #retry: NodeJS.Timeout | undefined;
  #lastAck: number | undefined;
  #windowTimer: NodeJS.Timeout | undefined;

  constructor(directory: string, facts: RunFacts, handle: number, limitBytes: number, events: RunEvents, writes?: SpoolWrites) {
    this.facts = facts;
    this.#directory = directory;
    this.handle = handle;
    this.#limitBytes = limitBytes;
    this.#events = events;
    this.#pid = facts.pid ?? 0;
    this.#size = facts;
    this.spool = new Spool(path.join(directory, "spool"), limitBytes, writes);
    if (facts.kind === "pipe" && !this.spool.end) this.journal = new InputJournal(path.join(directory, "journal"), this.#writers);
  }

  get isAlive(): boolean {
    return this.#program !== undefined;
  }

  describe(): HostRun {
    const { cols, rows } = this.#size;
    const { firstRecord, nextRecord } = this.spool;
    return {
      run: this.facts.run,
      handle: this.handle,
      kind: this.facts.kind,
      pid: this.#pid,
      firstRecord,
      nextRecord,
      isAlive: this.isAlive,
      cols,
      rows,
    };
  }

  /** From now on this program is the run's. Its events are {@link output} and {@link ended}. */
  started(program: Program): void {
    this.#program = program;
    this.#pid = program.pid || this.#pid;
    this.#decideReading();
  }

  /** The former host was killed. Said where nothing came since it was said last: in the stream it is the same place. */
  adopted(): void {
    if (this.spool.endsAdopted) return;
    const { lastOutputAt } = this.spool;
    const now = Date.now();
    this.#append(adoptedDraft(now, lastOutputAt === undefined ? null : Math.max(0, now - lastOutputAt)));
  }

  output(channel: "output" | "error", bytes: Buffer): void {
    crashPoint("host-after-read");
    if (channel !== this.#channel || this.#gatheredBytes + bytes.length > MAX_RECORD_BYTES) this.#flush();
    this.#channel = channel;
    this.#gathered ??= SPARE.pop() ?? Buffer.allocUnsafeSlow(MAX_RECORD_BYTES);
    this.#gathered.set(bytes, this.#gatheredBytes);
    this.#gatheredBytes += bytes.length;
    // What is read from a pipe outlives this process only in the spool.
    if (this.facts.kind === "pipe") this.#flush();
    else this.#planFlush();
  }

  ended(end: RunEnd): void {
    this.#flush();
    this.#program = undefined;
    this.#append(endDraft(Date.now(), end));
  }

  resize(cols: number, rows: number): void {
    if (!this.#program || (cols === this.#size.cols && rows === this.#size.rows)) return;
    this.#flush();
    this.#size = { cols, rows };
    this.#append(resizeDraft(Date.now(), cols, rows));
    this.#program.resize(cols, rows);
  }

  input(input: HostInput): InputAnswer {
    const judged = this.#writers.judge(input);
    if (judged.is === "duplicate") return { ok: true };
    if (!this.#program) return { ok: false, reason: "run-ended" };
    if (judged.is === "gap") return { ok: false, reason: "gap", expected: judged.expected };
    if (this.#program.waitingBytes + input.data.length > MAX_INPUT_QUEUE_BYTES) return { ok: false, reason: "queue-full" };
    if (!this.#journalTakes(input)) return { ok: false, reason: "queue-full" };
    this.#writers.take(input.writer, input.seq);
    crashPoint("host-after-input-taken");
    this.#program.write(input.data);
    crashPoint("host-after-input-written");
    return { ok: true };
  }

  /** False: its disk is full, and nothing was taken. */
  #journalTakes(input: HostInput): boolean {
    try {
      this.journal?.append(input.writer, input.seq, input.data);
      return true;
    } catch {
      return false;
    }
  }

  /** The server has committed records that this spool lost, as in a power cut: numbers go on behind them, an end comes again. */
  committedBefore(index: number): void {
    if (index <= this.spool.nextRecord) return;
    this.spool.skipTo(index);
    if (this.spool.end) this.#append(endDraft(Date.now(), this.spool.end));
  }

  ack(upTo: number): void {
    this.spool.ack(upTo);
    this.#lastAck = performance.now();
    this.#decideReading();
  }

  /** A server reads this run: from now on it counts as acknowledging, until it is silent. */
  readBegun(): void {
    this.#lastAck = performance.now();
    if (this.#state !== "ok") this.#events.spoolChanged(this, this.#state);
  }

  serverGone(): void {
    this.#lastAck = undefined;
    this.#decideReading();
  }

  /** What is in memory is spooled first, if the disk takes it: the next host goes on from there. */
  close(): void {
    this.#flush();
    if (this.#pending.length > 0) this.#writePending();
    for (const timer of [this.#retry, this.#windowTimer]) clearTimeout(timer);
    this.#program?.close();
    if (this.#program && this.journal && this.#pending.length === 0) leaveWord(this.#directory);
    this.journal?.close();
    this.spool.close();
  }

  /** After a pause at once: a terminal gives one piece in a turn of the loop, so there is nothing to wait for. */
  #planFlush(): void {
    if (this.#isFlushPlanned) return;
    if (performance.now() - this.#flushedAt > GATHER_MS) return this.#flush();
    this.#isFlushPlanned = true;
    setTimeout(() => {
      this.#isFlushPlanned = false;
      this.#flush();
    }, GATHER_MS);
  }

  #flush(): void {
    this.#flushedAt = performance.now();
    if (!this.#gathered || this.#gatheredBytes === 0) return;
    const gathered = this.#gathered;
    const draft: RecordDraft = { kind: this.#channel, time: Date.now(), parts: [gathered.subarray(0, this.#gatheredBytes)] };
    this.#gathered = undefined;
    this.#gatheredBytes = 0;
    this.#append(draft);
    if (SPARE.length < MAX_SPARE && !this.#pending.includes(draft)) SPARE.push(gathered);
  }

  /** Order is kept: while something waits for the disk, all waits behind it. That is little, as nothing is read then. */
  #append(draft: RecordDraft): void {
    const last = this.#pending.at(-1);
    if (draft.kind === "resize" && last?.kind === "resize") this.#pending.pop();
    this.#pending.push(draft);
    if (this.#retry === undefined) this.#writePending();
  }

  #writePending(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    try {
      for (let draft = this.#pending[0]; draft; draft = this.#pending[0]) {
        const framed = this.spool.append(draft);
        this.#pending.shift();
        crashPoint("host-after-spool");
        this.#events.appended(this, framed);
      }
      if (this.spool.end) this.spool.close();
    } catch {
      // Whatever the disk says, the record is kept and tried again; the server is told by the state.
      this.#retry = setTimeout(() => this.#writePending(), DISK_RETRY_MS);
    }
    this.#decideReading();
  }

  #decideReading(): void {
    // The newest segment stays when all is acknowledged; under a former limit it may have grown beyond this one.
    const isAtLimit = this.spool.bytes >= this.#limitBytes && this.spool.unackedBytes > 0;
    const state = this.#pending.length > 0 ? "disk-full" : isAtLimit ? "limit" : "ok";
    if (state !== this.#state) this.#events.spoolChanged(this, (this.#state = state));
    this.#program?.setReading(state === "ok" && !this.#isAwaitingAck());
  }

  #isAwaitingAck(): boolean {
    clearTimeout(this.#windowTimer);
    if (this.#lastAck === undefined || this.spool.unackedBytes <= WINDOW_BYTES) return false;
    const silentMs = performance.now() - this.#lastAck;
    if (silentMs >= ACK_SILENCE_MS) return false;
    this.#windowTimer = setTimeout(() => this.#decideReading(), ACK_SILENCE_MS - silentMs);
    return true;
  }
}
