/** Sessions of an embedder's own function, over a real store and host; a test's servers follow each other on one home. */
import { randomUUID } from "node:crypto";
import { asTwoStates, type Conversation, type Turn } from "@perdure/protocol";
import { afterEach, beforeEach } from "vitest";
import { knownAgents } from "../agents/agents.ts";
import { functionAgent } from "../agents/function/function-agent.ts";
import type { FunctionAgentOptions } from "../agents/function/function-parts.ts";
import type { Home } from "../platform/home.ts";
import type { Session } from "../sessions/session.ts";
import { aborted, type FunctionBody } from "./function-bench.ts";
import { ENVIRONMENT, openScratchSessions, scratchHome, type Faults, type ScratchSessions } from "./scratch-sessions.ts";

/** For each test of a file; a server that ended badly fails its test. */
export function functionSessions() {
  let home: Home;
  let bed: ScratchSessions;
  const faults: Faults = { code: "storage-full", hits: () => false };

  beforeEach(() => {
    home = scratchHome();
    faults.hits = () => false;
  });
  afterEach(async () => {
    faults.hits = () => false;
    const { fatals } = bed;
    await bed.close();
    if (fatals.length > 0) throw fatals[0];
  });

  async function open(run: FunctionBody, more: Partial<FunctionAgentOptions> = {}): Promise<void> {
    const mine = functionAgent({ id: "mine", name: "Mine", run, ...more });
    bed = await openScratchSessions(home, { agents: [...knownAgents(), mine], faults });
  }

  return {
    faults,
    /** The one that was opened last. */
    get bed(): ScratchSessions {
      return bed;
    },
    open,
    /** The next server knows nothing of the function. */
    async openWithout(): Promise<void> {
      bed = await openScratchSessions(home, { agents: knownAgents(), faults });
    },
    /** The next server on the same home, and the first session. */
    async reopen(run: FunctionBody, more: Partial<FunctionAgentOptions> = {}): Promise<Session> {
      const { id } = bed.sessions.registry.all[0]!;
      await bed.leave();
      await open(run, more);
      return bed.sessions.require(id);
    },
    async begin(): Promise<Session> {
      const { session } = await bed.sessions.create({ agent: { agent: "mine" }, environment: ENVIRONMENT }, randomUUID());
      return session;
    },
  };
}

export async function send(session: Session, text: string, id: string = randomUUID()): Promise<string> {
  await session.chat!.accept(id, text);
  return id;
}

/** Resolves with the conversation when it is so; looked at whenever something was committed. */
export async function until(session: Session, holds: (conversation: Conversation) => boolean): Promise<Conversation> {
  const { events } = session.chat!;
  await session.chat!.conversation();
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (holds(events.conversation)) resolve();
  };
  events.onCommitted(() => queueMicrotask(look));
  look();
  await promise;
  return events.conversation;
}

/** Resolves when the turn that answers this message is over. */
export async function ended(session: Session, input: string): Promise<{ turn: Turn; text: string; conversation: Conversation }> {
  const isOver = ({ inputs, turns }: Conversation): boolean => {
    const turn = turns[inputs[input]?.turn ?? ""];
    return turn !== undefined && turn.state !== "running";
  };
  const conversation = await until(session, isOver);
  const turn = conversation.turns[conversation.inputs[input]!.turn!]!;
  return { turn, text: textOf(conversation, turn.id), conversation };
}

export function textOf({ messages }: Conversation, turn: string): string {
  const said = Object.values(messages).filter((message) => message.turn === turn);
  return said.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === "text" ? [part.text] : []))).join("");
}

/** Says this and then waits until it is stopped. */
export const half = (text: string): FunctionBody =>
  async function* (request) {
    yield text;
    await aborted(request);
  };

export const whole: FunctionBody = async function* ({ prompt, messages }) {
  yield `${prompt}, behind ${messages.length}`;
};

/** What is wrong in a conversation: a turn that runs without a run, or one that ended and has no words for who needs them. */
export function faultsOf(session: Session): string[] {
  const { conversation } = session.chat!.events;
  return Object.values(conversation.turns).flatMap(({ id, state }) => {
    if (state === "running") return session.isAlive ? [] : [`${id} runs`];
    return asTwoStates(conversation, id)?.content === "" ? [`${id} is empty`] : [];
  });
}
