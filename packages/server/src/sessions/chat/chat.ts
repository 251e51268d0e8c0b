/**
 * The conversation of one session while the server lives: the one place that appends to its events. Commands of people, output of
 * the agent and ends of runs come in here one after the other; each is one commit (events, driver state, ledger, marks), shown
 * only then. Whoever looks or does not look, the queue goes on: see {@link Chat.pump}.
 */
import { currentRun, PerdureError, type ChatEvent, type ChatSummary, type Conversation, type Offer, type Stopped } from "@perdure/protocol";
import type { Agent, AgentPlace } from "../../agents/agent.ts";
import type { DriverCommand } from "../../agents/driver.ts";
import type { StreamKey, StreamState, Write } from "../../store/store.ts";
import type { Batch } from "../records.ts";
import type { ChatHome, SessionWrites } from "./chat-home.ts";
import { deliveredEvents } from "./delivered.ts";
import { crashBehind } from "./crashes.ts";
import { digest } from "./digest.ts";
import { DriverRun, type Folded } from "./driver-run.ts";
import { EventLog } from "./event-log.ts";
import { importHistory } from "./import-history.ts";
import { afterRun, causeOf, next, recovered, type EndOfRun } from "./ladder.ts";
import type { AgentRunLaunch } from "./launching.ts";
import { Ledger } from "./ledger.ts";
import { durabilityOf } from "./durability.ts";
import { dropRun, keepDriver, loadDriver } from "./kept-driver.ts";
import { staleEnd } from "./stale.ts";
import { summaryOf } from "./summary.ts";
import { Timers } from "./timers.ts";
import { TurnEnds } from "./turn-ends.ts";

/** An interrupt that the agent does not follow: then its run is ended. */
const STOP_MS = 10_000;
const MAX_QUEUED = 1000;
/** After a full disk was met, what nobody waits for is tried again. */
const FULL_DISK_MS = 1000;

export class Chat {
  readonly wire: StreamKey;
  readonly #home: ChatHome;
  readonly #log: EventLog;
  readonly #ledger: Ledger;
  readonly #timers: Timers;
  #wire: StreamState;
  #run: DriverRun | null = null;
  #summary: string;
  #isClosed = false;
  readonly #turns: TurnEnds;

  constructor(home: ChatHome, wire: StreamState, summary: ChatSummary | null) {
    this.#home = home;
    this.wire = { session: home.session, stream: "wire" };
    this.#wire = wire;
    this.#summary = JSON.stringify(summary);
    this.#log = new EventLog(home.store, home.session);
    this.#ledger = new Ledger(home.clock, home.sendToHost);
    this.#turns = new TurnEnds(home.clock, () => this.#log.conversation);
    this.#timers = new Timers(home.clock, (id) => this.#inBackground(() => this.#onTimer(id)));
  }

  get agent(): Agent {
    return this.#home.agent;
  }

  get events(): EventLog {
    return this.#log;
  }

  get wireTail(): number {
    return this.#wire.tail;
  }

  /** Reads what there is, if that was not done. */
  async conversation(): Promise<Conversation> {
    await this.#log.load();
    return this.#log.conversation;
  }

