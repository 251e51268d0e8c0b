/**
 * What happens to a session's run, as commits: its states, each batch of its output, its end, and the run after it. The run's row,
 * the session's row and the streams change together; what a run of the conversation says goes through its `Chat`.
 */
import { isAlive, PerdureError, type LostReason, type RunState } from "@perdure/protocol";
import type { RunEnd } from "../host/wire.ts";
import { crashPoint } from "../platform/crash.ts";
import type { RunRow, Write } from "../store/store.ts";
import { adoptionWords } from "./adoption.ts";
import type { Chat } from "./chat/chat.ts";
import type { SessionWrites } from "./chat/chat-home.ts";
import type { EndOfRun } from "./chat/ladder.ts";
import type { AgentRunLaunch } from "./chat/launching.ts";
import { unlessTaken } from "./commit-refused.ts";
import { decodeRunState, encodeRunState, type SessionDetails } from "./details.ts";
import { Ingest } from "./ingest.ts";
import { separatorBatch, type Batch } from "./records.ts";
import { RowDue } from "./row-due.ts";
import { stateAfter } from "./run-end.ts";
import type { Services } from "./services.ts";
import { endOfRun, terminalReady } from "./session-chat.ts";
import type { CurrentRun, SessionRecord } from "./session-record.ts";
import type { Session } from "./session.ts";

/** What the session does beside it. */
export interface RunSide {
  readonly session: Session;
  readonly record: SessionRecord;
  readonly services: Services;
  /** Somebody has it before their eyes. */
  readonly isLookedAt: () => boolean;
  /** Output of a terminal that is about to be committed: to those of its viewers that have all that is. Whether there was one. */
  readonly showAhead: (batch: Batch) => boolean;
  /** Committed output of a terminal: to its viewers and its screen. */
  readonly show: (batch: Batch) => void;
  /** A batch of the run is committed and shown. */
  readonly committed: (batch: Batch) => void;
}

export class RunCommits {
  readonly #side: RunSide;
  readonly #chat: Chat | null;
  readonly #rowDue: RowDue;
  #ingest: Ingest | null = null;
  /** It is on disk why the run that lives is being ended. */
  #isEndKept = false;

  constructor(side: RunSide, chat: Chat | null) {
    this.#side = side;
    this.#chat = chat;
    this.#rowDue = new RowDue(side.services.clock);
    this.#isEndKept = this.#askedEnd !== null;
  }

  get ingest(): Ingest | null {
    return this.#ingest;
  }

  /** The run is one of the conversation: a driver speaks with it, nobody types into it. */
  get isChatRun(): boolean {
    return this.#chat !== null && this.#record.run.row.kind === "pipe";
  }

  /** The run lives, and its end is asked for. */
  get isEnding(): boolean {
    return this.#record.isAlive && this.#askedEnd !== null;
  }

