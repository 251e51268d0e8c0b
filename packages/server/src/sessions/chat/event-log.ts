/**
 * The events of one session: what is in its `events` stream and what they come to. Loaded when somebody needs it, from the newest
 * snapshot and the events behind it; from then on every commit that succeeds is reduced and shown, until it is unloaded. One writer
 * at a time: see {@link EventLog.exclusively}.
 */
import { EMPTY_CONVERSATION, formatCursor, newestPart, parseChatEvent, reduce, type ChatEvent, type Conversation } from "@perdure/protocol";
import type { Snapshot, Store, StreamKey, StreamState, Write } from "../../store/store.ts";
import type { Batch, Piece } from "../records.ts";
import { emptyStream } from "../streams.ts";
import { bounded } from "./bounded-texts.ts";
import { withSafeTexts } from "./safe-texts.ts";

/** Raised when an older snapshot cannot be read: then all events are reduced anew. */
const SNAPSHOT_VERSION = 1;
export const CONVERSATION = "conversation";
/** A snapshot is due when so much came since the last, and at the end of a turn already when it is this much. */
const SNAPSHOT_BYTES = 256 * 1024;
const TURN_SNAPSHOT_BYTES = 32 * 1024;
/** And at least this part of the last one's size: so what is written of snapshots stays in proportion to the events, however long it gets. */
const SNAPSHOT_SHARE = 1 / 4;
/** Another than the newest is read only if that one is damaged. */
const KEPT_SNAPSHOTS = 3;
const READ_BYTES = 1024 * 1024;

/** A prepared commit of events; call `done` when it has succeeded. */
export interface PreparedEvents {
  readonly writes: readonly Write[];
  /** Reduces and answers what viewers are to be shown; `null` if there were no events. */
  done(): Batch | null;
}

export class EventLog {
  readonly key: StreamKey;
  readonly #store: Store;
  #conversation: Conversation = EMPTY_CONVERSATION;
  #stream: StreamState;
  #snapshotAt = 0;
  #snapshotBytes = 0;
  #loading: Promise<void> | null = null;
  #isLoaded = false;
  #turn: Promise<unknown> = Promise.resolve();
  /** Work that was asked for and is not done. */
  #underWay = 0;
  readonly #used: () => void;
  readonly #listeners: ((events: readonly ChatEvent[]) => void)[] = [];

  /** `used`: called each time that somebody needs it. */
  constructor(store: Store, session: string, used: () => void = () => undefined) {
    this.#store = store;
    this.#used = used;
    this.key = { session, stream: "events" };
    this.#stream = emptyStream(this.key);
  }

  /** Only once it is loaded. */
  get conversation(): Conversation {
    return this.#conversation;
  }

  get stream(): StreamState {
    return this.#stream;
  }

