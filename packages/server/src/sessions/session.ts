/**
 * One session while the server lives: what is kept of it, its run, its conversation, its screen and its viewers. Everything that
 * changes it goes through here. What is shown is committed first, or is in the host's spool.
 */
import { PerdureError, type Attention, type ChatSummary, type CommandPage, type SessionInfo } from "@perdure/protocol";
import { IN_PROCESS_COMMAND } from "../agents/in-process.ts";
import { crashPoint } from "../platform/crash.ts";
import type { Durability, RunRow, SessionRow, StreamKey, StreamState, Write } from "../store/store.ts";
import type { Attachment } from "./attachment.ts";
import type { Chat } from "./chat/chat.ts";
import { CommandLog } from "./commands/command-log.ts";
import { CommittedEnd } from "./committed-end.ts";
import type { SessionDetails } from "./details.ts";
import { History } from "./history/history.ts";
import type { Ingest } from "./ingest.ts";
import type { Batch } from "./records.ts";
import { RunCommits } from "./run-commits.ts";
import { Screen, type ScreenEvent } from "./screen.ts";
import { ScreenControl } from "./screen-control.ts";
import { SizeControl } from "./size-control.ts";
import type { Services } from "./services.ts";
import { makeChat } from "./session-chat.ts";
import { sessionInfo } from "./session-info.ts";
import { SessionRecord, type CurrentRun } from "./session-record.ts";

/** Where the streams of a session stand. */
export interface SessionStreams {
  readonly terminal: StreamState;
  readonly wire: StreamState;
}

export class Session {
  readonly id: string;
  readonly key: StreamKey;
  readonly committedEnd: CommittedEnd;
  /** What happens to its run. */
  readonly commits: RunCommits;
  /** The conversation, if the session has an agent that is known here. */
  readonly chat: Chat | null;
  readonly screen: Screen;
  readonly #commands = new CommandLog();
  /** Its output so far, as numbered lines and as screens of the past. */
  readonly history: History;
  readonly sizes = new SizeControl<Attachment>();
  readonly attachments = new Set<Attachment>();
  readonly #services: Services;
  readonly #record: SessionRecord;
  readonly #control: ScreenControl;

  constructor(services: Services, row: SessionRow, streams: SessionStreams, run: RunRow) {
    const { store, clock, log } = services;
    this.#services = services;
    this.#record = new SessionRecord({ store, clock, log, changed: () => this.changed() }, row, streams.terminal, run);
    this.id = row.id;
    this.key = this.#record.key;
    this.committedEnd = this.#makeCommittedEnd();
    this.chat = this.#makeChat(streams.wire);
    this.commits = this.#makeCommits();
    this.screen = this.#makeScreen();
    this.#control = this.#makeControl();
    this.history = this.#makeHistory();
  }

  get name(): string {
    return this.#record.row.name;
  }

  get details(): SessionDetails {
    return this.#record.details;
  }

  get run(): CurrentRun {
    return this.#record.run;
  }

  get stream(): StreamState {
    return this.#record.stream;
  }

  get isDeleted(): boolean {
    return this.#record.isDeleted;
  }

  get isAlive(): boolean {
    return this.#record.isAlive;
  }

  /** The run is one of the conversation: a driver speaks with it, nobody types into it. */
  get isChatRun(): boolean {
    return this.commits.isChatRun;
  }

  /** The run is, or was, a function in the server that began it. */
  get isInProcess(): boolean {
    const { agent, command } = this.details;
    return agent !== null && command[0] === IN_PROCESS_COMMAND;
  }

  /** What takes the run's records, once it does. */
  get ingest(): Ingest | null {
    return this.commits.ingest;
  }

  /** What clients see. */
  get info(): SessionInfo {
    const { row, details, run, stream } = this.#record;
    const watchers = [...this.attachments].map((attachment) => attachment.watcher);
    return sessionInfo({ row, details, run, stream, watchers });
  }

  /** Commands of its shell up to the committed end, newest first, before an offset. */
  async commands(before: number, limit: number, signal: AbortSignal): Promise<CommandPage> {
    if (this.stream.tail > 0) await this.screen.marksRead(signal);
    this.#commands.trim(this.stream.trimmed);
    return this.#commands.page(before, limit, this.stream.incarnation);
  }

  rename(name: string): Promise<void> {
    return this.#record.rename(name);
  }

  /** Something the user should know about the history. Shown in the session, newest last, and kept with its row. */
  addNotice(text: string): void {
    this.#record.addNotice(text);
  }

  /** The stream may be shorter than somebody has seen it. Says so, once for each time; `null`: of this one nothing is missing. */
  noteIncarnation(text: string | null): void {
    this.#record.noteIncarnation(text);
  }

  /**
   * Deletes it with its history, and commits what else is to be kept of it. From then on nothing of it is committed; if deleting fails,
   * it is as before and its ingest has ended.
   */
  async delete(kept: readonly Write[] = []): Promise<void> {
    await this.ingest?.stop();
    await this.#record.delete(kept);
  }

