/**
 * One session while the server lives: its row, its stream, its current run, its screen and its viewers. Everything that
 * changes it goes through here; what is shown is committed first.
 */
import {
  isAlive,
  PerdureError,
  type Attention,
  type ChatSummary,
  type LostReason,
  type RunState,
  type SessionInfo,
} from "@perdure/protocol";
import type { RunEnd } from "../host/wire.ts";
import { crashPoint } from "../platform/crash.ts";
import type { Durability, RunRow, SessionRow, StreamKey, StreamState, Write } from "../store/store.ts";
import type { Attachment } from "./attachment.ts";
import type { Chat } from "./chat/chat.ts";
import type { SessionWrites } from "./chat/chat-home.ts";
import type { EndOfRun } from "./chat/ladder.ts";
import type { AgentRunLaunch } from "./chat/launching.ts";
import { CommitRefused, unlessTaken } from "./commit-refused.ts";
import { decodeDetails, decodeRunState, encodeDetails, encodeRunState, type SessionDetails } from "./details.ts";
import { Ingest } from "./ingest.ts";
import { separatorBatch, type Batch } from "./records.ts";
import { RowDue } from "./row-due.ts";
import { stateAfter } from "./run-end.ts";
import { Screen, type ScreenEvent } from "./screen.ts";
import { SizeControl } from "./size-control.ts";
import type { Services } from "./services.ts";
import { sessionInfo } from "./session-info.ts";
import { endOfRun, makeChat, terminalReady } from "./session-chat.ts";

const MAX_NOTICES = 20;

/** A run as the server holds it. */
export interface CurrentRun {
  readonly row: RunRow;
  readonly state: RunState;
}

/** Where the streams of a session stand. */
export interface SessionStreams {
  readonly terminal: StreamState;
  readonly wire: StreamState;
}

export class Session {
  readonly id: string;
  readonly key: StreamKey;
  /** The conversation, if the session has an agent that is known here. */
  readonly chat: Chat | null;
  readonly screen: Screen;
  readonly sizes = new SizeControl<Attachment>();
  readonly attachments = new Set<Attachment>();
  readonly #services: Services;
  readonly #rowDue: RowDue;
  #row: SessionRow;
  #details: SessionDetails;
  #stream: StreamState;
  #run: CurrentRun;
  #ingest: Ingest | null = null;
  #isDeleted = false;
  /** Why the run that lives is being ended, if somebody asked for it. */
  #askedEnd: EndOfRun["cause"] | null = null;

