/**
 * One call of an embedder's function: reads what it yields, one part at a time and no faster than it is committed, and says how the
 * turn ended, exactly once. What comes behind that end is dropped, counted and said.
 */
import type { TurnEndCause } from "@perdure/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import type { FunctionAgentOptions, FunctionPart, FunctionRequest } from "./function-parts.ts";
import type { FromFunction } from "./function-lines.ts";
import { Questions } from "./questions.ts";
import { errorWords, linesOf } from "./said.ts";

/** How long a function may take to return after it was told to stop, before its turn ends without it. */
export const STOP_GRACE_MS = 5_000;
/** Wrong parts of one call that are each said; the others are only counted. */
const MAX_COMPLAINTS = 3;
/** A generator that yields while it is told to return, again and again, is left alone. */
const MAX_LATE = 1_000;

export interface CallOptions {
  readonly agent: Pick<FunctionAgentOptions, "run" | "maxSilenceMs">;
  readonly turn: string;
  readonly request: Omit<FunctionRequest, "signal" | "ask">;
  readonly clock: Clock;
  readonly log: Log;
  readonly newApproval: () => string;
  /** Resolves when there is room for the next line. */
  write(line: FromFunction): Promise<void>;
}

interface End {
  readonly end: "completed" | "interrupted";
  readonly cause?: TurnEndCause;
  readonly text?: string;
}

export class FunctionCall {
  readonly #options: CallOptions;
  readonly #controller = new AbortController();
  readonly #questions: Questions;
  #isOver = false;
  #complaints = 0;
  #late = 0;
  #cancelGrace: () => void = () => undefined;
  #cancelSilence: () => void = () => undefined;
  /** How the turn ends if the function returns now. */
  #end: End = { end: "completed" };
  /** Settles when the function has returned, which may be never. */
  readonly settled: Promise<void>;

  constructor(options: CallOptions) {
    this.#options = options;
    this.#questions = new Questions((line) => this.#tell(line), options.newApproval);
    this.settled = this.#run();
  }

  get turn(): string {
    return this.#options.turn;
  }

  /** Tells the function to stop; the turn ends when it has returned, or after {@link STOP_GRACE_MS}. */
  stop(reason = "Stopped by the user.", cause: TurnEndCause = "stopped"): void {
    if (this.#isOver || this.#controller.signal.aborted) return;
    this.#end = cause === "stopped" ? { end: "interrupted", cause } : { end: "interrupted", cause, text: reason };
    this.#cancelSilence();
    this.#cancelGrace = this.#options.clock.after(STOP_GRACE_MS, () => this.#leave());
    const error = new Error(reason);
    error.name = "AbortError";
    this.#controller.abort(error);
    this.#questions.close(error);
  }

  answered(approval: string, option: string, note: string | null): void {
    this.#questions.answered(approval, option, note);
    this.#listen();
  }

  async #run(): Promise<void> {
    try {
      await this.#pump();
      this.#finish(this.#end);
    } catch (error) {
      this.#failed(error);
    }
    if (this.#late > 0) this.#sayLate();
  }

  async #pump(): Promise<void> {
    const { agent, turn, request } = this.#options;
    this.#tell({ type: "turn", turn });
    this.#listen();
    const { signal } = this.#controller;
    const parts: unknown = agent.run({ ...request, signal, ask: (question) => this.#ask(question) });
    if (!isAsyncIterable(parts)) throw new Error("The function has not returned an async generator.");
    const iterator = parts[Symbol.asyncIterator]();
    for (let next = await iterator.next(); next.done !== true; next = await this.#next(iterator)) {
      if (this.#controller.signal.aborted) this.#late += 1;
      else await this.#take(next.value);
      if (this.#late > MAX_LATE) return;
    }
  }

  /** A function that was told to stop is not asked for more, but to clean up. */
  #next(iterator: AsyncIterator<FunctionPart>): Promise<IteratorResult<FunctionPart>> {
    if (!this.#controller.signal.aborted) return iterator.next();
    return iterator.return?.() ?? Promise.resolve({ done: true, value: undefined });
  }

  async #take(part: FunctionPart): Promise<void> {
    this.#listen();
    const lines = linesOf(part);
    if (typeof lines === "string") return this.#complain(lines);
    // One after the other: what was yielded at once waits for its room, too.
    for (const line of lines) if (!this.#controller.signal.aborted) await this.#options.write(line);
  }

  #ask(question: Parameters<FunctionRequest["ask"]>[0]): ReturnType<FunctionRequest["ask"]> {
    const { signal } = this.#controller;
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (this.#isOver) return Promise.reject(new Error("The turn is over."));
    const answer = this.#questions.ask(question);
    this.#listen();
    return answer;
  }

  /** It has just done something: from here on its silence counts, unless a person is waited for. */
  #listen(): void {
    const { agent, clock } = this.#options;
    this.#cancelSilence();
    if (agent.maxSilenceMs === undefined || this.#questions.areOpen || this.#controller.signal.aborted || this.#isOver) return;
    const text = `The function has said nothing for ${agent.maxSilenceMs} ms.`;
    this.#cancelSilence = clock.after(agent.maxSilenceMs, () => this.stop(text, "agent-lost"));
  }

  #complain(text: string): void {
    this.#complaints += 1;
    if (this.#complaints > MAX_COMPLAINTS) return;
    const more = this.#complaints === MAX_COMPLAINTS ? " Whatever more is wrong in this turn is not told." : "";
    this.#tell({ type: "notice", level: "warning", code: "function-output", text: `${text} It was passed over.${more}` });
  }

  /** An error behind a stop is how many functions stop: the turn ends as it was asked to. */
  #failed(error: unknown): void {
    const isStopped = this.#controller.signal.aborted;
    if (!isStopped) this.#options.log.warn({ turn: this.turn, err: error }, "an agent's function failed");
    this.#finish(isStopped ? this.#end : { end: "interrupted", cause: "crashed", text: errorWords(error) });
  }

  #finish({ end, cause, text }: End): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelGrace();
    this.#cancelSilence();
    this.#questions.close(new Error("The turn is over."));
    this.#write({
      type: "turn-end",
      turn: this.turn,
      end,
      ...(cause === undefined ? {} : { cause }),
      ...(text === undefined ? {} : { text }),
    });
  }

  /** It has not returned: the turn ends without it. */
  #leave(): void {
    this.#finish(this.#end);
    const text = `The function was told to stop and has not returned within ${STOP_GRACE_MS / 1000} s. What it still does is not shown here.`;
    this.#write({ type: "notice", level: "warning", code: "still-at-work", text, turn: this.turn });
  }

  #sayLate(): void {
    const parts = this.#late === 1 ? "one more part" : `${this.#late} more parts`;
    const text = `After it was told to stop the function yielded ${parts}; they are not kept.`;
    this.#options.log.warn({ turn: this.turn, late: this.#late }, "an agent's function went on after it was told to stop");
    this.#write({ type: "notice", level: "info", code: "late-output", text, turn: this.turn });
  }

  #tell(line: FromFunction): void {
    if (!this.#isOver) this.#write(line);
  }

  #write(line: FromFunction): void {
    void this.#options.write(line);
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<FunctionPart> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
