/** The line above the one that is typed: what the agent and the connection are at, and which keys help. */
import type { ChatSummary, Conversation } from "@perdure/protocol";
import type { Outage } from "../server-keeper.ts";
import { choicesIn } from "./choices.ts";

export interface ChatSituation {
  readonly conversation: Conversation | undefined;
  readonly isConnected: boolean;
  readonly outage: Outage;
  readonly state: ChatSummary["state"] | undefined;
}

const AWAY: Readonly<Record<Outage, string>> = {
  lost: "the connection is lost; what you type is kept",
  starting: "the server is started again; what you type is kept",
  stopped: "the server was shut down; waiting until it is started; what you type is kept",
  failing: "the server does not start, see its log; what you type is kept",
};

export function statusOf({ conversation, isConnected, outage, state }: ChatSituation): string {
  if (conversation === undefined) return isConnected ? "reading the conversation" : "connecting";
  if (!isConnected) return AWAY[outage];
  const keys = choicesIn(conversation).choices.length;
  if (keys > 0) return `press ${keys === 1 ? "1" : `1 to ${keys}`}, or type a message · Ctrl-C twice leaves`;
  const { runningTurn, queue, settings } = conversation;
  const turn = runningTurn === null ? undefined : conversation.turns[runningTurn];
  const waiting = queue.length > 0 ? ` · ${queue.length} queued` : "";
  if (turn !== undefined) return turn.isStopping ? `stopping${waiting} · Ctrl-C leaves` : `working${waiting} · Ctrl-C stops it`;
  if (state === "starting") return `starting the agent${waiting}`;
  const about = [settings.model, settings.mode].filter((part) => part !== null).join(" · ");
  return `${state === "asleep" ? "asleep, a message wakes it" : "your turn"}${about === "" ? "" : ` · ${about}`}${waiting} · Ctrl-D leaves`;
}
