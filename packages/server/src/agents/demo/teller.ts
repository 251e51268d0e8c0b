/**
 * How the demo agent tells an answer: word by word at its pace, with tools, diffs, plans and approvals, until somebody interrupts.
 * What was told so far is remembered, so that a stopped answer is kept as far as it came.
 */
import { randomBytes } from "node:crypto";
import { setImmediate, setTimeout } from "node:timers/promises";
import type { ApprovalOption, FileDiff, PlanStep, ToolKind } from "@perdure/protocol";
import type { KeptTool } from "./conversation-file.ts";
import type { FromDemo } from "./demo-lines.ts";

export interface ToolCall {
  readonly tool: string;
  readonly kind: ToolKind;
  readonly title: string;
  readonly input: unknown;
}

export interface Question {
  readonly part?: string;
  readonly title: string;
  readonly detail: string;
  readonly diffs?: readonly FileDiff[];
}

export interface ApprovalAnswer {
  readonly option: string;
  readonly note?: string | undefined;
}

/** Ends what a turn waits for. */
type Settle = (answer: ApprovalAnswer) => void;

const OPTIONS: readonly ApprovalOption[] = [
  { id: "allow", label: "Allow once", kind: "allow-once" },
  { id: "always", label: "Always allow", kind: "allow-always" },
  { id: "reject", label: "Reject", kind: "reject-once" },
];

export class Teller {
  readonly #say: (line: FromDemo) => Promise<void>;
  readonly #paceMs: () => number;
  readonly #signal: AbortSignal;
  readonly #open = new Map<string, Settle>();
  #message: string | null = null;
  #parts = 0;
  #text = "";
  #tools: KeptTool[] = [];

  constructor(say: (line: FromDemo) => Promise<void>, paceMs: () => number, signal: AbortSignal) {
    this.#say = say;
    this.#paceMs = paceMs;
    this.#signal = signal;
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  /** What was told since the last {@link finish}; `null` if nothing was. */
  finish(): { readonly id: string; readonly text: string; readonly tools: readonly KeptTool[] } | null {
    const told = this.#message === null ? null : { id: this.#message, text: this.#text, tools: this.#tools };
    this.#message = null;
    this.#text = "";
    this.#tools = [];
    return told;
  }

  async text(markdown: string): Promise<void> {
    const message = await this.#begin();
    const part = this.#newPart(message);
    for (const word of words(markdown)) {
      this.#text += word;
      await this.#say({ type: "text", message, part, text: word });
      await this.pause();
    }
    this.#text += "\n\n";
    await this.#say({ type: "part-end", message, part });
  }

  async reasoning(text: string): Promise<void> {
    const message = await this.#begin();
    const part = this.#newPart(message);
    for (const word of words(text)) {
      await this.#say({ type: "reasoning", message, part, text: word });
      await this.pause();
    }
    await this.#say({ type: "part-end", message, part });
  }

  async plan(steps: readonly string[]): Promise<void> {
    const message = await this.#begin();
    const part = this.#newPart(message);
    for (let done = 0; done <= steps.length; done += 1) {
      const status = (index: number): PlanStep["status"] => (index < done ? "completed" : index === done ? "running" : "pending");
      await this.#say({ type: "plan", message, part, steps: steps.map((text, index) => ({ text, status: status(index) })) });
      await this.pause(10);
    }
  }

  /** Begins a tool call and tells its part. */
  async tool({ tool, kind, title, input }: ToolCall): Promise<string> {
    const message = await this.#begin();
    const part = this.#newPart(message);
    await this.#say({ type: "tool", message, part, tool, kind, title, input });
    this.#tools.push({ id: part, tool, title, output: "" });
    await this.pause();
    return part;
  }

  async toolOutput(part: string, lines: readonly string[]): Promise<void> {
    const message = await this.#begin();
    for (const line of lines) {
      this.#tools = this.#tools.map((one) => (one.id === part ? { ...one, output: `${one.output}${line}\n` } : one));
      await this.#say({ type: "tool-output", message, part, text: `${line}\n` });
      await this.pause(4);
    }
  }

  async toolEnd(part: string, status: "completed" | "failed", diffs?: readonly FileDiff[]): Promise<void> {
    const message = await this.#begin();
    await this.#say({ type: "tool-end", message, part, status, ...(diffs ? { diffs } : {}) });
  }

  /** Asks and waits, however long it takes; rejects when the turn is stopped. */
  async ask(question: Question): Promise<ApprovalAnswer> {
    const approval = `a${randomBytes(4).toString("hex")}`;
    const answer = new Promise<ApprovalAnswer>((resolve, reject) => {
      this.#open.set(approval, resolve);
      this.#signal.addEventListener("abort", () => reject(this.#signal.reason as Error), { once: true });
    });
    try {
      await this.#say({ type: "approval", approval, ...question, options: OPTIONS });
      const given = await answer;
      await this.#say({ type: "approval-end", approval, answered: true });
      return given;
    } catch (error) {
      await this.#say({ type: "approval-end", approval, answered: false });
      throw error;
    } finally {
      this.#open.delete(approval);
    }
  }

  /** An answer to what is not open any more changes nothing. */
  answer(approval: string, answer: ApprovalAnswer): void {
    this.#open.get(approval)?.(answer);
  }

  /** Waits for as long as that many words take; rejects when the turn is stopped. */
  async pause(count = 1): Promise<void> {
    const ms = this.#paceMs() * count;
    await (ms > 0 ? setTimeout(ms, undefined, { signal: this.#signal }) : setImmediate(undefined, { signal: this.#signal }));
  }

  /** Never ends by itself. */
  async hang(): Promise<never> {
    return new Promise((_, reject) => {
      this.#signal.addEventListener("abort", () => reject(this.#signal.reason as Error), { once: true });
    });
  }

  async endMessage(): Promise<void> {
    if (this.#message !== null) await this.#say({ type: "message-end", message: this.#message });
  }

  async #begin(): Promise<string> {
    this.#signal.throwIfAborted();
    if (this.#message !== null) return this.#message;
    this.#message = `m${randomBytes(6).toString("hex")}`;
    await this.#say({ type: "message", message: this.#message });
    return this.#message;
  }

  #newPart(message: string): string {
    this.#parts += 1;
    return `${message}.${this.#parts}`;
  }
}

/** Each word with the white space that follows it. */
function words(text: string): string[] {
  return text.match(/\s*\S+\s*/g) ?? [];
}