  /** What was shown and is not committed can no longer come: whoever saw it begins anew. */
  loseShown(): void {
    this.committedEnd.forgetShown();
    const error = new PerdureError("internal", "The last output that was shown was lost with the host.");
    for (const each of this.attachments) if (each.mode !== "chat" && each.viewer.isBeyond(this.stream.tail)) each.fail(error);
  }

  /** Output was dropped from the front of the stream. */
  setTrimmed(trimmed: number): void {
    this.#record.stream = { ...this.stream, trimmed };
  }

  /** Somebody looks at it: it no longer wants a look. */
  seen(): void {
    if (this.details.attention) this.#record.changeAndKeep({ attention: null });
  }

  /** Tells watchers and viewers that the session changed. */
  changed(): void {
    this.committedEnd.moved();
    if (!this.isDeleted) this.#services.changed(this);
  }

  /** The host says what size the program's terminal has. */
  setSize(cols: number, rows: number): void {
    this.#record.change({ cols, rows });
  }

  /** The program gets the controller's size, and its colours when it asks. */
  applyControl(): void {
    this.#control.apply();
  }

  /** Releases everything. */
  close(): void {
    this.ingest?.close();
    this.chat?.close();
    for (const attachment of this.attachments) attachment.close(this.isDeleted ? "deleted" : "asked");
    this.#control.close();
    this.screen.close();
  }

  #makeChat(wire: StreamState): Chat | null {
    const { agent: details, chat } = this.details;
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

  #makeHistory(): History {
    const { store, engines, clock, history } = this.#services;
    const reaches = (offset: number, signal: AbortSignal): Promise<void> => this.committedEnd.reaches(offset, signal);
    return new History({ key: this.key, store, engines, stream: () => this.stream, reaches }, history, clock);
  }

  #makeCommittedEnd(): CommittedEnd {
    const { clock, disk } = this.#services;
    return new CommittedEnd({ tail: () => this.stream.tail, isAlive: () => this.isAlive, isDiskFull: () => disk.isFull }, clock);
  }

  #makeCommits(): RunCommits {
    const side = {
      session: this,
      record: this.#record,
      services: this.#services,
      isLookedAt: () => this.#isLookedAt,
      showAhead: (batch: Batch) => this.#showAhead(batch),
      show: (batch: Batch) => this.#show(batch),
      committed: (batch: Batch) => this.#committed(batch),
    };
    return new RunCommits(side, this.chat);
  }

  #makeControl(): ScreenControl {
    return new ScreenControl({
      clock: this.#services.clock,
      sizes: this.sizes,
      size: () => (this.isAlive ? this.details : null),
      resize: ({ cols, rows }) => this.#services.resizeRun(this.run.row.id, cols, rows),
      recolour: (colours) => this.screen.recolour(colours),
    });
  }

  #makeScreen(): Screen {
    const { store, engines, clock, log, maxScreenLagBytes } = this.#services;
    return new Screen({
      key: this.key,
      store,
      engines,
      clock,
      log,
      tail: () => this.stream.tail,
      start: () => ({ offset: this.stream.trimmed, cols: this.details.cols, rows: this.details.rows }),
      maxBehindBytes: maxScreenLagBytes,
      isWatched: () => [...this.attachments].some(({ mode }) => mode === "screen"),
      commands: this.#commands,
      onEvent: (event) => this.#onScreenEvent(event),
    });
  }

  /** The summary counts at once, so that rows written meanwhile have it; if it cannot be kept, the old one counts again. */
  async #commitEvents(writes: readonly Write[], durability: Durability, chat: ChatSummary | null): Promise<void> {
    const record = this.#record;
    if (!chat) return record.commit(writes, durability);
    const before = this.details.chat;
    record.change({ chat });
    try {
      await record.commit([...writes, ...record.rowWrites()], durability);
    } catch (error) {
      record.change({ chat: before });
      throw error;
    }
    this.changed();
  }

  #committed(batch: Batch): void {
    if (batch.runEnd) {
      this.#services.runEnded(this);
      this.changed();
    } else if (batch.pieces.some((piece) => piece.is === "resize")) {
      this.applyControl(); // the controller may have gone back to another size meanwhile
      this.changed();
    } else this.#services.active(this);
  }

  #showAhead(batch: Batch): boolean {
    this.committedEnd.shown(batch.end);
    let isSeen = false;
    for (const { mode, viewer } of this.attachments) isSeen = (mode !== "chat" && viewer.ahead(batch)) || isSeen;
    return isSeen;
  }

  #show(batch: Batch): void {
    this.#record.stream = { ...this.stream, tail: batch.end };
    for (const each of this.attachments) if (each.mode !== "chat") each.viewer.committed(batch);
    crashPoint("server-after-broadcast");
    this.committedEnd.moved();
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
        if (event.title === this.details.title) return;
        this.#record.change({ title: event.title });
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
    if (offset <= this.details.noticedOffset) return; // a replay
    this.#record.change({ noticedOffset: offset });
    this.#wantNow(attention);
  }

  #wantNow(attention: Attention): void {
    if (!this.#isLookedAt) this.#record.changeAndKeep({ attention });
  }
}
