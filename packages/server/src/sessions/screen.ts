/**
 * A session's screen: an engine that is awake while output flows or somebody looks, and asleep otherwise. It follows the log
 * and is never ahead of it. Asleep it costs nothing; it wakes from its newest kept snapshot and the log behind it, so that
 * waking does not depend on the length of the history. In a flood that nobody watches it falls behind, and reads what it missed
 * from the log when the flood is over, somebody looks, or it has become too much; a flood that is watched waits for it.
 */
import { FIRST_PLACE, type ScreenColours } from "@perdure/protocol";
import type { Log } from "../platform/log.ts";
import type { Clock } from "../platform/clock.ts";
import type { Store, StreamKey, StreamRecord } from "../store/store.ts";
import { SCROLLBACK_LINES, type Engine, type EngineEvent, type Engines, type EngineSnapshot } from "../terminal/engine.ts";
import type { CommandLog } from "./commands/command-log.ts";
import { FedTimes } from "./commands/fed-times.ts";
import { KeptScreens } from "./kept-screens.ts";
import { unseen, type Batch } from "./records.ts";

const SNAPSHOT_EVERY_BYTES = 1024 * 1024;
/** Most that an engine is given ahead of what it has parsed. */
const MAX_LAG_BYTES = 1024 * 1024;
/** A flood is over when nothing has come for so long. */
const CALM_MS = 50;
const READ_BYTES = 256 * 1024;
const SLEEP_AFTER_MS = 10_000;
const QUIET_MS = 2_000;
/** Longest wait for an engine to catch up before a snapshot. */
const SNAPSHOT_TIMEOUT_MS = 20_000;
/** What is printed below everything does not wait longer to know where that is. */
const FREE_ROW_WITHIN_MS = 2_000;
/** An answer to a query that is older than this would surprise the program. */
export const LIVE_MS = 2_000;

/** What the output asked for or told; an engine's own fault and a shell's marks are dealt with here. */
export type ScreenEvent = Exclude<EngineEvent, { is: "fault" | "mark" }>;

export interface ScreenOptions {
  readonly key: StreamKey;
  readonly store: Store;
  readonly engines: Engines;
  readonly clock: Clock;
  readonly log: Log;
  /** Committed end of the stream. */
  readonly tail: () => number;
  /** First kept byte of the stream, and the size a terminal has there if no snapshot says otherwise. */
  readonly start: () => { readonly offset: number; readonly cols: number; readonly rows: number };
  /** So far behind a flood that nobody watches the flood waits for it; at half of that it begins to catch up. */
  readonly maxBehindBytes: number;
  /** Somebody looks at the screen. */
  readonly isWatched: () => boolean;
  /** Told of each mark of a shell. */
  readonly commands: CommandLog;
  readonly onEvent: (event: ScreenEvent) => void;
}

type State =
  | { readonly is: "asleep" }
  /** It reads the log: it was asleep, or has fallen behind. */
  | { readonly is: "waking"; readonly done: Promise<Engine> }
  | { readonly is: "awake"; readonly engine: Engine };

