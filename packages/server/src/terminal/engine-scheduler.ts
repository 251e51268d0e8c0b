/**
 * Shares the worker between engines: each in turn does a slice of its own tasks, so that one session's flood delays another's
 * screen by a slice and no more. An engine that throws is told of and removed; the others go on.
 */
import type { ScreenColours } from "@perdure/protocol";
import type { EngineEvent, EngineStart } from "./engine.ts";
import type { EngineTask, FromWorker } from "./engine-messages.ts";

/** About a millisecond of parsing. */
const SLICE_BYTES = 32 * 1024;

/** What is scheduled. */
export interface ScheduledEngine {
  feed(data: Uint8Array, isLive: boolean): void;
  resize(cols: number, rows: number): void;
  recolour(colours: ScreenColours): void;
  snapshot(scrollback: number): Extract<FromWorker, { is: "result" }>["value"];
  lines(scrollback: number): Extract<FromWorker, { is: "result" }>["value"];
  gathered(toEnd: boolean): Extract<FromWorker, { is: "result" }>["value"];
  close(): void;
}

export interface SchedulerOptions {
  readonly makeEngine: (start: EngineStart, onEvent: (event: EngineEvent) => void) => ScheduledEngine;
  readonly post: (message: FromWorker) => void;
  /** Called with output that is parsed: nobody needs it any more. */
  readonly free: (data: Uint8Array<ArrayBuffer>) => void;
  /** Calls back soon, after messages that have arrived were taken. */
  readonly soon: (callback: () => void) => void;
}

interface Entry {
  readonly id: number;
  readonly engine: ScheduledEngine;
  /** Waiting tasks; `done` counts the bytes of the first that are parsed. */
  readonly tasks: EngineTask[];
  done: number;
}

export class EngineScheduler {
  readonly #options: SchedulerOptions;
  readonly #entries = new Map<number, Entry>();
  /** Engines with tasks; the first is next. */
  #ready: Entry[] = [];
  #isScheduled = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  open(id: number, start: EngineStart): void {
    try {
      const engine = this.#options.makeEngine(start, (event) => this.#options.post({ is: "event", engine: id, event }));
      this.#entries.set(id, { id, engine, tasks: [], done: 0 });
    } catch (error) {
      this.#tellFault(id, error);
    }
  }

  /** Tasks for an engine that is gone are ignored. */
  add(id: number, task: EngineTask): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    if (entry.tasks.length === 0) this.#ready.push(entry);
    entry.tasks.push(task);
    this.#schedule();
  }

  close(id: number): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#forget(entry);
    entry.engine.close();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#ready.length === 0) return;
    this.#isScheduled = true;
    this.#options.soon(() => {
      this.#isScheduled = false;
      this.#runSlice();
      this.#schedule();
    });
  }

  #runSlice(): void {
    const entry = this.#ready.shift();
    if (!entry) return;
    try {
      this.#work(entry);
    } catch (error) {
      this.#forget(entry);
      this.#tellFault(entry.id, error);
      return;
    }
    if (entry.tasks.length > 0) this.#ready.push(entry);
  }

  /** Does tasks until a slice of output is parsed or a screen was written. */
  #work(entry: Entry): void {
    let parsed = 0;
    while (parsed < SLICE_BYTES && entry.tasks.length > 0) {
      const task = entry.tasks[0]!;
      switch (task.is) {
        case "feed":
          parsed += this.#feed(entry, task, SLICE_BYTES - parsed);
          break;
        case "resize":
          entry.engine.resize(task.cols, task.rows);
          entry.tasks.shift();
          break;
        case "recolour":
          entry.engine.recolour(task.colours);
          entry.tasks.shift();
          break;
        case "snapshot":
        case "lines":
        case "gathered": {
          if (parsed > 0) this.#options.post({ is: "parsed", engine: entry.id, bytes: parsed });
          const value = task.is === "gathered" ? entry.engine.gathered(task.toEnd) : entry.engine[task.is](task.scrollback);
          this.#options.post({ is: "result", engine: entry.id, request: task.request, value });
          entry.tasks.shift();
          return;
        }
      }
    }
    if (parsed > 0) this.#options.post({ is: "parsed", engine: entry.id, bytes: parsed });
  }

  #feed(entry: Entry, task: Extract<EngineTask, { is: "feed" }>, maxBytes: number): number {
    const bytes = Math.min(maxBytes, task.data.length - entry.done);
    entry.engine.feed(task.data.subarray(entry.done, entry.done + bytes), task.isLive);
    entry.done += bytes;
    if (entry.done === task.data.length) {
      entry.done = 0;
      entry.tasks.shift();
      this.#options.free(task.data);
    }
    return bytes;
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.id);
    this.#ready = this.#ready.filter((other) => other !== entry);
  }

  #tellFault(id: number, cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.#options.post({ is: "event", engine: id, event: { is: "fault", error } });
  }
}
