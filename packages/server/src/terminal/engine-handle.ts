/**
 * An engine as the server sees it: sends work to the worker, counts what is not yet parsed, and settles what waits. Every wait
 * ends by its signal, by a fault or by `close`.
 */
import type { ScreenColours } from "@perdure/protocol";
import { type Engine, type EngineEvent, type EngineStart, MAX_ENGINE_LAG_BYTES, type EngineSnapshot, type Gathering } from "./engine.ts";
import type { EngineTask, FromWorker } from "./engine-messages.ts";

/** Most questions that may wait for an answer. */
const MAX_REQUESTS = 1000;

interface Wait {
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
}

interface DrainWait extends Wait {
  readonly maxLagBytes: number;
}

export interface EngineHandleOptions {
  readonly start: EngineStart;
  readonly onEvent: (event: EngineEvent) => void;
  /** Sends to the worker; `transfer` moves the buffers instead of copying them. */
  readonly send: (task: EngineTask, transfer?: readonly ArrayBuffer[]) => void;
  readonly onClosed: () => void;
}

type State = { readonly is: "open" } | { readonly is: "faulty"; readonly error: Error } | { readonly is: "closed" };

export class EngineHandle implements Engine {
  readonly #options: EngineHandleOptions;
  readonly #requests = new Map<number, Wait>();
  readonly #drains = new Set<DrainWait>();
  #state: State = { is: "open" };
  #offset: number;
  #lagBytes = 0;
  #nextRequest = 1;

  constructor(options: EngineHandleOptions) {
    this.#options = options;
    this.#offset = options.start.offset;
  }

  get lagBytes(): number {
    return this.#lagBytes;
  }

  feed(offset: number, data: Uint8Array, isLive: boolean): void {
    if (!this.#isUsable(offset)) return;
    this.#offset += data.length;
    this.#lagBytes += data.length;
    if (this.#lagBytes > MAX_ENGINE_LAG_BYTES) return this.fail(new Error("the screen engine was fed more than it may hold"));
    const copy = new Uint8Array(data); // a Buffer's own slice shares its memory, which the transfer would take away
    this.#options.send({ is: "feed", data: copy, isLive }, [copy.buffer]);
  }

  resize(offset: number, cols: number, rows: number): void {
    if (this.#isUsable(offset)) this.#options.send({ is: "resize", cols, rows });
  }

  recolour(colours: ScreenColours): void {
    if (this.#state.is === "open") this.#options.send({ is: "recolour", colours });
  }

  async drained(maxLagBytes: number, signal: AbortSignal): Promise<void> {
    if (this.#throwIfLost(signal) && this.#lagBytes <= maxLagBytes) return;
    await this.#wait<void>(signal, (wait) => {
      const drain = { ...wait, maxLagBytes };
      this.#drains.add(drain);
      return () => this.#drains.delete(drain);
    });
  }

  async snapshot(scrollback: number, signal: AbortSignal): Promise<EngineSnapshot> {
    return this.#ask<EngineSnapshot>((request) => ({ is: "snapshot", request, scrollback }), signal);
  }

  async lines(scrollback: number, signal: AbortSignal): Promise<readonly string[]> {
    return this.#ask<readonly string[]>((request) => ({ is: "lines", request, scrollback }), signal);
  }

  async gathered(toEnd: boolean, signal: AbortSignal): Promise<Gathering> {
    return this.#ask<Gathering>((request) => ({ is: "gathered", request, toEnd }), signal);
  }

  close(): void {
    if (this.#state.is === "closed") return;
    this.#state = { is: "closed" };
    this.#rejectAll(new Error("the screen engine was closed"));
    this.#options.onClosed();
  }

  /** A message of the worker for this engine. */
  receive(message: FromWorker): void {
    if (this.#state.is !== "open") return;
    switch (message.is) {
      case "parsed":
        this.#lagBytes -= message.bytes;
        for (const drain of this.#drains) if (this.#lagBytes <= drain.maxLagBytes) drain.resolve(undefined as never);
        return;
      case "result":
        this.#requests.get(message.request)?.resolve(message.value as never);
        return;
      case "event":
        if (message.event.is === "fault") this.fail(message.event.error);
        else this.#options.onEvent(message.event);
        return;
    }
  }

  /** The engine is lost; it says so once. */
  fail(error: Error): void {
    if (this.#state.is !== "open") return;
    this.#state = { is: "faulty", error };
    this.#lagBytes = 0;
    this.#rejectAll(error);
    this.#options.onEvent({ is: "fault", error });
  }

  #ask<T>(task: (request: number) => EngineTask, signal: AbortSignal): Promise<T> {
    this.#throwIfLost(signal);
    if (this.#requests.size >= MAX_REQUESTS) throw new Error("too many questions wait for the screen engine");
    const request = this.#nextRequest++;
    return this.#wait<T>(signal, (wait) => {
      this.#requests.set(request, wait);
      this.#options.send(task(request));
      return () => this.#requests.delete(request);
    });
  }

  /** `register` takes what settles the promise and returns what forgets it. */
  async #wait<T>(signal: AbortSignal, register: (wait: Wait) => () => void): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const forget = register({ resolve, reject });
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      forget();
    }
  }

  /** False if what is fed goes nowhere, because the engine has failed. */
  #isUsable(offset: number): boolean {
    if (this.#state.is === "closed") throw new Error("the screen engine is closed");
    if (this.#state.is === "faulty") return false;
    if (offset !== this.#offset) throw new Error(`the screen engine stands at ${this.#offset}, not at ${offset}`);
    return true;
  }

  #throwIfLost(signal: AbortSignal): true {
    signal.throwIfAborted();
    if (this.#state.is === "closed") throw new Error("the screen engine is closed");
    if (this.#state.is === "faulty") throw this.#state.error;
    return true;
  }

  #rejectAll(reason: Error): void {
    for (const wait of [...this.#requests.values(), ...this.#drains]) wait.reject(reason);
  }
}
