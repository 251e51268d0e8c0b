/** What the driver of codex remembers between two lines. JSON, and small: no text of the conversation is in it. */
import type { Usage } from "@perdure/protocol";
import type { ClosedQuestion } from "../closed-questions.ts";
import type { DriverState } from "../driver.ts";
import type { PendingRequest, RpcId } from "../json-rpc.ts";

/** A request of ours; `turn`: the one that it is about. */
export interface CodexRequest extends PendingRequest {
  readonly turn: string | null;
}

export interface CodexTurn {
  readonly id: string;
  /** `null` where codex began it by itself. */
  readonly input: string | null;
  readonly isConsumed: boolean;
  /** Codex's own id, once it is known. */
  readonly agentTurn: string | null;
  /** Codex has said that it runs: before, it cannot be interrupted. */
  readonly isBegun: boolean;
  readonly stop: "none" | "asked" | "sent";
  readonly hasPlan: boolean;
  readonly usage: Usage | null;
}

/** An item that codex has begun and not completed. */
export interface OpenItem {
  readonly is: "text" | "reasoning" | "tool";
  /** Of its text or output, as they were told. */
  readonly characters: number;
  /** Where a reasoning comes from: its summary and its raw text are never mixed. */
  readonly source: "summary" | "raw" | null;
  /** What a tool does, for the title of an approval; short. */
  readonly title: string;
}

/** A question of codex that has no answer yet. */
export interface OpenQuestion {
  readonly approval: string;
  readonly id: RpcId;
  /** The item that it is about; empty if that is not said. */
  readonly about: string;
  /** What is answered for each option. */
  readonly answers: Readonly<Record<string, unknown>>;
  /** Options with which the turn stops. */
  readonly stopping: readonly string[];
  /** Options behind which the user's words may be sent as a message. */
  readonly steering: readonly string[];
  /** For a question with free words: its id in the answer. */
  readonly words: string | null;
  readonly isAnswered: boolean;
}

export interface CodexState extends DriverState {
  readonly run: string;
  /** Before each id: `r<number>.`. */
  readonly prefix: string;
  readonly cwd: string;
  /** The conversation that is to go on; `null` for a new one. */
  readonly wanted: string | null;
  readonly doubtful: readonly string[];
  readonly phase: "opening" | "ready" | "failed" | "ended";
  readonly readyBy: number | null;
  readonly version: string | null;
  readonly pending: readonly CodexRequest[];
  readonly thread: string | null;
  /** As codex says them. */
  readonly model: string | null;
  readonly mode: string | null;
  /** As they were chosen here; sent with each turn. */
  readonly chosenModel: string | null;
  readonly chosenMode: string | null;
  readonly turn: CodexTurn | null;
  /** The last turn that began, for what comes after its end. */
  readonly lastTurn: string | null;
  readonly items: Readonly<Record<string, OpenItem>>;
  /** Items of the last turn that are complete: what is heard of them again says nothing new. The newest. */
  readonly doneItems: readonly string[];
  /** Items of turns before, the newest: what has their id again is another. */
  readonly oldItems: readonly string[];
  /** How items of the last turn are called whose id another had before. */
  readonly names: Readonly<Record<string, string>>;
  readonly renamed: number;
  /** Codex's own ids of turns that have ended, the newest: what is heard of them comes too late. */
  readonly endedTurns: readonly string[];
  /** Codex says that it does nothing; when a turn that still runs for us is taken to be over. */
  readonly idleBy: number | null;
  /** Tools that were still open at the end of the last turn. */
  readonly leftItems: readonly string[];
  readonly questions: readonly OpenQuestion[];
  readonly closedQuestions: readonly ClosedQuestion[];
  /** All tokens of the conversation, as last told. */
  readonly totalTokens: number;
  readonly notices: number;
  /** Marks of warnings that were told, so that none is told at each turn. */
  readonly warnings: readonly string[];
  /** The end of what was said on stderr before it was ready. */
  readonly lastWords: string;
}
