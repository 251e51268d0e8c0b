// Holds of streamed answers: a test stops the model before a chunk of its answer and lets it go on when it has looked around.

export interface Hold {
  /** Resolves when an answer has come to the chunk and waits. */
  readonly reached: Promise<void>;
  /** Lets it go on, also if it has not come there yet. */
  release(): void;
}

interface Waiting {
  readonly fits: (text: string) => boolean;
  readonly chunk: number;
  readonly reached: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
}

export class Holds {
  #waiting: Waiting[] = [];

  /** The next answer to a text that holds these words waits before this chunk, counted from 0. */
  add(words: string | RegExp, chunk: number): Hold {
    const fits = (text: string): boolean => (typeof words === "string" ? text.includes(words) : words.test(text));
    const waiting: Waiting = { fits, chunk, reached: Promise.withResolvers(), released: Promise.withResolvers() };
    this.#waiting.push(waiting);
    return { reached: waiting.reached.promise, release: () => waiting.released.resolve() };
  }

  /** Waits where a test wants this answer to wait, until it is released or the signal says that nobody listens. */
  async pass(text: string, chunk: number, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting.find((each) => each.chunk === chunk && each.fits(text));
    if (!waiting) return;
    this.#waiting = this.#waiting.filter((each) => each !== waiting);
    waiting.reached.resolve();
    const gone = Promise.withResolvers<void>();
    const leave = (): void => gone.resolve();
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    await Promise.race([waiting.released.promise, gone.promise]);
    signal.removeEventListener("abort", leave);
  }
}
