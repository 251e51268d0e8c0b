/**
 * The outbox of one view: input is numbered, kept until it is acknowledged, sent again in order after every reconnect, to the
 * run for which it was typed and to no other (PROTOCOL §6). What can never be applied is offered back. Lanes are drained one
 * after the other, so input from before a reload comes before new input.
 */
import { encodeInput, type InputRefusal, MAX_INPUT_BYTES, type MessageOf, type RunInfo, type ServerMessage } from "@perdure/protocol";
import { type Clock, Timer } from "./clock.ts";
import { InputLane } from "./input-lane.ts";
import type { PendingInput, PendingInputRecord } from "./pending-input.ts";
import type { Randomness } from "./randomness.ts";

/** Most bytes, and frames, that wait in one view. */
export const MAX_PENDING_BYTES: number = 1024 * 1024;
export const MAX_PENDING_FRAMES = 16_384;
const FIRST_RETRY_MS = 100;
const LARGEST_RETRY_MS = 5000;
const LOAD_DEADLINE_MS = 3000;

type Refused = MessageOf<ServerMessage, "input-refused">;
type InputAck = { readonly run: number; readonly writer: string; readonly seq: number };

export interface OutboxOptions {
  readonly session: string;
  readonly store: PendingInput;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly send: (frame: Uint8Array) => boolean;
  readonly offerBack: (bytes: Uint8Array, reason: InputRefusal) => void;
  readonly changed: () => void;
  readonly problem: (error: unknown) => void;
  /** Is the writer one of another view of this page, which takes care of its input itself? */
  readonly isLiveElsewhere: (writer: string) => boolean;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #retry: Timer;
  #writer: string;
  #lanes: InputLane[] = [];
  #open: { readonly channel: number; readonly run: RunInfo } | undefined;
  #retries = 0;
  #isLoading = true;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#writer = options.randomness.id();
    this.#retry = new Timer(options.clock);
    this.#load();
  }

  /** Does this outbox take care of the writer's input? */
  owns(writer: string): boolean {
    return writer === this.#writer || this.#lanes.some((lane) => lane.isOwn && lane.writer === writer);
  }

  get pendingBytes(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.bytes, 0);
  }

  /** Takes input for a run, whole or not at all. */
  push(run: RunInfo, data: Uint8Array): boolean {
    const frames = this.#lanes.reduce((sum, lane) => sum + lane.frames, 0) + Math.ceil(data.length / MAX_INPUT_BYTES);
    if (this.pendingBytes + data.length > MAX_PENDING_BYTES || frames > MAX_PENDING_FRAMES) return false;
    const lane = this.#laneFor(run);
    for (let at = 0; at < data.length; at += MAX_INPUT_BYTES) {
      const record = lane.add(this.#options.session, data.slice(at, at + MAX_INPUT_BYTES));
      this.#keep(this.#options.store.put(record));
    }
    this.#flush();
    this.#options.changed();
    return true;
  }

  /** The view is attached: what waits is sent again. */
  opened(channel: number, run: RunInfo): void {
    this.#open = { channel, run };
    this.#retry.stop();
    this.#retries = 0;
    for (const lane of this.#lanes) lane.rewind();
    this.#flush();
  }

  runChanged(run: RunInfo): void {
    if (this.#open) this.#open = { channel: this.#open.channel, run };
  }

  closed(): void {
    this.#open = undefined;
    this.#retry.stop();
  }

  acknowledged(ack: InputAck): void {
    const lane = this.#laneOf(ack);
    if (!lane) return;
    this.#retries = 0;
    this.#forget(lane, ack.seq);
    this.#flush();
  }

  refused(refusal: Refused): void {
    const lane = this.#laneOf(refusal);
    if (!lane) return;
    switch (refusal.reason) {
      case "run-ended":
      case "unknown-run":
      case "read-only":
        this.#giveBack(lane, refusal.reason);
        return;
      case "gap":
        if (!this.#canContinueAt(lane, refusal.expected ?? 1)) return this.#giveBack(lane, "gap");
        this.#tryAgain(lane, this.#retries === 0 ? 0 : this.#retryMs());
        return;
      case "queue-full":
      case "host-unavailable":
        this.#tryAgain(lane, this.#retryMs());
    }
  }

  /** The session is gone: nothing that waits will ever be applied. */
  giveBackAll(): void {
    this.#open = undefined;
    for (const lane of this.#lanes.filter((one) => !one.isEmpty)) this.#giveBack(lane, "unknown-run");
  }

  /** Finds what earlier pages and views left for this session. A store that does not answer must not hold new input for long. */
  #load(): void {
    const deadline = new Timer(this.#options.clock);
    const go = (records: readonly PendingInputRecord[]) => {
      if (!this.#isLoading) return;
      deadline.stop();
      this.#isLoading = false;
      this.#adopt(records);
      this.#flush();
    };
    deadline.start(LOAD_DEADLINE_MS, () => go([]));
    this.#options.store.load(this.#options.session).then(go, (error: unknown) => {
      this.#options.problem(error);
      go([]);
    });
  }

  #adopt(records: readonly PendingInputRecord[]): void {
    const found: InputLane[] = [];
    for (const record of records) {
      if (this.owns(record.writer) || this.#options.isLiveElsewhere(record.writer)) continue;
      let lane = found.find((one) => one.runId === record.runId && one.writer === record.writer);
      if (!lane) found.push((lane = new InputLane(record.run, record.runId, record.writer, false)));
      lane.wasSent = true;
      lane.restore(record);
    }
    if (found.length === 0) return;
    this.#lanes.unshift(...found);
    this.#options.changed();
  }

  #flush(): void {
    if (!this.#open || this.#isLoading || this.#retry.isRunning) return;
    const { channel, run } = this.#open;
    const lane = this.#lanes.find((one) => !one.isEmpty);
    if (!lane) return;
    // A restored backup counts its runs anew: the same number is another run.
    if (lane.run === run.number && lane.runId !== run.id) return this.#giveBack(lane, "unknown-run");
    for (const { writer, seq, bytes } of lane.takeUnsent()) {
      if (!this.#options.send(encodeInput({ channel, run: lane.run, writer, seq, data: bytes }))) return;
    }
  }

  #tryAgain(lane: InputLane, delayMs: number): void {
    if (this.#retry.isRunning) return;
    this.#retries += 1;
    lane.rewind();
    if (delayMs === 0) this.#flush();
    else this.#retry.start(delayMs, () => this.#flush());
  }

  #retryMs(): number {
    return Math.min(FIRST_RETRY_MS * 2 ** this.#retries, LARGEST_RETRY_MS);
  }

  /** The server names the number it expects: what is lower is taken. Without the expected one there is no way on. */
  #canContinueAt(lane: InputLane, expected: number): boolean {
    this.#forget(lane, expected - 1);
    return lane.firstSeq === undefined || lane.firstSeq === expected;
  }

  #forget(lane: InputLane, seq: number): void {
    if (!lane.dropThrough(seq)) return;
    this.#keep(this.#options.store.remove(this.#options.session, lane.runId, lane.writer, seq));
    this.#sweep();
    this.#options.changed();
  }

  /** Offers back everything of the run that waits and that the server cannot have taken, in one piece. */
  #giveBack(lane: InputLane, reason: InputRefusal): void {
    const lanes = this.#lanes.filter((one) => one === lane || (one.runId === lane.runId && !one.wasSent && !one.isEmpty));
    const records: PendingInputRecord[] = [];
    for (const one of lanes) {
      one.isOver = true;
      records.push(...one.takeAll());
      this.#keep(this.#options.store.remove(this.#options.session, one.runId, one.writer, Number.MAX_SAFE_INTEGER));
    }
    if (lanes.some((one) => one.isOwn)) this.#writer = this.#options.randomness.id();
    this.#retry.stop();
    this.#sweep();
    if (records.length > 0) this.#options.offerBack(join(records), reason);
    this.#options.changed();
    this.#flush();
  }

  /** Keeps lanes that have something waiting, and the own one of the newest run for its numbers. */
  #sweep(): void {
    const own = this.#lanes.findLast((lane) => lane.isOwn && !lane.isOver);
    this.#lanes = this.#lanes.filter((lane) => !lane.isEmpty || lane === own);
  }

  #laneFor(run: RunInfo): InputLane {
    const known = this.#lanes.find((lane) => lane.isOwn && !lane.isOver && lane.runId === run.id);
    if (known) return known;
    const lane = new InputLane(run.number, run.id, this.#writer, true);
    this.#lanes.push(lane);
    return lane;
  }

  #laneOf(named: { readonly run: number; readonly writer: string }): InputLane | undefined {
    return this.#lanes.find((lane) => lane.run === named.run && lane.writer === named.writer && !lane.isEmpty);
  }

  #keep(written: Promise<void>): void {
    written.catch((error: unknown) => this.#options.problem(error));
  }
}

function join(records: readonly PendingInputRecord[]): Uint8Array {
  const joined = new Uint8Array(records.reduce((sum, record) => sum + record.bytes.length, 0));
  let at = 0;
  for (const { bytes } of records) {
    joined.set(bytes, at);
    at += bytes.length;
  }
  return joined;
}
