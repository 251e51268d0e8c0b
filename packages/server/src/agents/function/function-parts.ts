/**
 * The public shapes of a function that is an agent: what it is called with, and what it may yield. Everything here is part of the
 * library's interface (docs/FUNCTIONS.md).
 */
import type { ApprovalOption, Choice, Conversation, FileDiff, PlanStep, ToolKind, Usage } from "@perdure/protocol";

/**
 * One thing that a function says. A string is a piece of the answer's text, as is `{ type: "text" }`; pieces that follow each other
 * are one paragraph of text, as long or short as they are. Ids of tools are the function's own, at most 128 characters, and count
 * within one call. Texts beyond their bounds are cut and say so; what is no part is passed over with a warning in the transcript.
 */
export type FunctionPart =
  | string
  | { readonly type: "text" | "reasoning"; readonly text: string }
  /** A tool begins its work. `input`: any JSON, shown to the user; at most 64 KiB. */
  | {
      readonly type: "tool";
      readonly id: string;
      readonly name: string;
      readonly title?: string;
      readonly kind?: ToolKind;
      readonly input?: unknown;
    }
  /** More of what the tool prints. */
  | { readonly type: "tool-output"; readonly id: string; readonly text: string }
  /** It is done. `output` replaces what it printed, at most 256 KiB; `diffs`: the files that it changed, together at most 1 MiB. */
  | {
      readonly type: "tool-end";
      readonly id: string;
      readonly status?: "completed" | "failed";
      readonly output?: string;
      readonly diffs?: readonly FileDiff[];
    }
  /** The plan, or what has become of it: a later one takes the place of an earlier one. At most 100 steps. */
  | { readonly type: "plan"; readonly steps: readonly PlanStep[] }
  /** One line of the transcript, at most 4,096 characters. */
  | { readonly type: "notice"; readonly text: string; readonly level?: "info" | "warning" | "error" }
  /** Tokens and cost of the turn; the last one counts. */
  | { readonly type: "usage"; readonly usage: Usage }
  /** A title for the conversation, at most 200 characters. */
  | { readonly type: "title"; readonly title: string };

/** One message of the conversation so far. */
export interface FunctionMessage {
  readonly role: "user" | "assistant";
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Of an answer: it was cut, by a person or by what died. */
  readonly isCut: boolean;
}

/** What a person is asked. */
export interface FunctionQuestion {
  /** At most 500 characters. */
  readonly title: string;
  /** At most 16 KiB. */
  readonly detail?: string;
  /** Id of the tool that it is about, if that was yielded and is not done. */
  readonly tool?: string;
  readonly diffs?: readonly FileDiff[];
  /** Between 1 and 20; default: Allow and Deny, with the ids `allow` and `deny`. */
  readonly options?: readonly ApprovalOption[];
}

export interface FunctionAnswer {
  /** Id of the option. */
  readonly option: string;
  /** The option's kind is one of those that allow. */
  readonly isAllowed: boolean;
  /** Words with a rejection. */
  readonly note: string | null;
}

/** What a function is called with, once for each message that it is to answer. */
export interface FunctionRequest {
  /** Id of perdure's session. */
  readonly session: string;
  /** Id of the user's message: a function that is called again after a loss (`resumes`) gets the same one. */
  readonly input: string;
  /** The user's message. */
  readonly prompt: string;
  /** What was said before, oldest first, without the prompt. After *Begin a fresh conversation* only what was said since. */
  readonly messages: readonly FunctionMessage[];
  /** Where the user has begun a fresh conversation: what was said before, in short. */
  readonly preamble: string | null;
  /** What earlier calls for this same message had said when the server died; "" if this is the first, or nothing was said. */
  readonly saidBefore: string;
  /** The whole transcript as it is kept, with tools, approvals, turns and runs. Never changed in place. */
  readonly conversation: Conversation;
  readonly model: string | null;
  readonly mode: string | null;
  /** The session's directory. */
  readonly cwd: string;
  /** Aborted by Stop, the session's end, the server's end, or too long a silence; its reason is an `Error` that says which. */
  readonly signal: AbortSignal;
  /**
   * Asks a person, on every device, and resolves with the answer, however late it comes. Rejects with the signal's reason when that
   * is aborted, and with an `Error` when the question has no title, a bad option, or 100 are open. Nothing else ends it: a function
   * that returns before has its open questions expire.
   */
  ask(question: FunctionQuestion): Promise<FunctionAnswer>;
}

/** Any async iterable does; an async generator is the way to write one. */
export type AgentFunction = (request: FunctionRequest) => AsyncIterable<FunctionPart>;

export interface FunctionAgentOptions {
  /** Lower case letters, digits and dashes, at most 64: what `perdure start --agent` and the HTTP interface call it. */
  readonly id: string;
  /** What people read. At most 100 characters. */
  readonly name: string;
  readonly run: AgentFunction;
  /**
   * After the server died in the middle of an answer, the function is called again for the same message, by itself, with what it had
   * said in `saidBefore`. Only for functions that may do a thing twice. Without it the user is offered Continue and Retry. Even
   * with it nothing goes on by itself when a tool was at work, after three times in a row, or five in a minute. Default false.
   */
  readonly resumes?: boolean;
  /** What the user can choose; the first one counts until somebody does. */
  readonly models?: readonly Choice[];
  readonly modes?: readonly Choice[];
  /** Shown beside the name. */
  readonly version?: string;
  /**
   * A call that neither yields nor waits for a person for so long is aborted, its turn interrupted. Default: no limit, since how long
   * a turn is silent says nothing of whether it lives.
   */
  readonly maxSilenceMs?: number;
}
