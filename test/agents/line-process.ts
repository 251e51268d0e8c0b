// A program that speaks lines over real pipes: what it printed is kept, and a line can be waited for by name, with a bound.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { LineSplitter } from "../../packages/server/src/agents/line-splitter.ts";
import { within } from "../harness/until.ts";

export interface LineProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LineProcessWay {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onOutput?: (data: Buffer) => void;
  readonly onError?: (text: string) => void;
}

interface Waiter {
  readonly fits: (message: Record<string, unknown>) => boolean;
  readonly seen: PromiseWithResolvers<Record<string, unknown>>;
}

const WAIT_MS = 20_000;
const MAX_KEPT = 20_000;

export class LineProcess {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly ended: Promise<LineProcessEnd>;
  #stderr = "";

  constructor({ command, cwd, env, onOutput, onError }: LineProcessWay) {
    this.#child = spawn(command[0]!, command.slice(1), { cwd, env, stdio: ["pipe", "pipe", "pipe"], detached: true });
    const splitter = new LineSplitter(0);
    this.#child.stdin!.on("error", () => undefined);
    this.#child.stdout!.on("data", (data: Buffer) => {
      onOutput?.(data);
      for (const line of splitter.push(data)) this.#take(line.is === "line" ? line.text : "");
    });
    this.#child.stderr!.on("data", (data: Buffer) => {
      this.#stderr += data.toString();
      onError?.(data.toString());
    });
    this.ended = once(this.#child, "close").then(
      ([code, signal]: LineProcessEnd[keyof LineProcessEnd][]) => ({ code, signal }) as LineProcessEnd,
    );
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("it could not be started");
    return this.#child.pid;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  get messages(): readonly Record<string, unknown>[] {
    return this.#lines.map(parse).filter((message) => message !== null);
  }

  get stderr(): string {
    return this.#stderr;
  }

  send(message: object | string): void {
    this.#child.stdin!.write(`${typeof message === "string" ? message : JSON.stringify(message)}\n`);
  }

  endInput(): void {
    this.#child.stdin!.end();
  }

  /** Nobody reads or writes any more, as when the parent has died. */
  closePipes(): void {
    this.#child.stdin!.destroy();
    this.#child.stdout!.destroy();
    this.#child.stderr!.destroy();
  }

  /** The first message from now on that fits. */
  async next(what: string, fits: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    const waiter: Waiter = { fits, seen: Promise.withResolvers() };
    this.#waiters.add(waiter);
    return within(WAIT_MS, what, waiter.seen.promise, () => `${this.#lines.slice(-8).join("\n")}\n${this.#stderr}`);
  }

  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    this.#child.kill(signal);
  }

  /** Its end, brought about by SIGKILL of its whole group if it is not there. */
  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined) {
      process.kill(-this.#child.pid, "SIGKILL");
    }
    this.closePipes();
    await within(WAIT_MS, "the end of a program", this.ended);
  }

  async untilEnd(): Promise<LineProcessEnd> {
    return within(WAIT_MS, "the end of a program", this.ended, () => this.#stderr);
  }

  #take(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > MAX_KEPT) this.#lines.shift();
    const message = parse(line);
    if (message === null) return;
    for (const waiter of this.#waiters) {
      if (!waiter.fits(message)) continue;
      this.#waiters.delete(waiter);
      waiter.seen.resolve(message);
    }
  }
}

function parse(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}
