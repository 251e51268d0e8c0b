/**
 * The conversation of one session while the server lives: the one place that appends to its events. Commands of people, output of
 * the agent and ends of runs come in here one after the other; each is one commit (events, driver state, ledger, marks), shown
 * only then. Whoever looks or does not look, the queue goes on: see {@link Chat.pump}.
 */
import { PerdureError, type ChatEvent, type ChatSummary, type Conversation, type Offer, type Stopped } from "@perdure/protocol";
import type { Agent, AgentPlace } from "../../agents/agent.ts";
import type { DriverCommand } from "../../agents/driver.ts";
import type { Durability, Store, StreamKey, StreamState, Write } from "../../store/store.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import type { Batch } from "../records.ts";
import { digest } from "./digest.ts";
import { DriverRun, type Folded } from "./driver-run.ts";
import { EventLog } from "./event-log.ts";
import { importHistory } from "./import-history.ts";
import { afterRun, causeOf, next, recovered, type EndOfRun } from "./ladder.ts";
import type { AgentRunLaunch } from "./launching.ts";
import { Ledger, type SendToHost } from "./ledger.ts";
import { loadDriver, keepDriver } from "./kept-driver.ts";
import { summaryOf } from "./summary.ts";
import { Timers } from "./timers.ts";

/** An interrupt that the agent does not follow: then its run is ended. */
const STOP_MS = 10_000;
/** How long the answer to a stop waits for what came of it. */
const STOP_ANSWER_MS = 12_000;
const MAX_QUEUED = 1000;

