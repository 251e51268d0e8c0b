/**
 * One run of a function in one session: takes the driver's lines, calls the function for each message, one call at a time. A run
 * costs nothing while nothing is asked of it, and ends with its server.
 */
import type { InProcessPlace, InProcessRun } from "../in-process.ts";
import { FunctionCall } from "./function-call.ts";
import type { FunctionAgentOptions } from "./function-parts.ts";
import { type FromFunction, parseToFunction, type ToFunction } from "./function-lines.ts";
import { messagesBefore, saidBefore } from "./so-far.ts";

export class FunctionRun implements InProcessRun {
  readonly #agent: FunctionAgentOptions;
  readonly #place: InProcessPlace;
  #call: FunctionCall | null = null;
  #approvals = 0;

  constructor(agent: FunctionAgentOptions, place: InProcessPlace) {
    this.#agent = agent;
    this.#place = place;
    const { version = null, models = [], modes = [] } = agent;
    void this.#write({ type: "ready", version, models, modes });
  }

  take(line: string): void {
    const told = parseToFunction(line);
    switch (told?.type) {
      case "prompt":
        this.#call = this.#begin(told) ?? this.#call;
        break;
      case "interrupt":
        if (this.#call?.turn === told.turn) this.#call.stop();
        break;
      case "answer":
        this.#call?.answered(told.approval, told.option, told.note ?? null);
        break;
      case undefined:
        this.#place.log.warn({ run: this.#place.run }, "a line for a function was not understood");
    }
  }

  async end(graceMs: number): Promise<void> {
    const call = this.#call;
    if (!call) return;
    call.stop("The session or its server ends.");
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#place.clock.after(graceMs, resolve);
    await Promise.race([call.settled, promise]);
    cancel();
  }

  #begin({ turn, input, text, preamble }: Extract<ToFunction, { type: "prompt" }>): FunctionCall | null {
    const { session, cwd, clock, log } = this.#place;
    const conversation = this.#place.conversation();
    if (!conversation) {
      const why = "The conversation so far could not be read.";
      void this.#write({ type: "turn-end", turn, end: "interrupted", cause: "unknown", text: why });
      return null;
    }
    const { model, mode } = conversation.settings;
    const request = {
      session,
      input,
      prompt: text,
      messages: messagesBefore(conversation, input),
      preamble: preamble ?? null,
      saidBefore: saidBefore(conversation, input, turn),
      conversation,
      model,
      mode,
      cwd,
    };
    const newApproval = (): string => `a${(this.#approvals += 1)}`;
    return new FunctionCall({ agent: this.#agent, turn, request, clock, log, newApproval, write: (line) => this.#write(line) });
  }

  #write(line: FromFunction): Promise<void> {
    return this.#place.write(JSON.stringify(line));
  }
}
