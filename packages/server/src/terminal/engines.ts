/**
 * Runs the screen engines of all sessions in one worker thread. The worker starts with the first engine and ends a while after
 * the last, which gives its memory back. If it dies, every engine in it reports a fault and the next one opened gets a new worker.
 */
import { Worker } from "node:worker_threads";
import { type Clock, systemClock } from "../platform/clock.ts";
import { workerFlags } from "../platform/entry-flags.ts";
import type { Engine, EngineEvent, EngineStart, Engines } from "./engine.ts";
import { EngineHandle } from "./engine-handle.ts";
import type { FromWorker, ToWorker } from "./engine-messages.ts";
import { PatientFeed } from "./patient-feed.ts";

export interface EnginesOptions {
  /** The file of `engine-worker`. */
  readonly worker: URL;
  readonly clock?: Clock;
  /** How long a worker without engines is kept. */
  readonly idleMs?: number;
  /** A worker has ended: what it held is free. */
  readonly onEnded?: () => void;
}

const IDLE_MS = 2000;
/** A worker that grows beyond ends, and its engines start again. An engine with a full scrollback takes 3–4 MB. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 48 };

export function openEngines(options: EnginesOptions): Engines {
  return new WorkerEngines(options);
}

/** A worker and the engines in it. */
interface Running {
  readonly worker: Worker;
  readonly engines: Map<number, EngineHandle>;
  readonly ended: Promise<void>;
  cancelIdle: (() => void) | null;
}

class WorkerEngines implements Engines {
  readonly #options: EnginesOptions;
  readonly #clock: Clock;
  readonly #ending = new Set<Promise<void>>();
  #running: Running | null = null;
  #nextEngine = 1;
  #isClosed = false;

  constructor(options: EnginesOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  open(start: EngineStart, onEvent: (event: EngineEvent) => void): Engine {
    if (this.#isClosed) throw new Error("the screen engines are closed");
    const running = (this.#running ??= this.#start());
    running.cancelIdle?.();
    running.cancelIdle = null;
    const id = this.#nextEngine++;
    const post = (message: ToWorker, transfer: readonly ArrayBuffer[] = []) => running.worker.postMessage(message, transfer);
    const feed = new PatientFeed(this.#clock, (task, transfer) => post({ is: "task", engine: id, task }, transfer));
    const handle = new EngineHandle({
      start,
      onEvent,
      send: (task, transfer) => feed.send(task, transfer),
      onClosed: () => {
        feed.close();
        running.engines.delete(id);
        post({ is: "close", engine: id });
        if (running.engines.size === 0) this.#onIdle(running);
      },
    });
    running.engines.set(id, handle);
    post({ is: "open", engine: id, start });
    return handle;
  }

  warm(): void {
    if (this.#isClosed || this.#running) return;
    this.#running = this.#start();
    this.#onIdle(this.#running);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const running = this.#running;
    for (const engine of running ? running.engines.values() : []) engine.close();
    if (running) this.#end(running);
    await Promise.all(this.#ending);
  }

  #start(): Running {
    const entry = this.#options.worker;
    const worker = new Worker(entry, { ...workerFlags(entry), name: "perdure-engines", resourceLimits: RESOURCE_LIMITS });
    const { promise: ended, resolve: onEnded } = Promise.withResolvers<void>();
    const running: Running = { worker, engines: new Map(), ended, cancelIdle: null };
    worker.on("message", (message: FromWorker) => running.engines.get(message.engine)?.receive(message));
    worker.on("messageerror", (error) => this.#lose(running, error));
    worker.on("error", (error) => this.#lose(running, error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", (code) => {
      onEnded();
      this.#options.onEnded?.();
      this.#lose(running, new Error(`the screen engines' worker ended with code ${code}`));
    });
    return running;
  }

  /** The worker is gone or cannot be trusted: its engines fail, the next one opened gets another. */
  #lose(running: Running, error: Error): void {
    this.#end(running);
    for (const engine of running.engines.values()) engine.fail(error);
  }

  #onIdle(running: Running): void {
    if (this.#running !== running) return;
    running.cancelIdle = this.#clock.after(this.#options.idleMs ?? IDLE_MS, () => this.#end(running));
  }

  #end(running: Running): void {
    if (this.#running !== running) return;
    this.#running = null;
    running.cancelIdle?.();
    const ending = running.worker.terminate().then(
      () => running.ended,
      () => running.ended,
    );
    this.#ending.add(ending);
    void ending.finally(() => this.#ending.delete(ending));
  }
}
