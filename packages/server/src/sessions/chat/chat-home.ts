/** What a conversation is given by its session and by the server. */
import type { ChatSummary } from "@perdure/protocol";
import type { Agent } from "../../agents/agent.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import type { Durability, Store, Write } from "../../store/store.ts";
import type { Batch } from "../records.ts";
import type { EndOfRun } from "./ladder.ts";
import type { SendToHost } from "./ledger.ts";

export interface ChatHome {
  readonly session: string;
  readonly agent: Agent;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly sendToHost: SendToHost;
  /** Is there a run of this conversation that can take messages, or is about to? */
  readonly isAlive: boolean;
  /** Somebody asked for the end of the run that lives: nothing more is given to it. */
  readonly isEnding: boolean;
  readonly view: "chat" | "terminal";
  readonly usesDigest: boolean;
  /** Commits; the session's row goes with it if the summary has changed. Rejects when nothing was committed. */
  commit(writes: readonly Write[], durability: Durability, summary: ChatSummary | null): Promise<void>;
  /** To those who view the conversation. */
  show(batch: Batch): void;
  /** Somebody needs the conversation: it is to be in memory. */
  used(): void;
  /** Something that a person may want to know of happened. */
  want(reason: "approval" | "question" | "answer", text: string): void;
  /** Starts the next run; nobody waits for it here. */
  wake(): void;
  /** Ends the run that lives. */
  endRun(cause: EndOfRun["cause"]): void;
}

/** Of the session, for a commit: asked for when it is made, so that no row of before overtakes a newer one. */
export type SessionWrites = () => readonly Write[];
