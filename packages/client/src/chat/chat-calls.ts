/** The part of the HTTP interface that is about conversations with agents (PROTOCOL §12), in typed functions. */
import {
  type AgentInfo,
  AgentList,
  type AnswerApproval,
  type ChooseAgentSettings,
  ConversationList,
  ConversationPart,
  OfferedEnvironment,
  type OutsideConversation,
  type Recover,
  SessionInfo,
  Stopped,
  type StreamReport,
} from "@perdure/protocol";
import type { CallOptions, Http } from "../http.ts";

export interface ChatCalls {
  /** The entries of a conversation before the one with this number, newest last, as many as the server gives at once. */
  earlierPart(session: string, before: number, options?: CallOptions): Promise<ConversationPart>;
  /** The message is on the server's disk when this resolves. `message` is a UUID of the sender; the same id and text again is the same message. */
  sendMessage(session: string, message: string, text: string, options?: CallOptions): Promise<void>;
  /** Changes a message that still waits with the server; else `message-sent`. */
  editMessage(session: string, message: string, text: string, options?: CallOptions): Promise<void>;
  removeMessage(session: string, message: string, options?: CallOptions): Promise<void>;
  /** `approval-closed` if somebody was faster. */
  answerApproval(session: string, approval: string, answer: AnswerApproval, options?: CallOptions): Promise<void>;
  stopTurn(session: string, options?: CallOptions): Promise<Stopped["outcome"]>;
  chooseSettings(session: string, settings: ChooseAgentSettings, options?: CallOptions): Promise<void>;
  /** Variables for the session's next run; answers the names that were taken. */
  offerEnvironment(session: string, variables: Readonly<Record<string, string>>, options?: CallOptions): Promise<readonly string[]>;
  recover(session: string, request: Recover, options?: CallOptions): Promise<SessionInfo>;
  /** What this client saw of streams of answers, for the server's diagnostics: at most 20 at once. Nothing depends on it: one that fails may be dropped. */
  reportStreams(reports: readonly StreamReport[], options?: CallOptions): Promise<void>;
  /** The agents that perdure knows, found or not, as seen from a directory. */
  agents(cwd?: string, options?: CallOptions): Promise<readonly AgentInfo[]>;
  /** Conversations that lie with the agents, newest first. */
  conversations(about?: { readonly cwd?: string; readonly agent?: string }, options?: CallOptions): Promise<readonly OutsideConversation[]>;
}

/** The server waits for the agent's answer to a stop. */
const STOP_MS = 60_000;

export function chatCalls(http: Http): ChatCalls {
  return {
    earlierPart: (session, before, options) =>
      http.json(ConversationPart, "GET", path(session, `/conversation/earlier?before=${before}`), undefined, options),
    sendMessage: (session, message, text, options) => http.done("PUT", messagePath(session, message), { text }, options),
    editMessage: (session, message, text, options) => http.done("PATCH", messagePath(session, message), { text }, options),
    removeMessage: (session, message, options) => http.done("DELETE", messagePath(session, message), undefined, options),
    answerApproval: (session, approval, answer, options) =>
      http.done("POST", path(session, `/approvals/${encodeURIComponent(approval)}`), answer, options),
    stopTurn: async (session, options) =>
      (await http.json(Stopped, "POST", path(session, "/stop"), {}, { timeoutMs: STOP_MS, ...options })).outcome,
    chooseSettings: (session, settings, options) => http.done("PATCH", path(session, "/agent"), settings, options),
    offerEnvironment: async (session, variables, options) =>
      (await http.json(OfferedEnvironment, "POST", path(session, "/environment"), { variables }, options)).taken,
    recover: (session, request, options) => http.json(SessionInfo, "POST", path(session, "/recover"), request, options),
    reportStreams: (reports, options) => http.done("POST", "/api/diagnostics/chat-streams", { reports }, options),
    agents: async (cwd, options) => {
      const query = cwd === undefined ? "" : `?${new URLSearchParams({ cwd })}`;
      return (await http.json(AgentList, "GET", `/api/agents${query}`, undefined, options)).agents;
    },
    conversations: async (about = {}, options) => {
      const query = new URLSearchParams(about);
      const suffix = query.size > 0 ? `?${query}` : "";
      return (await http.json(ConversationList, "GET", `/api/conversations${suffix}`, undefined, options)).conversations;
    },
  };
}

function path(session: string, rest: string): string {
  return `/api/sessions/${encodeURIComponent(session)}${rest}`;
}

function messagePath(session: string, message: string): string {
  return path(session, `/messages/${encodeURIComponent(message)}`);
}
