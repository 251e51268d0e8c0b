/**
 * The conversation of one session while the server lives: the one place that appends to its events. Commands of people, output of
 * the agent and ends of runs come in here one after the other; each is one commit (events, driver state, ledger, marks), shown
 * only then. Whoever looks or does not look, the queue goes on: see {@link Chat.pump}.
 */
import { currentRun, PerdureError, type ChatEvent, type ChatSummary, type Conversation, type Offer, type Stopped } from "@perdure/protocol";
import type { Agent, AgentPlace } from "../../agents/agent.ts";
import type { DriverCommand } from "../../agents/driver.ts";
import type { StreamState } from "../../store/store.ts";
import { adoptionNotice } from "../adoption.ts";
import type { Batch } from "../records.ts";
import { AgentAtWork } from "./agent-at-work.ts";
import { Background } from "./background.ts";
import { behind, withCause } from "./behind.ts";
import type { ChatHome, SessionWrites } from "./chat-home.ts";
import { Commits, type ToCommit } from "./commits.ts";
import { deliveredEvents } from "./delivered.ts";
import { digest } from "./digest.ts";
import { DriverFault, DriverRun, type Folded } from "./driver-run.ts";
import { laterElsewhere, readElsewhere } from "./elsewhere.ts";
import { EventLog } from "./event-log.ts";
import { importHistory } from "./import-history.ts";
import type { LoadedDriver } from "./kept-driver.ts";
import { next, type EndOfRun } from "./ladder.ts";
import type { AgentRunLaunch } from "./launching.ts";
import { accepted, answered, edited, named, removed, takenUp } from "./requests.ts";
import { staleEnd } from "./stale.ts";
import { Stopping, stoppable } from "./stopping.ts";

export class Chat {
  readonly #home: ChatHome;
  readonly #log: EventLog;
  readonly #agent: AgentAtWork;
  readonly #commits: Commits;
  readonly #stopping: Stopping;
  readonly #background: Background;
  #isClosed = false;

  constructor(home: ChatHome, wire: StreamState, summary: ChatSummary | null) {
    const { clock, sendToHost } = home;
    this.#home = home;
    this.#log = new EventLog(home.store, home.session, () => home.used());
    this.#background = new Background(home);
    this.#agent = new AgentAtWork({ clock, sendToHost, onTimer: (id) => this.#background.run(() => this.#onTimer(id)) });
    this.#commits = new Commits(home, this.#log, this.#agent, wire, summary);
    this.#stopping = new Stopping({ clock, conversation: () => this.#log.conversation, endRun: () => home.endRun("stopped") });
  }

  get agent(): Agent {
    return this.#home.agent;
  }

  get events(): EventLog {
    return this.#log;
  }

  get wireTail(): number {
    return this.#commits.wire.tail;
  }

  /** Reads what there is, if that was not done. */
  async conversation(): Promise<Conversation> {
    await this.#log.load();
    return this.#log.conversation;
  }

  /** A user's message is on disk when this resolves. The same id and text again changes nothing. */
  async accept(input: string, text: string, by?: string): Promise<void> {
    await this.#change((conversation, at) => accepted(conversation, { input, text, by, at }));
    this.pump();
  }

  /** Changes a message that still waits. Throws `message-sent` if it does not. */
  async edit(input: string, text: string): Promise<void> {
    await this.#change((conversation, at) => edited(conversation, input, text, at));
  }

  /** Takes a message back that still waits. */
  async remove(input: string): Promise<void> {
    await this.#change((conversation, at) => removed(conversation, input, at));
    this.pump();
  }

  /** Answers an approval, once. Throws `approval-closed` when somebody was faster. */
  async answer(approval: string, option: string, note: string | undefined, by?: string): Promise<void> {
    await this.#change(
      (conversation, at) => {
        const events = answered(conversation, { approval, option, note, by }, at);
        this.#requireReachable();
        return events;
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
    const stopped = await this.#exclusively(async () => {
      this.#requireReachable();
      const what = stoppable(this.#log.conversation);
      const at = this.#home.clock.now();
      if (what.is === "turn") {
        const stopping: ChatEvent = { type: "turn.stopping", turn: what.turn, at, ...named(by) };
        const folded = this.#agent.attempt({ is: "interrupt" });
        // It cannot be told to stop: then it is ended, as one that does not follow.
        await this.#commit({ events: [stopping], folded: folded instanceof DriverFault ? null : folded });
      } else if (what.is === "message") {
        await this.#commit({ events: this.#hold(what.input, "stopped", "Stopped before it was sent.", ["send-again", "discard"]) });
      }
      return what;
    });
    return this.#stopping.outcomeOf(stopped);
  }

  /** Takes up an offer of the transcript. */
  async recover(offer: Offer, input?: string): Promise<void> {
    const { isAlive } = this.#home;
    await this.#change((conversation, at) => takenUp(conversation, { offer, input, isAlive: this.#home.isAlive, at }));
    if (offer === "start" && isAlive) this.#home.endRun("started-anew");
    this.pump();
  }

