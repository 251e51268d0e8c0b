/**
 * One agent that perdure knows: how to find it, how to start it for a chat or in a terminal, what can be told for free of a
 * conversation of its own, and the driver that speaks with it.
 */
import type { AgentFailure, TurnEnd } from "@perdure/protocol";
import type { Driver } from "./driver.ts";
import type { InProcessAgent } from "./in-process.ts";

export type Variables = Readonly<Record<string, string>>;

/** Where a program is started. `env` is the requester's: HOME, PATH and the agent's own variables decide what is found. */
export interface AgentPlace {
  readonly cwd: string;
  readonly env: Variables;
}

/** What was found of an agent on this machine. */
export type FoundAgent =
  | {
      readonly is: "found";
      readonly path: string;
      /** As the program says it, cached by path, size and time of change; `null` when it does not say. */
      readonly version: string | null;
      /** `unknown`: only asking the agent would tell. */
      readonly signIn: "signed-in" | "signed-out" | "unknown";
    }
  | { readonly is: "missing" };

/** What a run of an agent needs to be started with, stored with the run. */
export interface AgentLaunch {
  readonly command: readonly string[];
  /** Added to the requester's. */
  readonly env: Variables;
  /** The id that the conversation will have, where we choose it. */
  readonly pinned: string | null;
}

export interface ChatRequest extends AgentPlace {
  /** Path of the program. */
  readonly program: string;
  readonly resumeId: string | null;
  /** An id for a new conversation, unique for ever. */
  readonly newId: string;
  readonly model: string | null;
  readonly mode: string | null;
  /** The user's own flags, passed untouched. */
  readonly flags: readonly string[];
}

/** What the free checks say of a conversation. `locked`: a living process writes it now. */
export type Validation =
  /** `notBefore`: it can be opened then, and would be damaged before; for the driver's setup. */
  | { readonly is: "ok"; readonly notBefore?: number }
  /** `why`: what of its record was found, for a person; default: nothing. */
  | { readonly is: "unknown-conversation"; readonly why?: string }
  /** It may be there: this place cannot be read. */
  | { readonly is: "unreadable"; readonly place: string; readonly code: string }
  | { readonly is: "locked"; readonly pid: number }
  /** Nothing can be said for free: the agent's own words will tell. */
  | { readonly is: "undecided" };

/** A conversation that lies with the agent, begun here or elsewhere. */
export interface AgentConversation {
  readonly resumeId: string;
  readonly title: string;
  readonly cwd: string;
  readonly updatedAt: number;
  /** User's messages, if that is known for free. */
  readonly messages: number | null;
}

/** One message of a conversation as the agent's own files tell it. */
export interface ImportedMessage {
  readonly id: string;
  readonly role: "user" | "assistant";
  readonly at: number;
  readonly text: string;
  readonly tools: readonly { readonly id: string; readonly tool: string; readonly title: string; readonly output: string | null }[];
  /** Its turn ended with it, as the agent has it in its files; absent: that is not known, or it is still at work. */
  readonly ends?: TurnEnd;
}

/** A conversation as the agent's own record tells it, or the newest turns of it. */
export interface AgentHistory {
  /** Oldest first, by whole turns. */
  readonly messages: readonly ImportedMessage[];
  /** There is more before them. */
  readonly leavesOutOlder: boolean;
  /** Lines of the record that could not be read. */
  readonly damagedLines: number;
}

/** How an agent's terminal program takes or shows the id of its conversation. */
export interface TerminalRequest extends AgentPlace {
  readonly program: string;
  /** Everything behind the program's name as the user typed it. Unknown flags pass untouched. */
  readonly args: readonly string[];
  readonly newId: string;
  /** Set for a later run: the conversation that goes on. */
  readonly resumeId: string | null;
  /** A later run whose conversation is gone: without the one that was typed, and without the first message, which was said before. */
  readonly isAnew?: boolean;
}

/** A terminal run of an agent, seen from outside. */
export interface TerminalWatch extends AgentPlace {
  /** -1: the run is over. */
  readonly pid: number;
  /** When the run began. */
  readonly since: number;
  /** Of the terminal, as the program set it last; empty if it never did. */
  readonly title: string;
  /** Conversations that other sessions have. */
  readonly taken: ReadonlySet<string>;
  /** No other terminal of this agent works in this directory of whose conversation nothing is known yet. */
  readonly isAlone: boolean;
}

export interface Agent {
  /** `claude`, `codex`, `gemini`, `opencode`, `demo`, or the name under which a command was registered. */
  readonly id: string;
  readonly name: string;
  /** The program's name in PATH; `null`: it comes with perdure. */
  readonly program: string | null;
  /** One line: how to get it. */
  readonly howToGet: string;
  readonly driver: Driver;
  /** Of an agent that is no program: its runs live in this process. */
  readonly inProcess?: InProcessAgent;
  /** The same message id sent again is the same message for it (DESIGN §4.4: never *unknown*). */
  readonly knowsInputs: boolean;
  find(place: AgentPlace, signal: AbortSignal): Promise<FoundAgent>;
  chat(request: ChatRequest): AgentLaunch;
  /** `null`: it has no terminal program, or these arguments are not a conversation (`--version`, `login`): run as typed. */
  terminal(request: TerminalRequest): AgentLaunch | null;
  /** Free checks only, within milliseconds: files and process tables, never a start, never a call. */
  validate(resumeId: string, place: AgentPlace): Promise<Validation>;
  /** Newest first, at most `limit`, of one directory or of all. */
  conversations(place: AgentPlace, options: { readonly anywhere: boolean; readonly limit: number }): Promise<readonly AgentConversation[]>;
  /**
   * The conversation as the agent has it, within bounds (`newest-turns.ts`); `null` if there is none, or no record of it that is
   * understood. Rejects with a sentence for the user if there is one that cannot be read.
   */
  history(resumeId: string, place: AgentPlace): Promise<AgentHistory | null>;
  /** Its own words on stderr or on the terminal. */
  classify(text: string): AgentFailure | null;
  /** The id of the conversation that a terminal run is in, found in the agent's files; `null`: it is not known, or could be another's. */
  watchTerminal(watch: TerminalWatch): Promise<string | null>;
}