  constructor(services: Services, row: SessionRow, streams: SessionStreams, run: RunRow) {
    this.#services = services;
    this.#rowDue = new RowDue(services.clock);
    this.id = row.id;
    this.key = { session: row.id, stream: "terminal" };
    this.#row = row;
    this.#details = decodeDetails(row.details);
    this.#stream = streams.terminal;
    this.#run = { row: run, state: decodeRunState(run.state) };
    this.chat = this.#makeChat(streams.wire);
    this.screen = new Screen({
      key: this.key,
      store: services.store,
      engines: services.engines,
      clock: services.clock,
      log: services.log,
      tail: () => this.#stream.tail,
      start: () => ({ offset: this.#stream.trimmed, cols: this.#details.cols, rows: this.#details.rows }),
      maxBehindBytes: services.maxScreenLagBytes,
      isWatched: () => [...this.attachments].some(({ mode }) => mode === "screen"),
      onEvent: (event) => this.#onScreenEvent(event),
    });
  }

  get name(): string {
    return this.#row.name;
  }

  get details(): SessionDetails {
    return this.#details;
  }

  get run(): CurrentRun {
    return this.#run;
  }

  get stream(): StreamState {
    return this.#stream;
  }

  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  get isAlive(): boolean {
    return isAlive(this.#run.state);
  }

  /** What clients see. */
  get info(): SessionInfo {
    const watchers = [...this.attachments].map((attachment) => attachment.watcher);
    return sessionInfo({ row: this.#row, details: this.#details, run: this.#run, stream: this.#stream, watchers });
  }

  /** The run is one of the conversation: a driver speaks with it, nobody types into it. */
  get isChatRun(): boolean {
    return this.chat !== null && this.#run.row.kind === "pipe";
  }

  /** Somebody asked for the end of the run that lives. */
  askEnd(cause: EndOfRun["cause"]): void {
    this.#askedEnd ??= cause;
  }

  /** The end that was asked for did not come: the run goes on. */
  endFailed(): void {
    if (!this.isAlive) return;
    this.#askedEnd = null;
    this.chat?.pump();
  }

  /** The run lives, and its end is asked for. */
  get isEnding(): boolean {
    return this.isAlive && this.#askedEnd !== null;
  }

  /** Begins to take the run's records, behind those that are committed; answers from which one on. Whoever took them before has stopped. */
  beginIngest(): number {
    const run = this.#run;
    this.#ingest = new Ingest(
      {
        tail: () => (this.isChatRun && this.chat ? this.chat.wireTail : this.#stream.tail),
        commit: (batch) => (this.isChatRun && this.chat ? this.#commitChat(this.chat, batch) : this.#commitBatch(run.row.id, batch)),
        committed: (batch) => this.#onCommitted(run.row.id, batch),
        ready: () => (this.isChatRun ? null : this.screen.ready()),
        yields: () => this.#services.typing.isElsewhere(this),
        storageFull: (isFull) => this.#services.disk.note(isFull),
        holds: (bytes) => this.#services.holds(bytes),
        readAgain: (from) => this.#services.readAgain(run.row.id, from),
        fatal: (error) => this.#services.fatal(error),
      },
      this.#services.clock,
      run.row.appliedRecord,
    );
    return run.row.appliedRecord;
  }

  get ingest(): Ingest | null {
    return this.#ingest;
  }

  /** The name counts at once, so that rows written meanwhile have it; if it cannot be kept, the old one counts again. */
  async rename(name: string): Promise<void> {
    const before = this.#row.name;
    this.#row = { ...this.#row, name };
    try {
      await this.#commit(this.#rowWrites(), "full");
    } catch (error) {
      this.#row = { ...this.#row, name: before };
      throw error;
    }
    this.changed();
  }

  /** Commits another state of the current run. A state from which nothing more can come closes its row. */
  async setRunState(state: RunState): Promise<void> {
    const row: RunRow = { ...this.#run.row, state: encodeRunState(state), isOpen: isAlive(state) };
    const writes = (): Write[] => [{ op: "put-run", run: row }, ...this.#rowWrites()];
    if (this.chat && !isAlive(state)) await this.chat.lose(endOfRun(this, state, this.#askedEnd, this.#services), writes);
    else if (this.chat && !this.isChatRun) await this.chat.note(terminalReady(this.chat.agent, this.#details, row.id, state.at), writes);
    else await this.#commit(writes(), "full");
    this.#run = { row, state };
    if (!isAlive(state)) this.chat?.pump();
    this.changed();
  }

  /** The run is lost, unless its end was under way: nobody saw it end. */
  async lose(reason: LostReason): Promise<void> {
    await this.#ingest?.stop();
    if (this.isAlive) await this.setRunState({ is: "lost", reason, at: this.#services.clock.now() });
  }

  /**
   * Deletes it with its history, and commits what else is to be kept of it. From then on nothing of it is committed; if deleting fails,
   * it is as before and its ingest has ended.
   */
  async delete(kept: readonly Write[] = []): Promise<void> {
    await this.#ingest?.stop();
    this.#isDeleted = true;
    try {
      const result = await this.#services.store.commit([{ op: "delete-session", session: this.id }, ...kept], "full");
      if (!result.ok) throw new Error(`deleting session ${this.id} was refused: ${result.reason}`);
    } catch (error) {
      this.#isDeleted = false;
      throw error;
    }
  }

  /** Commits the rows of a run, with its first events in a conversation. `false`: the request's key was taken meanwhile. */
  insert(writes: SessionWrites, launch: AgentRunLaunch | null): Promise<boolean> {
    const { chat } = this;
    if (!chat || !launch) return unlessTaken(() => this.#commit(writes(), "full"));
    return unlessTaken(() => chat.begin(launch, writes));
  }

  /** Commits a new run behind one visible line; the screen so far stays above it. `false`: the request's key was taken meanwhile. */
  async addRun(
    row: RunRow,
    text: string,
    details: Partial<SessionDetails>,
    takeKey: Write,
    launch: AgentRunLaunch | null = null,
  ): Promise<boolean> {
    await this.#ingest?.stop();
    const command = launch ? { command: [...launch.launch.command] } : {};
    const changes = { ...details, ...command, attention: null, title: "" };
    const line = { text, toFreeRow: await this.screen.toFreeRow() };
    const batch = separatorBatch(line, { ...this.#details, ...changes }, this.#stream.tail, this.#services.clock.now());
    const run: RunRow = { ...row, baseOffset: batch.end };
    const append = { op: "append", ...this.key, records: batch.records, expectedTail: batch.start } as const;
    const writes = (): Write[] => [takeKey, append, { op: "put-run", run }, ...this.#rowWrites(changes)];
    if (!(await this.#commitRun(writes, run, changes, launch))) return false;
    this.#show(batch);
    this.changed();
    return true;
  }

  /** The same for a run of the conversation: its first events stand in the place of the line. */
  async addChatRun(row: RunRow, launch: AgentRunLaunch, details: Partial<SessionDetails>, takeKey: Write): Promise<boolean> {
    await this.#ingest?.stop();
    if (!this.chat) throw new PerdureError("no-conversation");
    const changes: Partial<SessionDetails> = { ...details, attention: null, kind: "pipe", command: [...launch.launch.command] };
    const run: RunRow = { ...row, kind: "pipe", baseOffset: this.chat.wireTail };
    const writes = (): Write[] => [takeKey, { op: "put-run", run }, ...this.#rowWrites(changes)];
    if (!(await this.#commitRun(writes, run, changes, launch))) return false;
    this.changed();
    return true;
  }

  /** It is the current run from here on, unless the request's key was taken meanwhile: `false`. */
  async #commitRun(writes: SessionWrites, row: RunRow, changes: Partial<SessionDetails>, launch: AgentRunLaunch | null): Promise<boolean> {
    const [details, run] = [this.#details, this.#run];
    this.#details = { ...details, ...changes };
    this.#run = { row, state: decodeRunState(row.state) };
    const isNew = await this.insert(writes, launch).catch((error: unknown) => error);
    if (isNew !== true) {
      this.#details = { ...details, chat: this.#details.chat, notices: this.#details.notices };
      this.#run = run;
      if (isNew !== false) throw isNew;
      return false;
    }
    crashPoint("server-after-run-row");
    this.#askedEnd = null;
    return true;
  }

  /** Something the user should know about the history. Shown in the session, newest last, and kept with its row. */
  addNotice(text: string): void {
    const notices = [...this.#details.notices, { at: this.#services.clock.now(), text }].slice(-MAX_NOTICES);
    this.#details = { ...this.#details, notices };
    this.#keepRowInBackground();
    this.changed();
  }

  /** The stream may be shorter than somebody has seen it. Says so, once for each time; `null`: of this one nothing is missing. */
  noteIncarnation(text: string | null): void {
    const { incarnation } = this.#stream;
    if (incarnation <= this.#details.noticedIncarnation) return;
    this.#details = { ...this.#details, noticedIncarnation: incarnation };
    if (text === null) this.#keepRowInBackground();
    else this.addNotice(text);
  }

  /** Output was dropped from the front of the stream. */
  setTrimmed(trimmed: number): void {
    this.#stream = { ...this.#stream, trimmed };
  }

  /** Somebody looks at it: it no longer wants a look. */
  seen(): void {
    if (!this.#details.attention) return;
    this.#details = { ...this.#details, attention: null };
    this.#keepRowInBackground();
    this.changed();
  }

  /** Tells watchers and viewers that the session changed. */
  changed(): void {
    if (!this.#isDeleted) this.#services.changed(this);
  }

  /** The host says what size the program's terminal has. */
  setSize(cols: number, rows: number): void {
    this.#details = { ...this.#details, cols, rows };
  }

  /** Applies the controller's size to the program. */
  applySize(): void {
    const wanted = this.sizes.wanted;
    if (!wanted || !this.isAlive) return;
    if (wanted.cols === this.#details.cols && wanted.rows === this.#details.rows) return;
    this.#services.resizeRun(this.#run.row.id, wanted.cols, wanted.rows);
  }

  /** Releases everything. */
  close(): void {
    this.#ingest?.close();
    this.chat?.close();
    for (const attachment of this.attachments) attachment.close(this.#isDeleted ? "deleted" : "asked");
    this.screen.close();
  }

  async #commitBatch(runId: string, batch: Batch): Promise<void> {
    const writes: Write[] = [{ op: "apply", run: runId, record: batch.nextRecord, offset: batch.end - this.#run.row.baseOffset }];
    if (batch.records.length > 0) writes.push({ op: "append", ...this.key, records: batch.records, expectedTail: batch.start });
    const ended = batch.runEnd === null ? null : this.#endedRun(batch, batch.runEnd);
    const changes: Partial<SessionDetails> = ended && !this.#isLookedAt ? { attention: { reason: "exit", at: ended.state.at } } : {};
    if (ended) writes.push({ op: "put-run", run: ended.row });
    this.#noteActivity(batch);
    const withRow = this.#rowDue.isDue(ended !== null || batch.pieces.some((piece) => piece.is === "resize"));
    const all = (): Write[] => [...writes, ...(withRow ? this.#rowWrites(changes) : [])];
    if (ended && this.chat) await this.chat.lose(endOfRun(this, ended.state, this.#askedEnd, this.#services), all);
    else await this.#commit(all(), ended ? "full" : "normal");
    this.#details = { ...this.#details, ...changes };
    this.#stream = { ...this.#stream, tail: batch.end };
    const row = { ...this.#run.row, appliedRecord: batch.nextRecord, appliedOffset: batch.end - this.#run.row.baseOffset };
    this.#run = ended ?? { ...this.#run, row };
    if (ended) this.chat?.pump();
  }

  /** The same for a run of the conversation: its bytes go to the wire, and what they mean to the events. */
  async #commitChat(chat: Chat, batch: Batch): Promise<void> {
    const { row } = this.#run;
    const offset = batch.end - row.baseOffset;
    const ended = batch.runEnd === null ? null : this.#endedRun(batch, batch.runEnd);
    const marks: Write[] = [{ op: "apply", run: row.id, record: batch.nextRecord, offset }];
    if (ended) marks.push({ op: "put-run", run: ended.row });
    this.#noteActivity(batch);
    const withRow = this.#rowDue.isDue(ended !== null);
    const writes = (): Write[] => [...marks, ...(withRow ? this.#rowWrites() : [])];
    await chat.fold(batch, writes, ended ? endOfRun(this, ended.state, this.#askedEnd, this.#services) : null);
    this.#run = ended ?? { ...this.#run, row: { ...row, appliedRecord: batch.nextRecord, appliedOffset: offset } };
    if (ended) chat.pump();
  }

  #makeChat(wire: StreamState): Chat | null {
    const { agent: details, chat } = this.#details;
    const agent = details && this.#services.agent(details.id);
    if (!details || !agent) return null;
    const side = {
      session: this,
      details,
      agent,
      attachments: this.attachments,
      commit: (writes: readonly Write[], durability: Durability, summary: ChatSummary | null) =>
        this.#commitEvents(writes, durability, summary),
      want: (attention: Attention) => this.#wantNow(attention),
    };
    return makeChat(side, this.#services, wire, chat);
  }

  /** The summary counts at once, so that rows written meanwhile have it; if it cannot be kept, the old one counts again. */
  async #commitEvents(writes: readonly Write[], durability: Durability, chat: ChatSummary | null): Promise<void> {
    if (!chat) return this.#commit(writes, durability);
    const before = this.#details.chat;
    this.#details = { ...this.#details, chat };
    try {
      await this.#commit([...writes, ...this.#rowWrites()], durability);
    } catch (error) {
      this.#details = { ...this.#details, chat: before };
      throw error;
    }
    this.changed();
  }

  #endedRun(batch: Batch, { end, at }: { readonly end: RunEnd; readonly at: number }): CurrentRun {
    const state = stateAfter(end, at, this.#services.wasPowerCut);
    const appliedOffset = batch.end - this.#run.row.baseOffset;
    const row = { ...this.#run.row, appliedRecord: batch.nextRecord, appliedOffset, state: encodeRunState(state), isOpen: false };
    return { row, state };
  }

  #noteActivity(batch: Batch): void {
    this.#row = { ...this.#row, lastActivityAt: this.#services.clock.now() };
    const resize = batch.pieces.findLast((piece) => piece.is === "resize");
    if (resize) this.#details = { ...this.#details, cols: resize.cols, rows: resize.rows };
  }

  #onCommitted(runId: string, batch: Batch): void {
    if (!this.isChatRun) this.#show(batch);
    crashPoint("server-before-host-ack");
    this.#services.ackRun(runId, batch.nextRecord);
    crashPoint("server-after-host-ack");
    if (batch.runEnd) {
      this.#ingest?.close();
      this.#services.runEnded(this);
      this.changed();
    } else if (batch.pieces.some((piece) => piece.is === "resize")) {
      this.applySize(); // the controller may have gone back to another size meanwhile
      this.changed();
    } else this.#services.active(this);
  }

  #show(batch: Batch): void {
    this.#stream = { ...this.#stream, tail: batch.end };
    for (const each of this.attachments) if (each.mode !== "chat") each.viewer.committed(batch);
    crashPoint("server-after-broadcast");
    if (batch.pieces.length > 0) this.screen.follow(batch);
  }

  get #isLookedAt(): boolean {
    return [...this.attachments].some((attachment) => attachment.isVisible);
  }

  #onScreenEvent(event: ScreenEvent): void {
    switch (event.is) {
      case "answer":
        this.#services.answerQuery(this, event.offset, event.data);
        return;
      case "title":
        if (event.title === this.#details.title) return;
        this.#details = { ...this.#details, title: event.title };
        this.changed();
        return;
      case "bell":
      case "notification":
        this.#want(event.offset, {
          reason: event.is,
          at: this.#services.clock.now(),
          ...(event.is === "notification" ? { text: event.text } : {}),
        });
        return;
    }
  }

  #want(offset: number, attention: Attention): void {
    if (offset <= this.#details.noticedOffset) return; // a replay
    this.#details = { ...this.#details, noticedOffset: offset };
    this.#wantNow(attention);
  }

  #wantNow(attention: Attention): void {
    if (this.#isLookedAt) return;
    this.#details = { ...this.#details, attention };
    this.#keepRowInBackground();
    this.changed();
  }

  /** The row as it is, with changes that count once they are committed. */
  #rowWrites(changes: Partial<SessionDetails> = {}): Write[] {
    return [{ op: "put-session", session: { ...this.#row, details: encodeDetails({ ...this.#details, ...changes }) } }];
  }

  #keepRowInBackground(): void {
    this.#commit(this.#rowWrites(), "normal").catch((error: unknown) => {
      if (!this.#isDeleted) {
        this.#services.log.warn({ session: this.id, err: error }, "a session's row was not kept; it will be with the next change");
      }
    });
  }

  async #commit(writes: readonly Write[], durability: Durability): Promise<void> {
    if (this.#isDeleted) throw new PerdureError("session-deleted", `${this.name} is being deleted.`);
    const result = await this.#services.store.commit(writes, durability);
    if (!result.ok) throw new CommitRefused(this.id, result.reason, result.at);
  }
}