  /** The first events of a run, committed together with its row; its ledger goes out as soon as the host has it. */
  async begin({ events, setup }: AgentRunLaunch, writes: SessionWrites): Promise<void> {
    if (!setup) return this.note(events, writes);
    await this.#log.exclusively(async () => {
      const { clock, agent } = this.#home;
      const folded = DriverRun.begin(agent.driver, setup, this.#commits.wire.tail, clock.now());
      await this.#commit({ events, folded, writes });
      this.#agent.begun(new DriverRun(agent.driver, folded.kept));
    });
  }

  /** Events of a run without a driver (the agent's own terminal program), with its row. */
  async note(events: readonly ChatEvent[], writes: SessionWrites = () => []): Promise<void> {
    await this.#log.exclusively(() => this.#commit({ events, writes }));
  }

  /** Takes over what lies with the agent and is not here. */
  async importHistory(place: AgentPlace): Promise<void> {
    const { resumeId } = await this.conversation();
    const history = resumeId === null ? null : await this.#home.agent.history(resumeId, place);
    if (history === null) return;
    await this.#change((conversation, at) => {
      const run = conversation.runs.at(-1);
      const isSame = conversation.resumeId === resumeId && conversation.runningTurn === null;
      return run && isSame ? importHistory(conversation, history.messages, { run, at, isLive: this.#home.isAlive }) : [];
    });
  }

  /** The same for a conversation from elsewhere, before its first run here: what was said there since it was opened. */
  async lookElsewhere(place: AgentPlace): Promise<void> {
    const { resumeId, runs } = await this.conversation();
    if (resumeId === null || runs.length > 0) return;
    const { agent, clock } = this.#home;
    const told = await readElsewhere(agent, resumeId, place, clock);
    await this.#change((conversation, at) => laterElsewhere(conversation, agent, told, `elsewhere.${this.#log.stream.tail}`, at));
  }

  /**
   * A run of an earlier server that still lives goes on here: with what that one's driver kept, or, if another release wrote it, by
   * folding the run anew. One that cannot be understood any more is ended, and its conversation resumed.
   */
  async adopt(run: string): Promise<void> {
    await this.#log.exclusively(async () => {
      const taken = await this.#takeOver();
      const about = { session: this.#home.session, run };
      if (taken?.is === "loaded" && taken.isRefolded) this.#home.log.info(about, "a run that another release began was folded anew");
      if (this.#agent.run === run) return;
      const because = taken?.is === "impossible" ? taken.because : "it is not the conversation's";
      this.#home.log.warn({ ...about, because }, "a run that cannot be understood any more is ended");
      this.#home.endRun("server-cannot-know");
    });
  }

  /** The host that is connected has the run. */
  hostHasRun(): void {
    this.#agent.hostHasRun();
    this.pump();
  }

  /** The next run could not even be prepared: whoever waits is asked. */
  async failedToStart(code: string, text: string): Promise<void> {
    await this.#log.exclusively(async () => {
      const [head] = this.#log.conversation.queue;
      if (head !== undefined) await this.#ask(head, code, text, ["retry", "restart", "discard"]);
    });
  }

  /**
   * A batch of the run's output, with the writes of the session for it. `end`: the run is over with it; what waits then goes on
   * by {@link pump}, once the session knows it, too.
   */
  async fold(batch: Batch, writes: SessionWrites, end: EndOfRun | null): Promise<void> {
    await this.#log.exclusively(async () => {
      const folded = withCause(this.#agent.fold(batch), end);
      const events = adoptionNotice(batch.adopted, this.#log.conversation);
      await this.#commits.commitOutput(batch, { events, folded, behind: this.#behind(folded, end), writes });
      this.#stopping.look();
      if (end) this.#agent.over();
    });
    if (!end) this.pump();
  }

  /** The run is over and nobody saw it end; `writes` say so. To be followed by {@link pump}, as above. */
  async lose(end: EndOfRun, writes: SessionWrites): Promise<void> {
    await this.#log.exclusively(async () => {
      const folded = withCause(this.#agent.lost(end), end);
      await this.#commit({ folded, behind: this.#behind(folded, end), writes });
      this.#agent.over();
    });
  }

  /** No run lives, so nothing may run: closes what still looks so, and answers whether there was anything. */
  async closeStale(): Promise<boolean> {
    const isClosed = await this.#exclusively(() => this.#closeStale());
    if (isClosed) this.pump();
    return isClosed;
  }

  async #closeStale(): Promise<boolean> {
    const { isAlive, agent, clock } = this.#home;
    const events = isAlive ? [] : staleEnd(this.#log.conversation, agent.knowsInputs, clock.now());
    if (events.length > 0) await this.#commit({ events });
    return events.length > 0;
  }

  /** The host has the ledger of a run up to this number. */
  delivered(run: string, seq: number): void {
    const events = deliveredEvents(this.#agent.delivered(run, seq), this.#home.clock.now());
    if (events.length > 0) this.#background.run(() => this.#log.exclusively(() => this.#commit({ events })));
  }

  /** The host could not take this number now. */
  refused(run: string, seq: number): void {
    this.#agent.refused(run, seq);
  }

  /** Does what is due: the next message is sent, a run is started for it, or somebody is asked. */
  pump(): void {
    if (!this.#isClosed) this.#background.run(() => this.#exclusively(() => this.#pump()));
  }

  close(): void {
    this.#isClosed = true;
    this.#background.close();
    this.#stopping.close();
    this.#agent.close();
  }

  async #pump(): Promise<void> {
    const conversation = this.#log.conversation;
    if (this.#isClosed || this.#home.view === "terminal") return;
    if (this.#home.isAlive) return this.#dispatch(conversation);
    await this.#closeStale();
    const decision = next(this.#log.conversation, this.#home.clock.now());
    const [head] = this.#log.conversation.queue;
    if (decision.is === "start") this.#home.wake();
    if (decision.is === "ask" && head !== undefined) await this.#ask(head, decision.code, decision.text, decision.offers);
  }

  /** Somebody has to decide what becomes of this message. */
  async #ask(input: string, code: string, text: string, offers: readonly Offer[]): Promise<void> {
    await this.#commit({ events: this.#hold(input, code, text, offers) });
    this.#home.want("question", text);
  }

  async #dispatch(conversation: Conversation): Promise<void> {
    const [input] = conversation.queue;
    const run = conversation.runs.at(-1);
    const text = input === undefined ? undefined : conversation.inputs[input];
    // It lives and will not be ready: nothing that waits may wait for it.
    if (run?.state === "starting" && run.failure && !this.#home.isEnding) return this.#home.endRun(run.failure.reason);
    if (this.#agent.run === null || this.#home.isEnding || run?.state !== "ready" || conversation.runningTurn !== null) return;
    if (input === undefined || text?.state !== "accepted") return;
    const at = this.#home.clock.now();
    const isFirst = !Object.values(conversation.turns).some((turn) => turn.run === run.id);
    const preamble = isFirst && run.origin === "restarted" && this.#home.usesDigest ? digest(conversation, input) : null;
    const prompt = { is: "prompt", input, turn: `t${run.number}.${input}`, text: text.text } as const;
    const folded = this.#agent.attempt(preamble === null ? prompt : { ...prompt, preamble });
    if (folded instanceof DriverFault) return this.#ask(input, "driver-fault", folded.message, ["retry", "start", "discard"]);
    await this.#commit({ events: [{ type: "input.dispatched", input, run: run.id, at }], folded });
  }

  async #change(events: (conversation: Conversation, at: number) => ChatEvent[], command?: DriverCommand): Promise<void> {
    await this.#exclusively(async () => {
      const changes = events(this.#log.conversation, this.#home.clock.now());
      const folded = command ? this.#agent.attempt(command) : null;
      if (folded instanceof DriverFault) throw new PerdureError("internal", folded.message, { cause: folded.cause });
      await this.#commit({ events: changes, folded });
    });
  }

  #choose(settings: { readonly model: string } | { readonly mode: string }, command: DriverCommand): Promise<void> {
    return this.#change((_, at) => (this.#agent.run !== null ? [] : [{ type: "agent.settings", ...settings, at }]), command);
  }

  /** Runs work that may speak with the agent: of a run that an earlier server began, what that one kept is read first. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#log.exclusively(async () => {
      await this.#takeOver();
      return work();
    });
  }

  /** `null`: there is nothing to take over. */
  async #takeOver(): Promise<LoadedDriver | null> {
    const { conversation } = this.#log;
    const run = currentRun(conversation);
    if (this.#agent.run !== null || run?.view !== "chat" || !this.#home.isAlive) return null;
    const { store, agent } = this.#home;
    const { session, stream, tail } = this.#commits.wire;
    return this.#agent.takeOver({ store, wire: { session, stream }, tail, run: run.id, driver: agent.driver, conversation });
  }

  /** What nobody could be told must not look as if it was. */
  #requireReachable(): void {
    const run = currentRun(this.#log.conversation);
    if (this.#agent.run !== null || run?.view !== "chat" || !this.#home.isAlive) return;
    throw new PerdureError("host-unavailable", "The agent cannot be reached now; try again.");
  }

  #hold(input: string, code: string, text: string, offers: readonly Offer[]): ChatEvent[] {
    const at = this.#home.clock.now();
    const notice = `${code}.${this.#log.stream.tail}`;
    return [
      { type: "notice", notice, level: "warning", code, text, offers, at },
      { type: "input.held", input, notice, at },
    ];
  }

  #behind(folded: Folded | null, end: EndOfRun | null): readonly ChatEvent[] {
    return behind(folded?.events ?? [], end, (events) => this.#log.after(events));
  }

  async #commit(what: ToCommit): Promise<void> {
    await this.#commits.commit(what);
    this.#stopping.look();
  }

  async #onTimer(id: string): Promise<void> {
    await this.#log.exclusively(async () => {
      const folded = this.#agent.timer(id);
      if (folded) await this.#commit({ folded });
      else this.#agent.setTimers(); // the clock was set back, or was a moment behind: its time is still to come
    });
    this.pump();
  }
}
