/**
 * The newest commands of a session's shell, as the server has them. They are asked for again, at most four times a second, when the
 * shell has marked something in the output. A store for the page.
 */
import type { Rest } from "@perdure/client";
import type { ShellCommand } from "@perdure/protocol";

/** So many are known at most; where there are as many, there may be older ones. */
export const NEWEST = 50;

const SOON_MS = 250;
/** What failed is asked for again with the next mark, or after so long. */
const AGAIN_MS = 5_000;
const PATIENCE_MS = 1_000;

export interface SessionCommandsOptions {
  readonly rest: Pick<Rest, "commands">;
  readonly session: string;
}

export class SessionCommands {
  readonly #options: SessionCommandsOptions;
  readonly #listeners = new Set<() => void>();
  #asking: AbortController | null = null;
  #commands: readonly ShellCommand[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #answered: Promise<void> = Promise.resolve();
  #isWanted = false;

  constructor(options: SessionCommandsOptions) {
    this.#options = options;
  }

  /** Newest first. */
  get commands(): readonly ShellCommand[] {
    return this.#commands;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** There may be others than before. */
  refresh(afterMs: number = SOON_MS): void {
    if (this.#asking) this.#isWanted = true;
    else this.#timer ??= setTimeout(() => this.#askNow(), afterMs);
  }

  /** Resolves when those are known that were marked so far, or after a second. */
  async latest(): Promise<void> {
    if (this.#timer !== undefined) this.#askNow();
    if (this.#asking === null) return;
    const { promise: tooLate, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, PATIENCE_MS);
    await Promise.race([this.#answered, tooLate]);
    clearTimeout(timer);
  }

  /** Nobody looks any more, until the next refresh. */
  rest(): void {
    this.#asking?.abort();
    this.#asking = null;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #askNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#answered = this.#ask();
  }

  async #ask(): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    this.#isWanted = false;
    const { rest, session } = this.#options;
    let hasFailed = false;
    try {
      const { commands } = await rest.commands(session, { limit: NEWEST }, { signal: asking.signal });
      if (!asking.signal.aborted) this.#take(commands);
    } catch {
      hasFailed = true; // without a connection those that are known stay
    }
    if (asking.signal.aborted) return;
    this.#asking = null;
    if (this.#isWanted) this.refresh();
    else if (hasFailed) this.refresh(AGAIN_MS);
  }

  #take(commands: readonly ShellCommand[]): void {
    if (JSON.stringify(commands) === JSON.stringify(this.#commands)) return;
    this.#commands = commands;
    for (const listener of this.#listeners) listener();
  }
}
