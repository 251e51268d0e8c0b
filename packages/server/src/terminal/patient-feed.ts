/**
 * Small pieces of plain output wait a moment before they go to the engines' worker: nobody waits for them, while on a machine with few
 * processors the viewer who is just being sent the same bytes would wait behind the worker that wakes up. Everything else goes at once,
 * behind what waits: what may hold a query, larger output, and all that is asked of the engine. So the order stays as it is.
 */
import type { Clock } from "../platform/clock.ts";
import type { EngineTask } from "./engine-messages.ts";

const PATIENCE_MS = 3;
const MAX_PIECE_BYTES = 256;
const MAX_WAITING = 16;
const ESCAPE = 0x1b;

export type Send = (task: EngineTask, transfer?: readonly ArrayBuffer[]) => void;

export class PatientFeed {
  readonly #clock: Clock;
  readonly #post: Send;
  #waiting: Parameters<Send>[] = [];
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, post: Send) {
    this.#clock = clock;
    this.#post = post;
  }

  send(task: EngineTask, transfer?: readonly ArrayBuffer[]): void {
    this.#waiting.push([task, transfer]);
    if (!mayWait(task) || this.#waiting.length >= MAX_WAITING) this.#flush();
    else this.#cancel ??= this.#clock.after(PATIENCE_MS, () => this.#flush());
  }

  /** Forgets what waits: the engine is gone. */
  close(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#waiting = [];
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.close();
    for (const [task, transfer] of waiting) this.#post(task, transfer);
  }
}

function mayWait(task: EngineTask): boolean {
  return task.is === "feed" && task.data.length <= MAX_PIECE_BYTES && !task.data.includes(ESCAPE);
}
