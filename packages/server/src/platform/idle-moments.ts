/**
 * Finds the moments in which a process has come to rest after work, by the processor time it uses: the time for what would delay
 * somebody who waits. Each piece of work is followed by one such moment at most; a process that rests all the time has none.
 */
import type { Clock } from "./clock.ts";

const LOOK_EVERY_MS = 2_000;
/** Less processor time than this since the last look is rest: somebody who types uses more. */
const REST_CPU_MS = 20;
/** Work that is worth a moment. */
const WORK_CPU_MS = 300;

export interface IdleMomentsOptions {
  readonly clock: Clock;
  /** Processor time of the process so far, all threads together. */
  readonly cpuMs?: () => number;
  /** What is done in such a moment. The next one begins after its end. */
  readonly use: () => Promise<void> | void;
}

export class IdleMoments {
  readonly #clock: Clock;
  readonly #cpuMs: () => number;
  readonly #use: () => Promise<void> | void;
  #cancelLook: () => void;
  #lookedAtCpu: number;
  #usedAtCpu: number;
  #isDue = true;
  #isClosed = false;

  /** The start of the process is work, too. */
  constructor({ clock, cpuMs = processorMs, use }: IdleMomentsOptions) {
    this.#clock = clock;
    this.#cpuMs = cpuMs;
    this.#use = use;
    this.#usedAtCpu = cpuMs();
    this.#lookedAtCpu = this.#usedAtCpu;
    this.#cancelLook = this.#arm();
  }

  /** Something was let go that makes the next moment of rest worth using, however little work there was. */
  stir(): void {
    this.#isDue = true;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelLook();
  }

  #arm(): () => void {
    return this.#clock.after(LOOK_EVERY_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const cpu = this.#cpuMs();
    const isResting = cpu - this.#lookedAtCpu <= REST_CPU_MS;
    this.#lookedAtCpu = cpu;
    if (isResting && (this.#isDue || cpu - this.#usedAtCpu >= WORK_CPU_MS)) await this.#useMoment();
    if (!this.#isClosed) this.#cancelLook = this.#arm();
  }

  async #useMoment(): Promise<void> {
    this.#isDue = false;
    await this.#use();
    this.#usedAtCpu = this.#cpuMs();
    this.#lookedAtCpu = this.#usedAtCpu;
  }
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
