/**
 * What the sessions' agents need of the server, besides a host: where they are looked for, their next run when a message waits, what
 * lies with them alone, parking, and the sweep.
 */
import { PerdureError, type StartRun } from "@perdure/protocol";
import type { AgentPlace } from "../agents/agent.ts";
import type { Clock } from "../platform/clock.ts";
import type { Home } from "../platform/home.ts";
import type { Log } from "../platform/log.ts";
import type { Store } from "../store/store.ts";
import { AgentTerminals } from "./agent-terminals.ts";
import type { Chat } from "./chat/chat.ts";
import { Parking } from "./chat/parking.ts";
import type { FullDisk } from "./full-disk.ts";
import type { LoginEnvironment } from "./login-environment.ts";
import { parkable } from "./parkable.ts";
import type { Registry } from "./registry.ts";
import type { Session } from "./session.ts";
import { sweepOf, type Sweep } from "./sweepable.ts";
import { Waking } from "./waking.ts";

export interface SessionAgentsOptions {
  readonly home: Home;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly disk: FullDisk;
  readonly login: LoginEnvironment;
  /** An agent that has nothing to do for so long is ended; the next message resumes it. */
  readonly parkAfterMs: number;
  readonly placeOf: (session: Session) => Promise<AgentPlace>;
  readonly startRun: (session: Session, request: StartRun, key: string) => Promise<unknown>;
  /** Somebody is just starting or deleting it. */
  readonly isTaken: (session: Session) => boolean;
  readonly endRun: (session: Session) => void;
  readonly inBackground: (work: Promise<unknown>) => void;
}

export class SessionAgents {
  readonly #options: SessionAgentsOptions;
  readonly #terminals: AgentTerminals;
  readonly #waking: Waking;
  readonly #parking: Parking;
  readonly #sweep: Sweep;
  #isClosed = false;

  constructor(options: SessionAgentsOptions) {
    const { store, clock, log, registry, disk, placeOf, startRun, isTaken, endRun, parkAfterMs } = options;
    this.#options = options;
    this.#terminals = new AgentTerminals({
      store,
      clock,
      log,
      sessions: () => registry.all,
      placeOf,
      startAnew: (session) => this.wake(session),
    });
    this.#waking = new Waking({ log, disk, startRun, isTaken: (session) => this.#isClosed || isTaken(session) });
    this.#parking = new Parking(clock, parkAfterMs, () => parkable(registry.all, { endRun }));
    this.#sweep = sweepOf(registry, clock, log);
  }

  start(): void {
    this.#parking.start();
    this.#terminals.start();
  }

  close(): void {
    this.#isClosed = true;
    this.#parking.stop();
    this.#sweep.stop();
    this.#terminals.stop();
  }

  /** Who lives is not known any more. */
  hostLost(): void {
    this.#sweep.stop();
  }

  /** Every session was compared with what this host has: messages that waited when the last server ended go on. */
  compared(isCurrent: boolean): void {
    if (isCurrent && !this.#isClosed) this.#sweep.start();
    for (const { chat, details } of this.#options.registry.all) if (chat && details.chat && details.chat.queued > 0) chat.pump();
  }

  /** Starts the next run of a session for a message that waits. */
  wake(session: Session): void {
    this.#options.inBackground(this.#waking.wake(session));
  }

  /** A run is over, which may have been one in an agent's own terminal program. */
  runEnded(session: Session): void {
    if (session.chat && !session.isChatRun) this.#options.inBackground(this.#terminals.ended(session));
  }

  /** What is to be known of an agent's terminal run that is over, before the next. */
  settle(session: Session): Promise<void> {
    return this.#terminals.settle(session);
  }

  /** Where an agent is looked for when a page asks: the login shell's environment, in a directory or at home. */
  async place(cwd: string | undefined): Promise<AgentPlace> {
    const env = await this.#options.login.get();
    return { cwd: cwd ?? env["HOME"] ?? "/", env: { ...env, PERDURE_HOME: this.#options.home.directory } };
  }

  /** The conversation as it is; of an agent in its terminal also what lies with the agent alone. */
  async conversation(session: Session): Promise<Chat> {
    const { chat } = session;
    if (!chat) throw new PerdureError("no-conversation", "This session is a terminal; messages go to sessions with an agent.");
    if (!session.isChatRun) await this.#terminals.importHistory(session);
    await chat.conversation();
    return chat;
  }

  /** The session that has a conversation of an agent. */
  withConversation(agent: string, resumeId: string): Session | null {
    const { registry } = this.#options;
    return registry.all.find(({ details }) => details.agent?.id === agent && details.chat?.resumeId === resumeId) ?? null;
  }
}
