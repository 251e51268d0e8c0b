/**
 * Agents in their own terminal programs, seen from outside: which conversation they are in, found in their files again and again
 * (they change it by themselves); what was said there; and a program that ended at once because it no longer knew its conversation.
 */
import type { AgentPlace } from "../agents/agent.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Store } from "../store/store.ts";
import { lastWords } from "./last-words.ts";
import type { Session } from "./session.ts";

const LOOK_MS = 5_000;
const LAST_BYTES = 8 * 1024;
/** An agent that does not know its conversation says so and ends; one that ran longer had it. */
const AT_ONCE_MS = 30_000;
/** For a run that is over: no process has it. */
const NO_PROCESS = -1;

export interface AgentTerminalsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly sessions: () => readonly Session[];
  readonly placeOf: (session: Session) => Promise<AgentPlace>;
  /** Starts the next run, with a fresh conversation. */
  readonly startAnew: (session: Session) => void;
}

export class AgentTerminals {
  readonly #options: AgentTerminalsOptions;
  #cancel: () => void = () => undefined;
  #isLooking = false;

  constructor(options: AgentTerminalsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancel = this.#options.clock.after(LOOK_MS, () => {
      if (!this.#isLooking) void this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#cancel();
  }

  /** Takes over what was said in the terminal; what cannot be read this time is read the next. */
  async importHistory(session: Session): Promise<void> {
    await this.#quietly(session, async (place) => session.chat?.importHistory(place));
  }

  /** A terminal run is over: which conversation it was, if it ended before that was found, and what was said there. */
  async settle(session: Session): Promise<void> {
    const conversation = await session.chat?.conversation();
    const since = conversation?.runs.at(-1)?.startedAt;
    if (conversation?.resumeId === null && since !== undefined) await this.#findConversation(session, NO_PROCESS, since);
    await this.importHistory(session);
  }

  /** As {@link settle}; one that did not know its conversation is started again, once. */
  async ended(session: Session): Promise<void> {
    await this.settle(session);
    const { store, clock, startAnew } = this.#options;
    const { chat, run, key, stream, details } = session;
    const agent = details.agent && chat?.agent;
    if (!chat || !agent || run.state.is !== "exited" || run.state.code === 0) return;
    const last = (await chat.conversation()).runs.at(-1);
    if (!last || last.origin === "restarted" || run.state.at - last.startedAt > AT_ONCE_MS) return;
    const page = await store.read(key, Math.max(run.row.baseOffset, stream.tail - LAST_BYTES), LAST_BYTES);
    const words = page.ok ? lastWords(agent, Buffer.concat(page.records.map(({ data }) => data))) : null;
    if (!words || (last.origin === "new" && words.reason !== "unknown-conversation")) return;
    await chat.note([{ type: "agent.failed", run: last.id, reason: words.reason, text: words.text, at: clock.now() }]);
    if (words.reason === "unknown-conversation") startAnew(session);
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    for (const session of this.#options.sessions()) {
      const { chat, run } = session;
      if (!chat || session.isChatRun || run.state.is !== "running") continue;
      await this.#findConversation(session, run.state.pid, run.state.at);
    }
    this.#isLooking = false;
  }

  /** In the agent's files, which may not say whose a conversation is: not one that another session has. */
  async #findConversation(session: Session, pid: number, since: number): Promise<void> {
    const { chat } = session;
    await this.#quietly(session, async (place) => {
      const others = this.#othersOf(session);
      const taken = new Set(others.flatMap(({ details }) => details.chat?.resumeId ?? []));
      const isAlone = !others.some((other) => mayBeginOne(other, session.details.cwd, since));
      const { title } = session.details;
      const resumeId = (await chat?.agent.watchTerminal({ ...place, pid, since, title, taken, isAlone })) ?? null;
      if (!chat || resumeId === null || taken.has(resumeId) || resumeId === (await chat.conversation()).resumeId) return;
      await chat.note([{ type: "session.resume-id", resumeId, at: this.#options.clock.now() }]);
    });
  }

  /** Other sessions with the same agent. */
  #othersOf({ id, details }: Session): readonly Session[] {
    return this.#options.sessions().filter((other) => other.id !== id && other.details.agent?.id === details.agent?.id);
  }

  async #quietly(session: Session, work: (place: AgentPlace) => Promise<unknown>): Promise<void> {
    try {
      await work(await this.#options.placeOf(session));
    } catch (error) {
      this.#options.log.info({ session: session.id, err: error }, "an agent's conversation could not be read this time");
    }
  }
}

/** A terminal of whose conversation nothing is known, and that ran here since then: one that was begun here may be its. */
function mayBeginOne({ details, isChatRun, run }: Session, cwd: string, since: number): boolean {
  if (isChatRun || details.cwd !== cwd || (details.chat?.resumeId ?? null) !== null) return false;
  return run.state.is === "starting" || run.state.is === "running" || run.state.at >= since;
}
