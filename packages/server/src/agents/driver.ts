/**
 * A driver speaks one agent's protocol and is a pure machine: the same state and input give the same events and sends, always.
 * No clock, chance, promise or file inside. Its state is JSON, so that a server that starts anew goes on in mid-turn with the
 * same program: whatever was in flight is in the state, in the ledger of sends or still unread.
 *
 * Rules for what a step answers:
 * - Ids of messages, parts and approvals are unique in the session: begin them with `r<run number>.`, and keep the agent's own id
 *   behind it where it has one, so that what is imported later is recognised.
 * - A turn begins with the `prompt` command (`turn.started` is the driver's first event for it) or when the agent begins one by
 *   itself, and ends once. What is still open when it ends (tools, approvals) the driver closes by events.
 * - Text is never kept in the state: only what is needed to read the next line.
 * - What cannot be read is passed over with a `notice` of level `warning`, never thrown; unknown types are ignored.
 * - Error texts are non-empty and at most `MAX_ERROR_TEXT` characters.
 */
import type { AgentFailure, DriverEvent } from "@perdure/protocol";

/** What a run is started with, and what the driver may need to know of the session. All JSON. */
export interface DriverSetup {
  readonly run: string;
  /** Counts from 1 in the session. */
  readonly number: number;
  readonly cwd: string;
  /** `new`: a conversation is to be made (with `pinned` as its id, where the agent lets us choose it). `resume`: this one goes on. */
  readonly conversation: { readonly is: "new"; readonly pinned: string | null } | { readonly is: "resume"; readonly resumeId: string };
  readonly model: string | null;
  readonly mode: string | null;
  /**
   * Messages that an earlier run may or may not have taken. The driver answers each once, before `agent.ready`, with `input.consumed`
   * (the agent has it) or `input.unseen` (to send it again doubles nothing); about what it cannot tell it says nothing.
   */
  readonly doubtful: readonly string[];
  /** Ids of messages of the agent that the session has, without their prefix: what a replayed history need not tell again. */
  readonly knownMessages: readonly string[];
  /** The conversation must not be opened before this, in milliseconds since 1970: the agent would damage it. */
  readonly notBefore?: number;
}

/** What a person, or the session in their place, asks of the agent. */
export type DriverCommand =
  /** Only while no turn runs and the agent is ready. `preamble`: context that goes before the text (a digest after a restart). */
  | { readonly is: "prompt"; readonly input: string; readonly turn: string; readonly text: string; readonly preamble?: string }
  | { readonly is: "interrupt" }
  | { readonly is: "answer"; readonly approval: string; readonly option: string; readonly note?: string }
  | { readonly is: "set-model"; readonly model: string }
  | { readonly is: "set-mode"; readonly mode: string };

export type DriverInput =
  /** A complete line of the program's output, without its line feed; `from` and `to` are its place in the run's output. */
  | { readonly is: "line"; readonly from: number; readonly to: number; readonly time: number; readonly text: string }
  /** A line longer than {@link MAX_LINE_BYTES} was passed over. */
  | { readonly is: "long-line"; readonly bytes: number; readonly time: number }
  | { readonly is: "stderr"; readonly time: number; readonly text: string }
  /** The program has ended and everything it wrote was folded. Closes what is open. */
  | { readonly is: "exit"; readonly time: number; readonly end: ProgramEnd }
  | { readonly is: "command"; readonly time: number; readonly command: DriverCommand }
  | { readonly is: "timer"; readonly time: number; readonly id: string };

export type ProgramEnd =
  | { readonly is: "exited"; readonly code: number | null; readonly signal: string | null }
  | { readonly is: "lost"; readonly reason: string };

/** One line for the program, without its line feed. Its number in the ledger is the driver's count of sends so far plus one. */
export interface DriverSend {
  readonly text: string;
  /** What it is for: `prompt:<input>`, `answer:<approval>`, or a word. When the host has it, the session moves that on. */
  readonly cause: string;
}

export interface Step<State> {
  readonly state: State;
  readonly events: readonly DriverEvent[];
  readonly sends: readonly DriverSend[];
}

/** Something the driver wants to hear of at a time, in milliseconds since 1970. */
export interface DriverTimer {
  readonly id: string;
  readonly at: number;
}

/** A state that every driver has; `sent` counts its sends, so the next is `p<sent + 1>`. */
export interface DriverState {
  readonly sent: number;
}

export interface Driver<State extends DriverState = DriverState> {
  /** Raised when an older state cannot be read: the session then folds the run's wire anew. */
  readonly version: number;
  /** The first step of a run: what is said to the program before it says anything. `time`: milliseconds since 1970. */
  begin(setup: DriverSetup, time: number): Step<State>;
  step(state: State, input: DriverInput): Step<State>;
  /** What the state waits for. A timer that is gone from the answer is off. */
  timers(state: State): readonly DriverTimer[];
}

/** A longer line of a program is passed over: nothing it holds can be trusted to be whole. */
export const MAX_LINE_BYTES: number = 16 * 1024 * 1024;

/** What an agent said when it could not go on, put into a word; `null` when the text says nothing that is known. */
export type Classify = (text: string) => AgentFailure | null;
