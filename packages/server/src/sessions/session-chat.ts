/** What a conversation needs, given by its session and the services of the server. */
import type { Attention, ChatEvent, ChatSummary, RunState } from "@perdure/protocol";
import type { Agent } from "../agents/agent.ts";
import type { Durability, StreamState, Write } from "../store/store.ts";
import type { Attachment } from "./attachment.ts";
import { Chat } from "./chat/chat.ts";
import type { ChatHome } from "./chat/chat-home.ts";
import { endedElsewhere } from "./chat/elsewhere.ts";
import { endWords } from "./chat/end-words.ts";
import type { EndOfRun } from "./chat/ladder.ts";
import type { AgentDetails, SessionDetails } from "./details.ts";
import { LoadableChat } from "./loadable-chat.ts";
import type { Services } from "./services.ts";
import type { Session } from "./session.ts";

/** The session's own side of it. */
export interface ChatSide {
  readonly session: Session;
  readonly details: AgentDetails;
  readonly agent: Agent;
  readonly attachments: ReadonlySet<Attachment>;
  commit(writes: readonly Write[], durability: Durability, summary: ChatSummary | null): Promise<void>;
  want(attention: Attention): void;
}

/** The conversation; what becomes of its streams is recorded. */
export function makeChat(side: ChatSide, services: Services, wire: StreamState, summary: ChatSummary | null): Chat {
  const loadable = new LoadableChat(side.session, side.attachments);
  const chat = new Chat(chatHome(side, services, loadable), wire, summary);
  chat.events.onCommitted((events) => {
    const news = events.filter((event) => !endedElsewhere(chat.events.conversation, event));
    services.streams.committed(side.session.id, news);
  });
  loadable.events = chat.events;
  return chat;
}

function chatHome(side: ChatSide, services: Services, loadable: LoadableChat): ChatHome {
  const { session, agent, details } = side;
  const { store, clock, log } = services;
  return {
    session: session.id,
    agent,
    store,
    clock,
    log,
    usesDigest: details.usesDigest,
    get isAlive() {
      return session.isAlive;
    },
    get isEnding() {
      return session.commits.isEnding;
    },
    get view() {
      return session.run.row.kind === "pipe" ? "chat" : "terminal";
    },
    sendToHost: (run, seq, data) => services.sendLedger(run, seq, data),
    commit: (writes, durability, summary) => side.commit(writes, durability, summary),
    show: (batch) => {
      for (const each of side.attachments) if (each.mode === "chat") each.viewer.committed(batch);
    },
    used: () => services.loaded.used(loadable),
    want: (reason, text) => side.want({ reason, at: clock.now(), ...(text === "" ? {} : { text }) }),
    wake: () => services.wake(session),
    endRun: (cause) => {
      session.commits.askEnd(cause);
      services.endRun(session);
    },
  };
}

/** What the end of the session's run means for its conversation. `asked`: why somebody wanted it, if somebody did. */
export function endOfRun(session: Session, state: RunState, asked: EndOfRun["cause"] | null, services: Services): EndOfRun {
  const { agent: details } = session.details;
  const knowsInputs = details !== null && services.agent(details.id)?.knowsInputs === true;
  const at = "at" in state ? state.at : services.clock.now();
  return { run: session.run.row.id, wasAsked: asked !== null, knowsInputs, at, ...endWords(state, asked) };
}

/** The agent's terminal program runs; its conversation has the id that stands in its command, if one does. */
export function terminalReady(agent: Agent, { command, cwd }: SessionDetails, run: string, at: number): ChatEvent[] {
  const [program = "", ...args] = command;
  const resumeId = agent.terminal({ program, args, cwd, env: {}, newId: "", resumeId: null })?.pinned;
  const ready: ChatEvent = { type: "agent.ready", run, at };
  return resumeId ? [ready, { type: "session.resume-id", resumeId, at }] : [ready];
}