/** What a conversation needs of its session and of the server. */
export interface ChatHome {
  readonly session: string;
  readonly agent: Agent;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly sendToHost: SendToHost;
  /** Is there a run of this conversation that can take messages, or is about to? */
  readonly isAlive: boolean;
  readonly view: "chat" | "terminal";
  readonly usesDigest: boolean;
  /** Commits; the session's row goes with it if the summary has changed. Rejects when nothing was committed. */
  commit(writes: readonly Write[], durability: Durability, summary: ChatSummary | null): Promise<void>;
  /** To those who view the conversation. */
  show(batch: Batch): void;
  /** Something that a person may want to know of happened. */
  want(reason: "approval" | "question" | "answer", text: string): void;
  /** Starts the next run; nobody waits for it here. */
  wake(): void;
  /** Ends the run that lives. */
  endRun(): void;
}

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
  readonly #turnListeners = new Set<() => void>();

  constructor(home: ChatHome, wire: StreamState, summary: ChatSummary | null) {
    this.#home = home;
    this.wire = { session: home.session, stream: "wire" };
    this.#wire = wire;
    this.#summary = JSON.stringify(summary);
    this.#log = new EventLog(home.store, home.session);
    this.#ledger = new Ledger(home.clock, home.sendToHost);
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
      if (conversation.inputs[input]?.state === "removed") return [];
      requireQueued(conversation, input);
      return [{ type: "input.removed", input, at }];
    });
    this.pump();
  }

  /** Answers an approval, once. Throws `approval-closed` when somebody was faster. */
  async answer(approval: string, option: string, note: string | undefined, by?: string): Promise<void> {
    await this.#change(
      (conversation, at) => {
        const known = conversation.approvals[approval];
        if (!known?.options.some(({ id }) => id === option)) throw new PerdureError("unknown-approval");
        if (known.state.is !== "open") throw new PerdureError("approval-closed");
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
    const turn = await this.#log.exclusively(async () => {
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
    return this.#outcomeOf(turn);
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
  async begin({ events, setup }: AgentRunLaunch, writes: readonly Write[]): Promise<void> {
    if (!setup) return this.note(events, writes);
    await this.#log.exclusively(async () => {
      const { clock, agent } = this.#home;
      const folded = DriverRun.begin(agent.driver, setup, this.#wire.tail, clock.now());
      await this.#commit(events, folded, writes);
      this.#run = new DriverRun(agent.driver, folded.kept, new Uint8Array(0));
    });
  }

  /** Events of a run without a driver (the agent's own terminal program), with its row. */
  async note(events: readonly ChatEvent[], writes: readonly Write[] = []): Promise<void> {
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

  /** A run of an earlier server that still lives goes on here. */
  async adopt(run: string): Promise<void> {
    await this.#log.exclusively(async () => {
      if (this.#run?.run === run) return;
      const { store, agent } = this.#home;
      const { driver, rows } = await loadDriver(store, this.wire, this.#wire.tail, run, agent.driver);
      this.#run = driver;
      this.#ledger.add(rows);
      this.#setTimers();
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

  /** A batch of the run's output, with the writes of the session for it. `end`: the run is over with it. */
  async fold(batch: Batch, writes: readonly Write[], end: EndOfRun | null): Promise<void> {
    await this.#log.exclusively(async () => {
      const folded = this.#run?.fold(batch) ?? null;
      const append =
        batch.records.length > 0 ? [{ op: "append", ...this.wire, records: batch.records, expectedTail: batch.start } as const] : [];
      const before = { ...this.#wire };
      this.#wire = { ...before, tail: batch.end };
      try {
        await this.#commit(this.#beforeEnd(end), folded, [...append, ...writes], this.#behind(folded, end));
      } catch (error) {
        this.#wire = before;
        throw error;
      }
      if (end) this.#runIsOver();
    });
    this.pump();
  }

  /** The run is over and nobody saw it end; `writes` say so. */
  async lose(end: EndOfRun, writes: readonly Write[]): Promise<void> {
    await this.#log.exclusively(async () => {
      const exit = { is: "exit", time: end.at, end: { is: "lost", reason: end.cause } } as const;
      const folded = this.#run?.step(exit) ?? null;
      await this.#commit(this.#beforeEnd(end), folded, writes, this.#behind(folded, end));
      this.#runIsOver();
    });
    this.pump();
  }

  /** The host has the ledger up to this number. */
  delivered(seq: number): void {
    const causes = this.#ledger.acked(seq);
    this.#run?.noteDelivered(seq);
    const at = this.#home.clock.now();
    const events = causes.flatMap((cause): ChatEvent[] => {
      const [what, id = ""] = split(cause);
      if (what === "prompt") return [{ type: "input.delivered", input: id, at }];
      return what === "answer" ? [{ type: "approval.delivered", approval: id, at }] : [];
    });
    if (events.length > 0) this.#inBackground(() => this.#log.exclusively(() => this.#commit(events)));
  }

  /** The host could not take this number now. */
  refused(seq: number): void {
    this.#ledger.rewind(seq);
  }

  /** Does what is due: the next message is sent, a run is started for it, or somebody is asked. */
  pump(): void {
    if (!this.#isClosed) this.#inBackground(() => this.#log.exclusively(() => this.#pump()));
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
    if (!this.#run || run?.state !== "ready" || conversation.runningTurn !== null) return;
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
    await this.#log.exclusively(async () => {
      const changes = events(this.#log.conversation, this.#home.clock.now());
      await this.#commit(changes, command ? this.#command(command) : null);
    });
  }

  #choose(settings: { readonly model: string } | { readonly mode: string }, command: DriverCommand): Promise<void> {
    return this.#change((_, at) => (this.#run ? [] : [{ type: "agent.settings", ...settings, at }]), command);
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

  /** The driver only sees that the program is gone; the turn ends with the real cause, and only once. */
  #beforeEnd(end: EndOfRun | null): readonly ChatEvent[] {
    const turn = this.#log.conversation.runningTurn;
    if (!end || turn === null || end.cause === "agent-ended") return [];
    return [{ type: "turn.ended", turn, end: "interrupted", cause: causeOf(end), text: end.text, at: end.at }];
  }

  /** What the session itself has to say behind the driver's events. */
  #behind(folded: Folded | null, end: EndOfRun | null): readonly ChatEvent[] {
    const events = [...this.#beforeEnd(end), ...(folded?.events ?? [])];
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
    others: readonly Write[] = [],
    behind: readonly ChatEvent[] = [],
  ): Promise<void> {
    const all = [...events, ...(folded?.events ?? []), ...behind];
    const prepared = this.#log.prepare(all);
    const sends = (folded?.sends ?? []).map((send) => ({ op: "append-send", send }) as const);
    const kept = folded ? [keepDriver(this.wire, this.#wire.tail, folded.kept)] : [];
    const writes: Write[] = [...others, ...prepared.writes, ...kept, ...sends];
    if (writes.length === 0) return;
    await this.#home.commit(writes, durabilityOf(all), this.#newSummary(all));
    if (folded) this.#run?.committed(folded);
    const batch = prepared.done();
    if (batch) this.#home.show(batch);
    if (folded) this.#ledger.add(folded.sends);
    this.#setTimers();
    this.#tell(all);
  }

  #newSummary(events: readonly ChatEvent[]): ChatSummary | null {
    if (events.every(({ type }) => type === "part.delta")) return null;
    const summary = summaryOf(this.#log.after(events), this.#home.agent.id, this.#home.view);
    const text = JSON.stringify(summary);
    if (text === this.#summary) return null;
    this.#summary = text;
    return summary;
  }

  #tell(events: readonly ChatEvent[]): void {
    for (const event of events) {
      if (event.type === "approval.requested") this.#home.want("approval", event.title);
      if (event.type === "turn.ended" && event.cause !== "stopped") this.#home.want("answer", "");
    }
    for (const listener of this.#turnListeners) listener();
  }

  #setTimers(): void {
    this.#timers.set(this.#run?.timers ?? []);
  }

  async #onTimer(id: string): Promise<void> {
    await this.#log.exclusively(async () => {
      const folded = this.#run?.step({ is: "timer", time: this.#home.clock.now(), id });
      if (folded) await this.#commit([], folded);
    });
  }

  #endIfStillRunning(turn: string): void {
    if (!this.#isClosed && this.#log.conversation.runningTurn === turn) this.#home.endRun();
  }

  #outcomeOf(turn: string): Promise<Stopped["outcome"]> {
    const { promise, resolve } = Promise.withResolvers<Stopped["outcome"]>();
    const look = (): void => {
      const state = this.#log.conversation.turns[turn]?.state;
      if (state !== "running" && state !== undefined) resolve(state);
    };
    this.#turnListeners.add(look);
    const cancel = this.#home.clock.after(STOP_ANSWER_MS, () => resolve("not-yet"));
    look();
    return promise.finally(() => {
      this.#turnListeners.delete(look);
      cancel();
    });
  }

  /** What nobody waits for. A store that was taken over ends the server by itself; a full disk is tried again by the next pump. */
  #inBackground(work: () => Promise<unknown>): void {
    work().catch((error: unknown) => {
      if (!this.#isClosed) this.#home.log.warn({ session: this.#home.session, err: error }, "a step of a conversation failed");
    });
  }
}

function requireQueued(conversation: Conversation, input: string): void {
  if (!conversation.inputs[input]) throw new PerdureError("not-found", "There is no such message.");
  if (!conversation.queue.includes(input)) throw new PerdureError("message-sent");
}

/** What a person sent or decided is on disk before anybody hears of it; what an agent says can be told again by its wire. */
function durabilityOf(events: readonly ChatEvent[]): Durability {
  return events.every(({ type }) => /^(part|message)\.|^input\.(delivered|consumed)$/.test(type)) ? "normal" : "full";
}

function split(cause: string): [what: string, id?: string] {
  const at = cause.indexOf(":");
  return at === -1 ? [cause] : [cause.slice(0, at), cause.slice(at + 1)];
}