  /** A user's message is on disk when this resolves. The same id and text again changes nothing. */
  async accept(input: string, text: string, by?: string): Promise<void> {
    await this.#change((conversation, at) => {
      const known = conversation.inputs[input];
      if (known && known.text !== text && known.state !== "removed") {
        throw new PerdureError("idempotency-key-reused", "A message with this id has another text; send it with a new id.");
      }
      if (known) return [];
      if (conversation.queue.length >= MAX_QUEUED) throw new PerdureError("too-large", `${MAX_QUEUED} messages wait already; remove some.`);
      return [{ type: "input.accepted", input, text, at, ...(by === undefined ? {} : { by }) }];
    });
    this.pump();
  }

  /** Changes a message that still waits. Throws `message-sent` if it does not. */
  async edit(input: string, text: string): Promise<void> {
    await this.#change((conversation, at) => {
      requireQueued(conversation, input);
      return [{ type: "input.edited", input, text, at }];
    });
  }

  /** Takes a message back that still waits. */
  async remove(input: string): Promise<void> {
    await this.#change((conversation, at) => {
      const known = conversation.inputs[input];
      if (known?.state === "removed") return [];
      // One that is not known is on its way, perhaps: it does not count when it comes.
      if (known) requireQueued(conversation, input);
      return [{ type: "input.removed", input, at }];
    });
    this.pump();
  }

  /** Answers an approval, once. Throws `approval-closed` when somebody was faster. */
  async answer(approval: string, option: string, note: string | undefined, by?: string): Promise<void> {
    await this.#change(
      (conversation, at) => {
        const known = Object.hasOwn(conversation.approvals, approval) ? conversation.approvals[approval] : undefined;
        if (!known?.options.some(({ id }) => id === option)) throw new PerdureError("unknown-approval");
        if (known.state.is !== "open") throw new PerdureError("approval-closed");
        this.#requireReachable();
        const words = { ...(by === undefined ? {} : { by }), ...(note === undefined ? {} : { note }) };
        return [{ type: "approval.answered", approval, option, at, ...words }];
      },
      { is: "answer", approval, option, ...(note === undefined ? {} : { note }) },
    );
  }

  /** Another model or mode; without a run it counts for the next one. */
  async choose(settings: { readonly model?: string | undefined; readonly mode?: string | undefined }): Promise<void> {
    const { model, mode } = settings;
    if (model !== undefined) await this.#choose({ model }, { is: "set-model", model });
    if (mode !== undefined) await this.#choose({ mode }, { is: "set-mode", mode });
  }

  /** Stops what runs, also what has not begun yet, and answers what came of it. */
  async stop(by?: string): Promise<Stopped["outcome"]> {
    const turn = await this.#exclusively(async () => {
      this.#requireReachable();
      const { runningTurn, queue, inputs } = this.#log.conversation;
      const at = this.#home.clock.now();
      const [head] = queue;
      if (runningTurn !== null) {
        await this.#commit(
          [{ type: "turn.stopping", turn: runningTurn, at, ...(by === undefined ? {} : { by }) }],
          this.#command({ is: "interrupt" }),
        );
      } else if (head !== undefined && inputs[head]?.state === "accepted") {
        await this.#commit(this.#hold(head, "stopped", "Stopped before it was sent.", ["send-again", "discard"]));
        return "held" as const;
      }
      return runningTurn;
    });
    if (turn === "held") return "held";
    if (turn === null) return "nothing-running";
    this.#home.clock.after(STOP_MS, () => this.#endIfStillRunning(turn));
    return this.#turns.outcomeOf(turn);
  }

  /** Takes up an offer of the transcript. */
  async recover(offer: Offer, input?: string): Promise<void> {
    await this.#change((conversation, at) => {
      const about = input ?? conversation.queue[0];
      const events: ChatEvent[] = [];
      if (offer === "retry-old-conversation") {
        if (conversation.oldResumeId === null) throw new PerdureError("no-conversation", "There is no older conversation to return to.");
        events.push({ type: "session.resume-id", resumeId: conversation.oldResumeId, at });
      }
      if (offer === "restart") events.push({ type: "session.resume-id", resumeId: null, at });
      if (about === undefined) return events;
      const state = conversation.inputs[about]?.state;
      const isWaiting = state === "held" || state === "unknown" || state === "accepted";
      if (!isWaiting) throw new PerdureError("message-sent");
      return [...events, { type: offer === "discard" ? "input.removed" : "input.requeued", input: about, at }];
    });
    this.pump();
  }

  /** The first events of a run, committed together with its row; its ledger goes out as soon as the host has it. */
  async begin({ events, setup }: AgentRunLaunch, writes: SessionWrites): Promise<void> {
    if (!setup) return this.note(events, writes);
    await this.#log.exclusively(async () => {
      const { clock, agent } = this.#home;
      const folded = DriverRun.begin(agent.driver, setup, this.#wire.tail, clock.now());
      await this.#commit(events, folded, writes);
      this.#run = new DriverRun(agent.driver, folded.kept);
      this.#setTimers();
    });
  }

  /** Events of a run without a driver (the agent's own terminal program), with its row. */
  async note(events: readonly ChatEvent[], writes: SessionWrites = () => []): Promise<void> {
    await this.#log.exclusively(() => this.#commit(events, null, writes));
  }

  /** Takes over what lies with the agent and is not here. */
  async importHistory(place: AgentPlace): Promise<void> {
    const { resumeId } = await this.conversation();
    const history = resumeId === null ? null : await this.#home.agent.history(resumeId, place);
    if (history === null) return;
    await this.#change((conversation, at) => {
      const run = conversation.runs.at(-1);
      const isSame = conversation.resumeId === resumeId && conversation.runningTurn === null;
      return run && isSame ? importHistory(conversation, history, run, at) : [];
    });
  }

  /**
   * A run of an earlier server that still lives goes on here. One whose driver's state is not there, or is of another release,
   * cannot be understood any more: it is ended, and its conversation resumed.
   */
  async adopt(run: string): Promise<void> {
    await this.#exclusively(async () => {
      if (this.#run?.run === run) return;
      this.#home.log.warn({ session: this.#home.session, run }, "a run that cannot be understood any more is ended");
      this.#home.endRun("server-cannot-know");
    });
  }

  /** The host that is connected has the run. */
  hostHasRun(): void {
    this.#ledger.open();
    this.pump();
  }

  /** The next run could not even be prepared: whoever waits is asked. */
  async failedToStart(code: string, text: string): Promise<void> {
    await this.#log.exclusively(async () => {
      const [head] = this.#log.conversation.queue;
      if (head === undefined) return;
      await this.#commit(this.#hold(head, code, text, ["retry", "restart", "discard"]));
      this.#home.want("question", text);
    });
  }

  /**
   * A batch of the run's output, with the writes of the session for it. `end`: the run is over with it; what waits then goes on
   * by {@link pump}, once the session knows it, too.
   */
  async fold(batch: Batch, writes: SessionWrites, end: EndOfRun | null): Promise<void> {
    await this.#log.exclusively(async () => {
      const folded = withCause(this.#run?.fold(batch) ?? null, end);
      const append =
        batch.records.length > 0 ? [{ op: "append", ...this.wire, records: batch.records, expectedTail: batch.start } as const] : [];
      const before = { ...this.#wire };
      this.#wire = { ...before, tail: batch.end };
      try {
        await this.#commit([], folded, () => [...append, ...writes()], this.#behind(folded, end));
      } catch (error) {
        this.#wire = before;
        throw error;
      }
      if (end) this.#runIsOver();
    });
    if (!end) this.pump();
  }

  /** The run is over and nobody saw it end; `writes` say so. To be followed by {@link pump}, as above. */
  async lose(end: EndOfRun, writes: SessionWrites): Promise<void> {
    await this.#log.exclusively(async () => {
      const exit = { is: "exit", time: end.at, end: { is: "lost", reason: end.cause } } as const;
      const folded = withCause(this.#run?.step(exit) ?? null, end);
      await this.#commit([], folded, writes, this.#behind(folded, end));
      this.#runIsOver();
    });
  }

  /** No run lives, so nothing may run: closes what still looks so, and answers whether there was anything. */
  async closeStale(): Promise<boolean> {
    let isClosed = false;
    await this.#change((conversation, at) => {
      const events = this.#home.isAlive ? [] : staleEnd(conversation, this.#home.agent.knowsInputs, at);
      isClosed = events.length > 0;
      return events;
    });
    if (isClosed) this.pump();
    return isClosed;
  }

  /** The host has the ledger of a run up to this number. */
  delivered(run: string, seq: number): void {
    if (this.#run?.run !== run) return;
    const causes = this.#ledger.acked(seq);
    this.#run.noteDelivered(seq);
    const events = deliveredEvents(causes, this.#home.clock.now());
    if (events.length > 0) this.#inBackground(() => this.#log.exclusively(() => this.#commit(events)));
  }

  /** The host could not take this number now. */
  refused(run: string, seq: number): void {
    if (this.#run?.run === run) this.#ledger.rewind(seq);
  }

  /** Does what is due: the next message is sent, a run is started for it, or somebody is asked. */
  pump(): void {
    if (!this.#isClosed) this.#inBackground(() => this.#exclusively(() => this.#pump()));
  }

  close(): void {
    this.#isClosed = true;
    this.#timers.close();
    this.#ledger.close();
  }

  async #pump(): Promise<void> {
    const conversation = this.#log.conversation;
    if (this.#isClosed || this.#home.view === "terminal") return;
    if (this.#home.isAlive) return this.#dispatch(conversation);
    const decision = next(conversation, this.#home.clock.now());
    const [head] = conversation.queue;
    if (decision.is === "start") this.#home.wake();
    if (decision.is === "ask" && head !== undefined) {
      await this.#commit(this.#hold(head, decision.code, decision.text, decision.offers));
      this.#home.want("question", decision.text);
    }
  }

  async #dispatch(conversation: Conversation): Promise<void> {
    const [input] = conversation.queue;
    const run = conversation.runs.at(-1);
    const text = input === undefined ? undefined : conversation.inputs[input];
    // It lives and will not be ready: nothing that waits may wait for it.
    if (run?.state === "starting" && run.failure && !this.#home.isEnding) return this.#home.endRun(run.failure.reason);
    if (!this.#run || this.#home.isEnding || run?.state !== "ready" || conversation.runningTurn !== null) return;
    if (input === undefined || text?.state !== "accepted") return;
    const at = this.#home.clock.now();
    const isFirst = !Object.values(conversation.turns).some((turn) => turn.run === run.id);
    const preamble = isFirst && run.origin === "restarted" && this.#home.usesDigest ? digest(conversation, input) : null;
    const prompt = { is: "prompt", input, turn: `t${run.number}.${input}`, text: text.text } as const;
    await this.#commit(
      [{ type: "input.dispatched", input, run: run.id, at }],
      this.#command(preamble === null ? prompt : { ...prompt, preamble }),
    );
  }

  async #change(events: (conversation: Conversation, at: number) => ChatEvent[], command?: DriverCommand): Promise<void> {
    await this.#exclusively(async () => {
      const changes = events(this.#log.conversation, this.#home.clock.now());
      await this.#commit(changes, command ? this.#command(command) : null);
    });
  }

  #choose(settings: { readonly model: string } | { readonly mode: string }, command: DriverCommand): Promise<void> {
    return this.#change((_, at) => (this.#run ? [] : [{ type: "agent.settings", ...settings, at }]), command);
  }

  /** Runs work that may speak with the agent: of a run that an earlier server began, what that one kept is read first. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#log.exclusively(async () => {
      await this.#takeOver();
      return work();
    });
  }

  async #takeOver(): Promise<void> {
    const run = currentRun(this.#log.conversation);
    if (this.#run || run?.view !== "chat" || !this.#home.isAlive) return;
    const { store, agent } = this.#home;
    const loaded = await loadDriver(store, this.wire, this.#wire.tail, run.id, agent.driver);
    if (!loaded) return;
    this.#run = loaded.driver;
    this.#ledger.add(loaded.rows);
    this.#setTimers();
  }

  /** What nobody could be told must not look as if it was. */
  #requireReachable(): void {
    const run = currentRun(this.#log.conversation);
    if (this.#run || run?.view !== "chat" || !this.#home.isAlive) return;
    throw new PerdureError("host-unavailable", "The agent cannot be reached now; try again.");
  }

  #command(command: DriverCommand): Folded | null {
    return this.#run?.step({ is: "command", time: this.#home.clock.now(), command }) ?? null;
  }

  #hold(input: string, code: string, text: string, offers: readonly Offer[]): ChatEvent[] {
    const at = this.#home.clock.now();
    const notice = `${code}.${this.#log.stream.tail}`;
    return [
      { type: "notice", notice, level: "warning", code, text, offers, at },
      { type: "input.held", input, notice, at },
    ];
  }

  /** What the session itself has to say behind the driver's events. */
  #behind(folded: Folded | null, end: EndOfRun | null): readonly ChatEvent[] {
    const events = folded?.events ?? [];
    const ready = events.find((event) => event.type === "agent.ready");
    const behind: ChatEvent[] = events.flatMap((event) =>
      event.type === "input.unseen" ? [{ type: "input.requeued", input: event.input, at: event.at }] : [],
    );
    if (ready) behind.push(...recovered(this.#log.after([...events, ...behind]), ready.run, ready.at));
    if (end) behind.push(...afterRun(this.#log.after([...events, ...behind]), end));
    return behind;
  }

  #runIsOver(): void {
    this.#run = null;
    this.#ledger.close();
    this.#timers.set([]);
  }

  /** The one commit: these events, those of the driver's steps, and those behind them. Within `exclusively`. */
  async #commit(
    events: readonly ChatEvent[],
    folded: Folded | null = null,
    others: SessionWrites = () => [],
    behind: readonly ChatEvent[] = [],
  ): Promise<void> {
    const all = [...events, ...(folded?.events ?? []), ...behind];
    const prepared = this.#log.prepare(all);
    const sends = (folded?.sends ?? []).map((send) => ({ op: "append-send", send }) as const);
    const over = behind.find((event) => event.type === "run.ended");
    const kept = folded && !over ? [keepDriver(this.wire, this.#wire.tail, folded.kept)] : [];
    const dropped = over ? dropRun(this.wire, over.run) : [];
    const writes: Write[] = [...others(), ...prepared.writes, ...kept, ...sends, ...dropped];
    if (writes.length === 0) return;
    const summary = this.#newSummary(all);
    await this.#home.commit(writes, durabilityOf(all), summary);
    if (summary) this.#summary = JSON.stringify(summary);
    if (folded) this.#run?.committed(folded);
    const batch = prepared.done();
    crashBehind(all);
    if (batch) this.#home.show(batch);
    if (folded) this.#ledger.add(folded.sends);
    this.#setTimers();
    this.#tell(all);
  }

  #newSummary(events: readonly ChatEvent[]): ChatSummary | null {
    if (events.every(({ type }) => type === "part.delta")) return null;
    const summary = summaryOf(this.#log.after(events), this.#home.agent.id, this.#home.view);
    return JSON.stringify(summary) === this.#summary ? null : summary;
  }

  #tell(events: readonly ChatEvent[]): void {
    for (const event of events) {
      if (event.type === "approval.requested") this.#home.want("approval", event.title);
      if (event.type === "turn.ended" && event.cause !== "stopped") this.#home.want("answer", "");
    }
    this.#turns.look();
  }

  #setTimers(): void {
    this.#timers.set(this.#run?.timers ?? []);
  }

  async #onTimer(id: string): Promise<void> {
    await this.#log.exclusively(async () => {
      const time = this.#home.clock.now();
      const isDue = this.#run?.timers.some((timer) => timer.id === id && timer.at <= time) ?? false;
      const folded = isDue ? this.#run?.step({ is: "timer", time, id }) : null;
      if (folded) await this.#commit([], folded);
    });
    this.pump();
  }

  /** Again and again: the host that is to end it may be away. */
  #endIfStillRunning(turn: string): void {
    if (this.#isClosed || this.#log.conversation.runningTurn !== turn) return;
    this.#home.endRun("stopped");
    this.#home.clock.after(STOP_MS, () => this.#endIfStillRunning(turn));
  }

  /** What nobody waits for: on a full disk it is tried until there is room. A store that was taken over ends the server by itself. */
  #inBackground(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (this.#isClosed) return;
      if (error instanceof PerdureError && error.code === "storage-full") {
        this.#home.clock.after(FULL_DISK_MS, () => this.#inBackground(work));
      } else this.#home.log.warn({ session: this.#home.session, err: error }, "a step of a conversation failed");
    });
  }
}

/** The driver only sees that the program is gone; a turn that was cut by it ends with the real cause. */
function withCause(folded: Folded | null, end: EndOfRun | null): Folded | null {
  if (!folded || !end || end.cause === "agent-ended") return folded;
  const events = folded.events.map((event): ChatEvent => {
    const isCut = event.type === "turn.ended" && event.end === "interrupted" && event.cause === "agent-ended";
    return isCut ? { ...event, cause: causeOf(end), text: end.text } : event;
  });
  return { ...folded, events };
}

function requireQueued(conversation: Conversation, input: string): void {
  if (!conversation.inputs[input]) throw new PerdureError("not-found", "There is no such message.");
  if (!conversation.queue.includes(input)) throw new PerdureError("message-sent");
}