  /** Somebody asked for the end of the run that lives. Counts at once; see {@link keepAskedEnd}. */
  askEnd(cause: EndOfRun["cause"]): void {
    const { record } = this.#side;
    if (this.#askedEnd !== null) return;
    record.change({ askedEnd: { run: record.run.row.id, cause } });
    this.#isEndKept = false;
  }

  /** Resolves when it is on disk why the run is being ended: whoever sees the end then knows it. On a full disk nobody waits for that. */
  async keepAskedEnd(): Promise<void> {
    if (this.#isEndKept || this.#askedEnd === null) return;
    try {
      await this.#record.commit(this.#record.rowWrites(), "full");
      this.#isEndKept = true;
    } catch (error) {
      if (!(error instanceof PerdureError && error.code === "storage-full")) throw error;
    }
  }

  /** The end that was asked for did not come: the run goes on. */
  endFailed(): void {
    if (!this.#record.isAlive || this.#askedEnd === null) return;
    this.#record.changeAndKeep({ askedEnd: null });
    this.#chat?.pump();
  }

  /** Why the run that lives is being ended, if somebody asked for it. */
  get #askedEnd(): EndOfRun["cause"] | null {
    const { details, run } = this.#record;
    return details.askedEnd?.run === run.row.id ? (details.askedEnd.cause as EndOfRun["cause"]) : null;
  }

  /** Begins to take the run's records, behind those that are committed; answers from which one on. Whoever took them before has stopped. */
  beginIngest(): number {
    const { session, record, services } = this.#side;
    const { id, appliedRecord } = record.run.row;
    const chat = this.isChatRun ? this.#chat : null;
    this.#ingest = new Ingest(
      {
        tail: () => chat?.wireTail ?? record.stream.tail,
        showAhead: (batch) => !chat && !services.disk.isFull && this.#side.showAhead(batch),
        commit: (batch) => (chat ? this.#commitChat(chat, batch) : this.#commitOutput(batch)),
        committed: (batch) => this.#onCommitted(id, batch),
        ready: () => (chat ? null : session.screen.ready()),
        yields: () => services.typing.isElsewhere(session.id),
        storageFull: (isFull) => services.disk.note(isFull),
        holds: (bytes) => services.holds(bytes),
        readAgain: (from) => services.readAgain(id, from),
        fatal: (error) => services.fatal(error),
      },
      services.clock,
      appliedRecord,
    );
    return appliedRecord;
  }

  /** Commits another state of the current run. A state from which nothing more can come closes its row. */
  async setState(state: RunState): Promise<void> {
    const { session, record } = this.#side;
    const row: RunRow = { ...record.run.row, state: encodeRunState(state), isOpen: isAlive(state) };
    const writes = (): Write[] => [{ op: "put-run", run: row }, ...record.rowWrites()];
    const chat = this.#chat;
    if (chat && !isAlive(state)) await chat.lose(this.#endOfRun(state), writes);
    else if (chat && !this.isChatRun) await chat.note(terminalReady(chat.agent, record.details, row.id, state.at), writes);
    else await record.commit(writes(), "full");
    record.run = { row, state };
    if (!isAlive(state)) chat?.pump();
    session.changed();
  }

  /** The run is lost, unless its end was under way: nobody saw it end. */
  async lose(reason: LostReason): Promise<void> {
    await this.#ingest?.stop();
    this.#side.session.loseShown();
    if (this.#record.isAlive) await this.setState({ is: "lost", reason, at: this.#side.services.clock.now() });
  }

  /** Commits the rows of a run, with its first events in a conversation. `false`: the request's key was taken meanwhile. */
  insert(writes: SessionWrites, launch: AgentRunLaunch | null): Promise<boolean> {
    const chat = this.#chat;
    if (!chat || !launch) return unlessTaken(() => this.#record.commit(writes(), "full"));
    return unlessTaken(() => chat.begin(launch, writes));
  }

  /** Commits a new run behind one visible line; the screen so far stays above it. `false`: the request's key was taken meanwhile. */
  async add(row: RunRow, text: string, details: Partial<SessionDetails>, takeKey: Write, launch: AgentRunLaunch | null): Promise<boolean> {
    const { session, record, services } = this.#side;
    await this.#ingest?.stop();
    const command = launch ? { command: [...launch.launch.command] } : {};
    const changes = { ...details, ...command, attention: null, title: "" };
    const line = { text, toFreeRow: await session.screen.toFreeRow() };
    const batch = separatorBatch(line, { ...record.details, ...changes }, record.stream.tail, services.clock.now());
    const run: RunRow = { ...row, baseOffset: batch.end };
    const append = { op: "append", ...record.key, records: batch.records, expectedTail: batch.start } as const;
    const writes = (): Write[] => [takeKey, append, { op: "put-run", run }, ...record.rowWrites(changes)];
    if (!(await this.#commitRun(writes, run, changes, launch))) return false;
    this.#side.show(batch);
    session.changed();
    return true;
  }

  /** The same for a run of the conversation: its first events stand in the place of the line. */
  async addChatRun(row: RunRow, launch: AgentRunLaunch, details: Partial<SessionDetails>, takeKey: Write): Promise<boolean> {
    const { session, record } = this.#side;
    await this.#ingest?.stop();
    if (!this.#chat) throw new PerdureError("no-conversation");
    const changes: Partial<SessionDetails> = { ...details, attention: null, kind: "pipe", command: [...launch.launch.command] };
    const run: RunRow = { ...row, kind: "pipe", baseOffset: this.#chat.wireTail };
    const writes = (): Write[] => [takeKey, { op: "put-run", run }, ...record.rowWrites(changes)];
    if (!(await this.#commitRun(writes, run, changes, launch))) return false;
    session.changed();
    return true;
  }

  get #record(): SessionRecord {
    return this.#side.record;
  }

  /** It is the current run from here on, unless the request's key was taken meanwhile: `false`. */
  async #commitRun(writes: SessionWrites, row: RunRow, changes: Partial<SessionDetails>, launch: AgentRunLaunch | null): Promise<boolean> {
    const record = this.#record;
    const { details, run } = record;
    record.change(changes);
    record.run = { row, state: decodeRunState(row.state) };
    const isNew = await this.insert(writes, launch).catch((error: unknown) => error);
    if (isNew !== true) {
      record.details = { ...details, chat: record.details.chat, notices: record.details.notices };
      record.run = run;
      if (isNew !== false) throw isNew;
      return false;
    }
    crashPoint("server-after-run-row");
    return true;
  }

  async #commitOutput(batch: Batch): Promise<void> {
    const { record } = this.#side;
    const { id, baseOffset } = record.run.row;
    const writes: Write[] = [{ op: "apply", run: id, record: batch.nextRecord, offset: batch.end - baseOffset }];
    if (batch.records.length > 0) writes.push({ op: "append", ...record.key, records: batch.records, expectedTail: batch.start });
    const ended = batch.runEnd === null ? null : this.#endedRun(batch, batch.runEnd);
    const isNews = !this.#side.isLookedAt() && this.#askedEnd === null;
    const changes: Partial<SessionDetails> = ended && isNews ? { attention: { reason: "exit", at: ended.state.at } } : {};
    if (ended) writes.push({ op: "put-run", run: ended.row });
    this.#noteActivity(batch);
    const isAdopted = this.#noteAdoption(batch);
    const withRow = this.#rowDue.isDue(isAdopted || ended !== null || batch.pieces.some((piece) => piece.is === "resize"));
    const all = (): Write[] => [...writes, ...(withRow ? record.rowWrites(changes) : [])];
    if (ended && this.#chat) await this.#chat.lose(this.#endOfRun(ended.state), all);
    else await record.commit(all(), ended ? "full" : "normal");
    record.change(changes);
    record.stream = { ...record.stream, tail: batch.end };
    record.run = ended ?? this.#applied(batch);
    if (isAdopted) this.#side.session.changed();
    if (ended) this.#chat?.pump();
  }

  /** The same for a run of the conversation: its bytes go to the wire, and what they mean to the events. */
  async #commitChat(chat: Chat, batch: Batch): Promise<void> {
    const { record } = this.#side;
    const { id, baseOffset } = record.run.row;
    const ended = batch.runEnd === null ? null : this.#endedRun(batch, batch.runEnd);
    const marks: Write[] = [{ op: "apply", run: id, record: batch.nextRecord, offset: batch.end - baseOffset }];
    if (ended) marks.push({ op: "put-run", run: ended.row });
    this.#noteActivity(batch);
    const withRow = this.#rowDue.isDue(ended !== null);
    const writes = (): Write[] => [...marks, ...(withRow ? record.rowWrites() : [])];
    await chat.fold(batch, writes, ended ? this.#endOfRun(ended.state) : null);
    record.run = ended ?? this.#applied(batch);
    if (ended) chat.pump();
  }

  #applied({ nextRecord, end }: Batch): CurrentRun {
    const { row, state } = this.#record.run;
    return { row: { ...row, appliedRecord: nextRecord, appliedOffset: end - row.baseOffset }, state };
  }

  #endedRun(batch: Batch, { end, at }: { readonly end: RunEnd; readonly at: number }): CurrentRun {
    const state = stateAfter(end, at, this.#side.services.wasPowerCut);
    return { row: { ...this.#applied(batch).row, state: encodeRunState(state), isOpen: false }, state };
  }

  #endOfRun(state: RunState): EndOfRun {
    return endOfRun(this.#side.session, state, this.#askedEnd, this.#side.services);
  }

  /** Whether there is something to say of it, which goes with the row. */
  #noteAdoption({ adopted }: Batch): boolean {
    const text = adoptionWords(adopted);
    if (!adopted || text === null) return false;
    this.#record.noteOnce({ at: adopted.at, text });
    return true;
  }

  #noteActivity(batch: Batch): void {
    this.#record.noteActivity();
    const resize = batch.pieces.findLast((piece) => piece.is === "resize");
    if (resize) this.#record.change({ cols: resize.cols, rows: resize.rows });
  }

  #onCommitted(run: string, batch: Batch): void {
    const { services, show, committed } = this.#side;
    if (!this.isChatRun) show(batch);
    services.ackRun(run, batch.nextRecord);
    if (batch.runEnd) this.#ingest?.close();
    committed(batch);
  }
}