/** The engine of a session and its sleep. */
export class Screen {
  readonly #options: ScreenOptions;
  readonly #kept: KeptScreens;
  #state: State = { is: "asleep" };
  /** Everything before it has been fed. */
  #position = 0;
  /** Something was committed while the engine woke: perhaps only a resize, which moves no offset. */
  #hasMissed = false;
  #keptAt = 0;
  /** Ends the wait for the end of a flood. */
  #hurry: () => void = nothing;
  #isHurried = false;
  /** Resolves when it has read another piece of the log. */
  #step: PromiseWithResolvers<void> | null = null;
  #cancelQuiet: (() => void) | null = null;
  #lastUse = 0;
  #colours: ScreenColours | null = null;
  readonly #times = new FedTimes();
  #isClosed = false;

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#kept = new KeptScreens(options);
  }

  /** Feeds a committed batch; wakes the engine if it sleeps. */
  follow(batch: Batch): void {
    this.#use();
    if (this.#state.is === "asleep") return this.#wakeInBackground();
    if (this.#state.is === "waking") {
      this.#hasMissed = true; // it reads the batch from the log
      return;
    }
    const { engine } = this.#state;
    if (engine.lagBytes > MAX_LAG_BYTES && !this.#options.isWatched()) return this.#fallBehind(engine);
    try {
      this.#feedBatch(engine, batch);
    } catch (error) {
      return this.#fail(error, engine);
    }
    if (this.#position - this.#keptAt >= SNAPSHOT_EVERY_BYTES) this.#keepInBackground(engine);
  }

  /** `null` if more may be committed now; else resolves when the screen has come closer. */
  ready(): Promise<void> | null {
    if (this.#state.is === "waking") return this.#readyToWake(this.#state.done);
    if (this.#state.is !== "awake" || this.#state.engine.lagBytes <= MAX_LAG_BYTES || !this.#options.isWatched()) return null;
    const { engine } = this.#state;
    const drained = engine.drained(MAX_LAG_BYTES / 2, AbortSignal.timeout(SNAPSHOT_TIMEOUT_MS));
    return drained.catch((error: unknown) => this.#fail(error, engine));
  }

  /** The screen as of the committed end, or later. */
  async snapshot(signal: AbortSignal, scrollback: number = SCROLLBACK_LINES): Promise<EngineSnapshot> {
    return this.#withEngine((engine, bound) => engine.snapshot(scrollback, bound), signal);
  }

  /** Screen and scrollback as text. */
  async lines(signal: AbortSignal, scrollback: number = SCROLLBACK_LINES): Promise<readonly string[]> {
    return this.#withEngine((engine, bound) => engine.lines(scrollback, bound), signal);
  }

  /** Resolves when the marks of everything committed so far were read. */
  async marksRead(signal: AbortSignal): Promise<void> {
    const isRead = this.#state.is === "asleep" && this.#position === this.#options.tail();
    if (!isRead) await this.snapshot(signal, 0);
  }

  /** Rows from the cursor to the first one below everything on the screen; `null` if that is not known soon. */
  async toFreeRow(): Promise<number | null> {
    const { promise: tooLate, resolve } = Promise.withResolvers<null>();
    const cancel = this.#options.clock.after(FREE_ROW_WITHIN_MS, () => resolve(null));
    const bound = new AbortController();
    const asked = this.#withEngine((engine, signal) => engine.snapshot(0, signal), bound.signal).then(
      ({ toFreeRow }) => toFreeRow,
      (error: unknown) => {
        this.#report(error, "where the screen is free is not known");
        return null;
      },
    );
    try {
      return await Promise.race([asked, tooLate]);
    } finally {
      cancel();
      bound.abort(new Error("it is too late"));
    }
  }

  /** Programs that ask for colours are told these from now on. */
  recolour(colours: ScreenColours): void {
    if (this.#colours === colours) return;
    this.#colours = colours;
    if (this.#state.is === "awake") this.#state.engine.recolour(colours);
  }

  /** Keeps a snapshot and lets the engine go, unless somebody has used it meanwhile. */
  async sleep(): Promise<void> {
    if (this.#state.is !== "awake") return;
    const { engine } = this.#state;
    const lastUse = this.#lastUse;
    await this.#keep(engine).catch((error: unknown) => this.#report(error, "a screen snapshot was not kept"));
    if (this.#lastUse === lastUse) this.#drop(engine);
  }

  /** Ends the engine without keeping anything. */
  close(): void {
    this.#isClosed = true;
    this.#hurryUp();
    this.#cancelQuiet?.();
    if (this.#state.is === "awake") this.#drop(this.#state.engine);
  }

  async #withEngine<T>(use: (engine: Engine, bound: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#use();
    const bound = AbortSignal.any([signal, AbortSignal.timeout(SNAPSHOT_TIMEOUT_MS)]);
    const awake = this.#awake();
    this.#hurryUp();
    const engine = await awake;
    try {
      return await use(engine, bound);
    } catch (error) {
      if (bound.aborted) throw error;
      this.#fail(error, engine);
      return use(await this.#awake(), bound); // once more, with a fresh engine
    }
  }

  #awake(): Promise<Engine> {
    if (this.#state.is === "awake") return Promise.resolve(this.#state.engine);
    if (this.#state.is === "waking") return this.#state.done;
    return this.#beginWaking(() => this.#wake());
  }

  #beginWaking(wake: () => Promise<Engine>): Promise<Engine> {
    this.#isHurried = false;
    const done = wake();
    this.#state = { is: "waking", done };
    const isOver = (): void => this.#stepped();
    done.then(isOver, () => {
      if (this.#state.is === "waking" && this.#state.done === done) this.#state = { is: "asleep" };
      isOver();
    });
    return done;
  }

  #wakeInBackground(): void {
    this.#awake().catch((error: unknown) => this.#report(error, "a screen could not be woken"));
  }

  #fallBehind(engine: Engine): void {
    this.#hasMissed = true;
    this.#beginWaking(() => this.#comeBack(engine)).catch((error: unknown) => this.#report(error, "a screen could not catch up"));
  }

  async #wake(): Promise<Engine> {
    const { engines, commands } = this.#options;
    const kept = await this.#kept.newest();
    const { offset, cols, rows } = kept ?? this.#options.start();
    const place = kept?.place ?? FIRST_PLACE;
    const start = { offset, cols, rows, snapshot: kept?.data ?? null, place, typedAt: commands.typedAt };
    const engine: Engine = engines.open(start, (event) => this.#onEvent(event, engine));
    if (this.#colours) engine.recolour(this.#colours);
    this.#position = offset;
    this.#keptAt = offset;
    return this.#comeBack(engine);
  }

  /** Reads the log up to its end. */
  async #comeBack(engine: Engine): Promise<Engine> {
    try {
      do await this.#catchUp(engine);
      while (!this.#isClosed && (this.#hasMissed || this.#behindBytes > 0));
    } catch (error) {
      engine.close();
      throw error;
    }
    if (this.#isClosed) {
      engine.close();
      throw new Error("the session was closed");
    }
    this.#state = { is: "awake", engine };
    return engine;
  }

  /** Reads the log up to its end, at least once: what stands there may be a resize. */
  async #catchUp(engine: Engine): Promise<void> {
    const { store, key, tail } = this.#options;
    do {
      await this.#untilCalm();
      this.#hasMissed = false;
      const result = await store.read(key, this.#position, READ_BYTES);
      if (!result.ok && result.reason === "unknown-stream" && tail() === 0) return; // nothing was ever printed
      if (!result.ok) throw new Error(`the log could not be read from ${this.#position}: ${result.reason}`);
      for (const record of unseen(result.records, this.#position)) this.#feedRecord(engine, record);
      await engine.drained(MAX_LAG_BYTES, AbortSignal.timeout(SNAPSHOT_TIMEOUT_MS));
      if (this.#position - this.#keptAt >= SNAPSHOT_EVERY_BYTES) this.#keepInBackground(engine);
      this.#stepped();
    } while (!this.#isClosed && this.#behindBytes > 0);
  }

  get #behindBytes(): number {
    return this.#options.tail() - this.#position;
  }

  /** Who looks waits for the end of the log: nothing may be added to it meanwhile. Else a flood goes on at the screen's pace. */
  #readyToWake(done: Promise<Engine>): Promise<void> | null {
    if (this.#isHurried || this.#options.isWatched()) return this.#behindBytes > MAX_LAG_BYTES ? done.then(nothing, nothing) : null;
    if (this.#behindBytes <= this.#options.maxBehindBytes) return null;
    this.#step ??= Promise.withResolvers<void>();
    return this.#step.promise;
  }

  #stepped(): void {
    this.#step?.resolve();
    this.#step = null;
  }

  /** Resolves when a flood is over that nobody watches, or when it must be caught up with all the same. */
  async #untilCalm(): Promise<void> {
    const isFlood = (): boolean => {
      const isOnItsWay = this.#behindBytes <= MAX_LAG_BYTES || this.#behindBytes > this.#options.maxBehindBytes / 2;
      return !isOnItsWay && !this.#isHurried && !this.#options.isWatched() && this.#options.clock.now() - this.#lastUse < CALM_MS;
    };
    while (isFlood()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#hurry = resolve;
      const cancel = this.#options.clock.after(CALM_MS, resolve);
      await promise;
      cancel();
    }
  }

  #hurryUp(): void {
    this.#isHurried = true;
    this.#hurry();
  }

  #feedBatch(engine: Engine, batch: Batch): void {
    if (batch.start !== this.#position) throw new Error(`fed ${batch.start}, expected ${this.#position}`);
    const liveAfter = this.#options.clock.now() - LIVE_MS;
    for (const piece of batch.pieces) {
      if (piece.is === "data") this.#feed(engine, piece, piece.time >= liveAfter);
      else engine.resize(piece.offset, piece.cols, piece.rows);
    }
    this.#position = batch.end;
  }

  #feedRecord(engine: Engine, record: StreamRecord): void {
    if (record.size) return engine.resize(record.offset, record.size.cols, record.size.rows);
    if (record.data.length === 0) return;
    this.#feed(engine, record, record.time >= this.#options.clock.now() - LIVE_MS);
    this.#position = record.offset + record.data.length;
  }

  #feed(engine: Engine, { offset, data, time }: Pick<StreamRecord, "offset" | "data" | "time">, isLive: boolean): void {
    this.#times.add(offset + data.length, time, offset - engine.lagBytes);
    engine.feed(offset, data, isLive);
  }

  #onEvent(event: EngineEvent, engine: Engine): void {
    const { clock, commands } = this.#options;
    const toldAfterMs = (offset: number): number => clock.now() - (this.#times.at(offset) ?? clock.now());
    if (event.is === "fault") this.#fail(event.error, engine);
    else if (event.is === "mark") commands.take({ ...event, time: this.#times.at(event.offset) ?? clock.now() });
    else if (event.is !== "answer" || toldAfterMs(event.offset) <= LIVE_MS) this.#options.onEvent(event);
  }

  #keepInBackground(engine: Engine): void {
    this.#keptAt = this.#position;
    this.#keep(engine).catch((error: unknown) => this.#report(error, "a screen snapshot was not kept"));
  }

  async #keep(engine: Engine): Promise<void> {
    const snapshot = await engine.snapshot(SCROLLBACK_LINES, AbortSignal.timeout(SNAPSHOT_TIMEOUT_MS));
    this.#keptAt = Math.max(this.#keptAt, snapshot.offset);
    await this.#kept.keep(snapshot);
  }

  #use(): void {
    this.#lastUse = this.#options.clock.now();
    if (!this.#cancelQuiet) this.#armQuiet(QUIET_MS);
  }

  #armQuiet(ms: number): void {
    this.#cancelQuiet = this.#options.clock.after(ms, () => {
      this.#cancelQuiet = null;
      this.#onQuiet();
    });
  }

  /** Keeps a snapshot when it has become quiet, sleeps when it has been quiet for long and nobody looks. */
  #onQuiet(): void {
    if (this.#isClosed || this.#state.is === "asleep") return;
    const idleMs = this.#options.clock.now() - this.#lastUse;
    if (idleMs >= SLEEP_AFTER_MS && !this.#options.isWatched()) void this.sleep();
    else if (idleMs >= QUIET_MS && this.#state.is === "awake" && this.#position > this.#keptAt) this.#keepInBackground(this.#state.engine);
    this.#armQuiet(idleMs < QUIET_MS ? QUIET_MS : SLEEP_AFTER_MS);
  }

  /** Another engine may be in its place already, or on its way. */
  #drop(engine: Engine): void {
    if (this.#state.is !== "awake" || this.#state.engine !== engine) return;
    engine.close();
    this.#state = { is: "asleep" };
  }

  #fail(error: unknown, engine: Engine): void {
    this.#report(error, "a screen engine failed; it starts again from its last snapshot");
    this.#drop(engine);
    if (this.#options.clock.now() - this.#times.latest <= LIVE_MS) this.#wakeInBackground(); // it may have been asked something
  }

  #report(error: unknown, message: string): void {
    if (!this.#isClosed) this.#options.log.warn({ session: this.#options.key.session, err: error }, message);
  }
}

function nothing(): void {
  // Nobody waits; or, whether it woke or not, the log goes on.
}