  get cursor(): string {
    return formatCursor({ incarnation: this.#stream.incarnation, offset: this.#stream.tail });
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Nobody reads or commits, or waits for that. */
  get isFree(): boolean {
    return this.#underWay === 0 && !this.#loading;
  }

  /** Calls back with what was committed, each time, before anybody is shown it. */
  onCommitted(listener: (events: readonly ChatEvent[]) => void): void {
    this.#listeners.push(listener);
  }

  /** Reads what there is, once; a failure is forgotten, so that the next one tries again. */
  load(): Promise<void> {
    this.#used();
    if (this.#isLoaded) return Promise.resolve();
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    return this.#loading;
  }

  /** Runs work that reads the conversation and commits: never two at a time, in the order of the calls. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    const result = this.#turn
      .then(() => this.load())
      .then(work)
      .finally(() => (this.#underWay -= 1));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Forgets what can be read again. Only while it {@link isFree}, and with nobody who has read it and goes on without waiting. */
  unload(): void {
    this.#isLoaded = false;
    this.#conversation = EMPTY_CONVERSATION;
  }

  /** What these events would make of it. */
  after(events: readonly ChatEvent[]): Conversation {
    return reduce(this.#conversation, events);
  }

  /** What has to be committed for these events, together with a snapshot when one is due. Within {@link exclusively}. */
  prepare(made: readonly ChatEvent[]): PreparedEvents {
    const events = made.flatMap((event) => bounded(withSafeTexts(event)));
    if (events.length === 0) return { writes: [], done: () => null };
    const { tail } = this.#stream;
    const lines = events.map((event) => ({ time: event.at, data: Buffer.from(`${JSON.stringify(event)}\n`) }));
    const conversation = reduce(this.#conversation, events);
    const end = lines.reduce((sum, { data }) => sum + data.length, tail);
    const writes: Write[] = [{ op: "append", ...this.key, records: lines.map((line) => ({ kind: "event", ...line })), expectedTail: tail }];
    const snapshot = this.#isSnapshotDue(events, end) ? this.#snapshot(conversation, end) : null;
    if (snapshot) writes.push({ op: "put-snapshot", snapshot: { ...snapshot, newest: KEPT_SNAPSHOTS } });
    return {
      writes,
      done: () => {
        this.#conversation = conversation;
        this.#stream = { ...this.#stream, tail: end };
        if (snapshot) [this.#snapshotAt, this.#snapshotBytes] = [end, snapshot.data.length];
        for (const listener of this.#listeners) listener(events);
        return batchOf(lines, tail, end);
      },
    };
  }

  /** The conversation as a viewer gets it that begins, as JSON: all of it, or its newest part. */
  snapshot(isNewest = false): { readonly offset: number; readonly data: Uint8Array } {
    const shown = isNewest ? newestPart(this.#conversation) : this.#conversation;
    const { offset, data } = this.#snapshot(shown, this.#stream.tail);
    return { offset, data };
  }

  #isSnapshotDue(events: readonly ChatEvent[], end: number): boolean {
    const isTurnOver = events.some(({ type }) => type === "turn.ended");
    const least = isTurnOver ? TURN_SNAPSHOT_BYTES : SNAPSHOT_BYTES;
    return end - this.#snapshotAt >= Math.max(least, this.#snapshotBytes * SNAPSHOT_SHARE);
  }

  #snapshot(conversation: Conversation, offset: number): Snapshot {
    const data = Buffer.from(JSON.stringify(conversation));
    return { ...this.key, kind: CONVERSATION, version: SNAPSHOT_VERSION, offset, cols: 1, rows: 1, data };
  }

  async #load(): Promise<void> {
    const state = await this.#store.streamState(this.key);
    if (state) {
      const snapshot = await this.#store.snapshot(this.key, CONVERSATION, state.tail);
      const start = snapshot ? decode(snapshot) : null;
      const conversation = start ?? EMPTY_CONVERSATION;
      const from = start && snapshot ? snapshot.offset : state.trimmed;
      const events = await this.#readEvents(from, state.tail);
      this.#conversation = reduce(conversation, events);
      this.#stream = state;
      this.#snapshotAt = from;
      this.#snapshotBytes = start && snapshot ? snapshot.data.length : 0;
    }
    this.#isLoaded = true;
    this.#used(); // whoever waited for it has it before it can leave again
  }

  async #readEvents(from: number, tail: number): Promise<ChatEvent[]> {
    const events: ChatEvent[] = [];
    let offset = from;
    while (offset < tail) {
      const page = await this.#store.read(this.key, offset, READ_BYTES);
      if (!page.ok) throw new Error(`the events of session ${this.key.session} could not be read: ${page.reason}`);
      for (const record of page.records) {
        offset = record.offset + record.data.length;
        if (record.kind !== "event") continue;
        const event = parseChatEvent(Buffer.from(record.data).toString());
        if (event) events.push(event);
      }
      if (page.records.length === 0) throw new Error(`the events of session ${this.key.session} end at ${offset}, before ${tail}`);
    }
    return events;
  }
}

function decode(snapshot: Snapshot): Conversation | null {
  if (snapshot.version !== SNAPSHOT_VERSION) return null;
  try {
    return JSON.parse(Buffer.from(snapshot.data).toString()) as Conversation;
  } catch {
    return null; // the events say the same
  }
}

function batchOf(lines: readonly { readonly time: number; readonly data: Uint8Array }[], start: number, end: number): Batch {
  const pieces: Piece[] = [];
  let offset = start;
  for (const { time, data } of lines) {
    pieces.push({ is: "data", offset, time, data });
    offset += data.length;
  }
  return { start, end, pieces, records: [], nextRecord: 0, runEnd: null };
}
