/**
 * The commits of a conversation: each is one transaction of events, the driver's state, rows of the ledger, the program's own bytes
 * and what the session has to write with them. What was committed is reduced, shown, sent on its way and told, in this order.
 */
import type { ChatEvent, ChatSummary } from "@perdure/protocol";
import type { StreamKey, StreamState, Write } from "../../store/store.ts";
import type { Batch } from "../records.ts";
import type { AgentAtWork } from "./agent-at-work.ts";
import type { ChatHome, SessionWrites } from "./chat-home.ts";
import { crashBehind } from "./crashes.ts";
import type { Folded } from "./driver-run.ts";
import { endedElsewhere } from "./elsewhere.ts";
import { durabilityOf } from "./durability.ts";
import type { EventLog } from "./event-log.ts";
import { dropRun, keepStep } from "./kept-driver.ts";
import { summaryOf } from "./summary.ts";

/** What one commit holds. */
export interface ToCommit {
  readonly events?: readonly ChatEvent[];
  /** What steps of the driver came to; its events follow the others. */
  readonly folded?: Folded | null;
  /** What the session has to say behind the driver's events. */
  readonly behind?: readonly ChatEvent[];
  readonly writes?: SessionWrites;
}

export class Commits {
  readonly #home: ChatHome;
  readonly #log: EventLog;
  readonly #agent: AgentAtWork;
  readonly #wireKey: StreamKey;
  #wire: StreamState;
  #summary: string;

  constructor(home: ChatHome, log: EventLog, agent: AgentAtWork, wire: StreamState, summary: ChatSummary | null) {
    this.#home = home;
    this.#log = log;
    this.#agent = agent;
    this.#wireKey = { session: home.session, stream: "wire" };
    this.#wire = wire;
    this.#summary = JSON.stringify(summary);
  }

  /** The stream of the program's own bytes. */
  get wire(): StreamState {
    return this.#wire;
  }

  /** Commits, all of it or nothing. Within `exclusively` of the log. */
  async commit({ events = [], folded = null, behind = [], writes: others = () => [] }: ToCommit): Promise<void> {
    const all = [...events, ...(folded?.events ?? []), ...behind];
    const prepared = this.#log.prepare(all);
    const sends = (folded?.sends ?? []).map((send) => ({ op: "append-send", send }) as const);
    const over = behind.find((event) => event.type === "run.ended");
    const kept = folded && !over ? keepStep(this.#wireKey, this.#wire.tail, folded) : [];
    const dropped = over ? dropRun(this.#wireKey, over.run) : [];
    const writes: Write[] = [...others(), ...prepared.writes, ...kept, ...sends, ...dropped];
    if (writes.length === 0) return;
    const summary = this.#newSummary(all);
    await this.#home.commit(writes, durabilityOf(all), summary);
    if (summary) this.#summary = JSON.stringify(summary);
    if (folded) this.#agent.committed(folded);
    const batch = prepared.done();
    crashBehind(all);
    if (batch) this.#home.show(batch);
    if (folded) this.#agent.send(folded.sends);
    this.#agent.setTimers();
    this.#tell(all);
  }

  /** The same with the bytes that the steps were made of. */
  async commitOutput(batch: Batch, { writes = () => [], ...others }: ToCommit): Promise<void> {
    const { records, start, end } = batch;
    const append = records.length > 0 ? [{ op: "append", ...this.#wireKey, records, expectedTail: start } as const] : [];
    const before = this.#wire;
    this.#wire = { ...before, tail: end };
    try {
      await this.commit({ ...others, writes: () => [...append, ...writes()] });
    } catch (error) {
      this.#wire = before;
      throw error;
    }
  }

  #newSummary(events: readonly ChatEvent[]): ChatSummary | null {
    if (events.every(({ type }) => type === "part.delta")) return null;
    const summary = summaryOf(this.#log.after(events), this.#home.agent.id, this.#home.view);
    return JSON.stringify(summary) === this.#summary ? null : summary;
  }

  #tell(events: readonly ChatEvent[]): void {
    for (const event of events) {
      if (event.type === "approval.requested") this.#home.want("approval", event.title);
      if (endedElsewhere(this.#log.conversation, event)) continue;
      if (event.type === "turn.ended" && event.cause !== "stopped") this.#home.want("answer", "");
    }
  }
}
