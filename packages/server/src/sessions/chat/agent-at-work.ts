/**
 * The agent while its run lives: the driver at work, the ledger that goes to it, and the times at which the driver wants to be
 * called. Between runs there is nothing here. What a step comes to is committed by whoever asked for it, who then says so.
 */
import type { DriverCommand, DriverTimer } from "../../agents/driver.ts";
import type { Clock } from "../../platform/clock.ts";
import type { SendRow } from "../../store/store.ts";
import type { Batch } from "../records.ts";
import { DriverFault, type DriverRun, type Folded } from "./driver-run.ts";
import { loadDriver, type LoadedDriver, type LoadOptions } from "./kept-driver.ts";
import type { EndOfRun } from "./ladder.ts";
import { Ledger, type SendToHost } from "./ledger.ts";
import { Timers } from "./timers.ts";

export interface AgentAtWorkOptions {
  readonly clock: Clock;
  readonly sendToHost: SendToHost;
  /** A time has come that the driver asked for; see {@link AgentAtWork.timer}. */
  readonly onTimer: (id: string) => void;
}

export class AgentAtWork {
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  readonly #timers: Timers;
  #driver: DriverRun | null = null;
  /** A run that nobody here can understand. */
  #lost: { readonly run: string; readonly why: LoadedDriver } | null = null;

  constructor({ clock, sendToHost, onTimer }: AgentAtWorkOptions) {
    this.#clock = clock;
    this.#ledger = new Ledger(clock, sendToHost);
    this.#timers = new Timers(clock, onTimer);
  }

  /** The run whose driver is here; `null`: none. */
  get run(): string | null {
    return this.#driver?.run ?? null;
  }

  /** The first step of a run is committed, and its ledger given to {@link send}. */
  begun(driver: DriverRun): void {
    this.#driver = driver;
    this.setTimers();
  }

  /** Goes on with the run that another server began. Why it cannot is found out once. */
  async takeOver(options: LoadOptions): Promise<LoadedDriver> {
    if (this.#lost?.run === options.run) return this.#lost.why;
    const loaded = await loadDriver(options);
    if (loaded.is === "impossible") {
      this.#lost = { run: options.run, why: loaded };
      return loaded;
    }
    this.#ledger.add(loaded.rows);
    this.begun(loaded.driver);
    return loaded;
  }

  /** A batch of the run's output; `null`: nobody here understands it. */
  fold(batch: Batch): Folded | null {
    return this.#driver?.fold(batch) ?? null;
  }

  /** `null`: there is no driver. A fault of the driver is answered, with the agent as it was. */
  attempt(command: DriverCommand): Folded | DriverFault | null {
    try {
      return this.#driver?.step({ is: "command", time: this.#clock.now(), command }) ?? null;
    } catch (error) {
      return new DriverFault(command, error);
    }
  }

  /** The time with this id has come; `null`: the driver no longer waits for it. */
  timer(id: string): Folded | null {
    const time = this.#clock.now();
    const isDue = this.#wanted.some((timer) => timer.id === id && timer.at <= time);
    return isDue ? (this.#driver?.step({ is: "timer", time, id }) ?? null) : null;
  }

  /** The run is over and nobody saw it end. */
  lost({ at, cause }: EndOfRun): Folded | null {
    return this.#driver?.step({ is: "exit", time: at, end: { is: "lost", reason: cause } }) ?? null;
  }

  /** What a step came to is committed. */
  committed(folded: Folded): void {
    this.#driver?.committed(folded);
  }

  /** Rows of the ledger that are committed: on their way. */
  send(rows: readonly SendRow[]): void {
    this.#ledger.add(rows);
  }

  setTimers(): void {
    this.#timers.set(this.#wanted);
  }

  /** The host that is connected has the run. */
  hostHasRun(): void {
    this.#ledger.open();
  }

  /** The host has the ledger of a run up to this number. Answers what those rows were for. */
  delivered(run: string, seq: number): readonly string[] {
    if (this.run !== run) return [];
    this.#driver?.noteDelivered(seq);
    return this.#ledger.acked(seq);
  }

  /** The host could not take this number now. */
  refused(run: string, seq: number): void {
    if (this.run === run) this.#ledger.rewind(seq);
  }

  /** The run is over. */
  over(): void {
    this.#driver = null;
    this.#ledger.close();
    this.#timers.set([]);
  }

  close(): void {
    this.#timers.close();
    this.#ledger.close();
  }

  get #wanted(): readonly DriverTimer[] {
    return this.#driver?.timers ?? [];
  }
}
