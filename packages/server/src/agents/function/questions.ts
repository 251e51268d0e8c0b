/** What a call asks people, and who waits for the answers. */
import type { ApprovalOption } from "@perdure/protocol";
import type { FunctionAnswer, FunctionQuestion } from "./function-parts.ts";
import type { FromFunction } from "./function-lines.ts";
import { questionLine } from "./said.ts";

const MAX_OPEN = 100;

interface Waiting {
  readonly options: readonly ApprovalOption[];
  readonly resolve: (answer: FunctionAnswer) => void;
  readonly reject: (reason: unknown) => void;
}

export class Questions {
  readonly #open = new Map<string, Waiting>();
  readonly #tell: (line: FromFunction) => void;
  readonly #newId: () => string;

  constructor(tell: (line: FromFunction) => void, newId: () => string) {
    this.#tell = tell;
    this.#newId = newId;
  }

  /** A person is waited for. */
  get areOpen(): boolean {
    return this.#open.size > 0;
  }

  ask(question: FunctionQuestion): Promise<FunctionAnswer> {
    if (this.#open.size >= MAX_OPEN) return Promise.reject(new Error(`${MAX_OPEN} questions are open already.`));
    const id = this.#newId();
    const line = questionLine(id, question);
    if (typeof line === "string") return Promise.reject(new Error(line));
    return new Promise((resolve, reject) => {
      this.#open.set(id, { options: line.options, resolve, reject });
      this.#tell(line);
    });
  }

  answered(id: string, option: string, note: string | null): void {
    const waiting = this.#open.get(id);
    if (!waiting) return;
    this.#open.delete(id);
    this.#tell({ type: "approval-end", approval: id });
    const kind = waiting.options.find((one) => one.id === option)?.kind ?? "answer";
    waiting.resolve({ option, note, isAllowed: kind === "allow-once" || kind === "allow-always" });
  }

  /** Nobody will answer any more. */
  close(reason: unknown): void {
    for (const { reject } of this.#open.values()) reject(reason);
    this.#open.clear();
  }
}
