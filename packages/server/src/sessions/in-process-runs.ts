/**
 * Runs that live in this server: the part of a host that sessions use, for agents that are functions. Records are numbered and kept
 * until they are committed, input is taken once by its number; only nothing of it outlives the server, and the next one says so.
 */
import { PerdureError } from "@perdure/protocol";
import type { InProcessRun } from "../agents/in-process.ts";
import type { HostRun, SpawnRequest } from "../host/wire.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { InProcessLines } from "./in-process-lines.ts";
import type { RunHost, RunHostEvents } from "./run-host.ts";
import type { Session } from "./session.ts";

/** When the server ends, functions are told and waited for so long. */
const CLOSE_MS = 2_000;

export interface InProcessRunsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly events: RunHostEvents;
  /** The session whose current run this is. */
  readonly session: (run: string) => Session | undefined;
}

interface Living {
  readonly run: InProcessRun;
  readonly lines: InProcessLines;
  readonly host: HostRun;
  /** Input up to this number was taken. */
  taken: number;
  ending: Promise<void> | null;
}

export class InProcessRuns implements RunHost {
  readonly #options: InProcessRunsOptions;
  readonly #living = new Map<string, Living>();

  constructor(options: InProcessRunsOptions) {
    this.#options = options;
  }

  has(run: string): boolean {
    return this.#living.has(run);
  }

  async spawn({ run, kind, cwd, cols, rows }: SpawnRequest): Promise<HostRun> {
    const known = this.#living.get(run);
    if (known) return known.host;
    const { clock, log, events, session: sessionOf } = this.#options;
    const session = sessionOf(run);
    const agent = session?.chat?.agent.inProcess;
    if (!session || !agent) throw new PerdureError("spawn-failed", "There is no such function in this server.");
    const lines = new InProcessLines(clock, (records) => events.records(run, records));
    const place = {
      session: session.id,
      run,
      cwd,
      clock,
      log,
      conversation: () => (session.chat?.events.isLoaded ? session.chat.events.conversation : null),
      write: (line: string) => lines.write(line),
    };
    const marks = { firstRecord: 0, nextRecord: 0, isAlive: true };
    const host: HostRun = { run, handle: 0, kind, pid: process.pid, cols, rows, ...marks };
    this.#living.set(run, { run: agent.begin(place), lines, host, taken: 0, ending: null });
    return host;
  }

  read(run: string, from: number): void {
    this.#living.get(run)?.lines.read(from);
  }

  ack(run: string, upTo: number): void {
    this.#living.get(run)?.lines.ack(upTo);
  }

  /** Numbers count from 1 without gaps; one that was taken before is acknowledged again. */
  input(run: string, _numbering: "contiguous" | "increasing", writer: string, seq: number, data: Uint8Array): boolean {
    const living = this.#living.get(run);
    if (!living || seq > living.taken + 1) return false;
    const isNew = seq > living.taken;
    living.taken = Math.max(living.taken, seq);
    // Not within the commit that sends it: the function is the embedder's, and answers may come at once.
    queueMicrotask(() => {
      this.#options.events.inputAcked(run, writer, seq);
      if (isNew) this.#take(living, Buffer.from(data).toString().trimEnd());
    });
    return true;
  }

  resize(): void {
    // Nothing here has a size.
  }

  /** What it says from here on is dropped; what it has said is kept. */
  end(run: string, graceMs: number): Promise<void> {
    const living = this.#living.get(run);
    if (!living) return Promise.resolve();
    living.ending ??= this.#end(living, graceMs);
    return living.ending;
  }

  /** The run's end is committed. */
  forget(run: string): Promise<void> {
    this.#living.delete(run);
    return Promise.resolve();
  }

  /** The server ends, and everything here with it. Bounded. */
  async close(): Promise<void> {
    const living = [...this.#living.values()];
    for (const { lines } of living) lines.close();
    await Promise.all(living.map(({ run }) => run.end(CLOSE_MS)));
  }

  async #end({ run, lines }: Living, graceMs: number): Promise<void> {
    lines.close();
    await run.end(graceMs);
    lines.end({ is: "exited", code: 0, signal: null });
  }

  #take({ run, ending }: Living, line: string): void {
    if (ending === null) run.take(line);
  }
}
