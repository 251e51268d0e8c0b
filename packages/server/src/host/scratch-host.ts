/** For tests: a real host process on a scratch home, and a connection that collects what it is told. */
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { type Home, openHome } from "../platform/home.ts";
import { type HostConnection, type HostEvents, connectHost } from "./connection.ts";
import type { HostRecord, HostRun, RunEnd, SpawnRequest } from "./wire.ts";

const WITHIN_MS = 20_000;
const ENTRY = fileURLToPath(new URL("./main.ts", import.meta.url));

export interface ScratchHost {
  readonly home: Home;
  readonly process: ChildProcess;
  connect(epoch?: number): Promise<Watcher>;
  /** SIGKILL, then a new host on the same home; `between` happens while there is none. */
  killAndStartAgain(env?: Readonly<Record<string, string>>, between?: () => void): Promise<void>;
  close(): Promise<void>;
}

export async function scratchHost(env: Readonly<Record<string, string>> = {}): Promise<ScratchHost> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-host-"));
  const home = openHome(directory);
  let child = await startIn(home, env);
  const watchers: Watcher[] = [];
  return {
    home,
    get process() {
      return child;
    },
    async connect(epoch = 1) {
      const watcher = await Watcher.connect(home, epoch);
      watchers.push(watcher);
      return watcher;
    },
    async killAndStartAgain(next = env, between) {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      between?.();
      child = await startIn(home, next);
    },
    async close() {
      for (const watcher of watchers) watcher.connection.close();
      const last = child.exitCode === null && child.signalCode === null ? await Watcher.connect(home, Number.MAX_SAFE_INTEGER) : undefined;
      await last?.connection.shutdown(true, within()).catch(() => child.kill("SIGKILL"));
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Starts a host process and waits until it says that it listens. */
export async function startIn(home: Home, env: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const args = ["--conditions=@perdure/source", ENTRY, "--home", home.directory];
  const child = spawn(process.execPath, args, {
    cwd: "/",
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const log = fs.watch(home.directory);
  try {
    const exited = once(child, "exit").then(() => true);
    for (const deadline = Date.now() + WITHIN_MS; Date.now() < deadline;) {
      if (isListening(home, child)) return child;
      if (await Promise.race([exited, once(log, "change").then(() => false)])) return child;
    }
    throw new Error("The host did not start in time.");
  } finally {
    log.close();
  }
}

function isListening(home: Home, child: ChildProcess): boolean {
  return fs.existsSync(home.hostLog) && fs.readFileSync(home.hostLog, "utf8").includes(` ${child.pid} host listens`);
}

export function within(): AbortSignal {
  return AbortSignal.timeout(WITHIN_MS);
}

/** The environment and size most tests do not care about. */
export function request(run: string, command: readonly string[], more: Partial<SpawnRequest> = {}): SpawnRequest {
  return { run, kind: "pty", command, cwd: "/", env: { PATH: process.env["PATH"] ?? "", TERM: "xterm" }, cols: 80, rows: 24, ...more };
}

/** A connection, all it was told, and waits for what it is to be told. */
export class Watcher implements HostEvents {
  readonly told = new EventEmitter();
  readonly received = new Map<string, HostRecord[]>();
  readonly spoolStates: string[] = [];
  readonly inputs: { readonly writer: string; readonly seq: number; readonly answer: string; readonly expected: number | undefined }[] = [];
  readonly gones: { readonly run: string; readonly from: number }[] = [];
  closedBy: Parameters<HostEvents["closed"]>[0] | undefined;
  isAcking = true;
  #connection: HostConnection | undefined;

  static async connect(home: Home, epoch: number): Promise<Watcher> {
    const watcher = new Watcher();
    watcher.told.setMaxListeners(100);
    watcher.#connection = await connectHost({ socketPath: home.hostSocket, epoch, events: watcher, signal: within() });
    return watcher;
  }

  get connection(): HostConnection {
    if (!this.#connection) throw new Error("not connected");
    return this.#connection;
  }

  records(run: string, records: readonly HostRecord[]): void {
    const all = this.received.get(run) ?? [];
    all.push(...records);
    this.received.set(run, all);
    const last = records.at(-1);
    if (this.isAcking && last) this.connection.ack(run, last.index + 1);
    this.told.emit("told");
  }

  inputAcked(_run: string, writer: string, seq: number): void {
    this.inputs.push({ writer, seq, answer: "acked", expected: undefined });
    this.told.emit("told");
  }

  inputRefused(_run: string, writer: string, seq: number, reason: string, expected: number | undefined): void {
    this.inputs.push({ writer, seq, answer: reason, expected });
    this.told.emit("told");
  }

  gone(run: string, from: number): void {
    this.gones.push({ run, from });
    this.told.emit("told");
  }

  spool(_run: string, state: string): void {
    this.spoolStates.push(state);
    this.told.emit("told");
  }

  closed(why: Parameters<HostEvents["closed"]>[0]): void {
    this.closedBy = why;
    this.told.emit("told");
  }

  async start(wanted: SpawnRequest): Promise<HostRun> {
    const run = await this.connection.spawn(wanted, within());
    this.connection.read(wanted.run, 0);
    return run;
  }

  type(run: string, seq: number, text: string, writer = "w"): void {
    if (!this.connection.input(run, "contiguous", writer, seq, Buffer.from(text))) throw new Error("input was not taken");
  }

  output(run: string, channel?: "output" | "error"): Buffer {
    const data = (this.received.get(run) ?? []).flatMap((record) =>
      record.is === "data" && (!channel || record.channel === channel) ? [record.data] : [],
    );
    return Buffer.concat(data);
  }

  end(run: string): RunEnd | undefined {
    const last = this.received.get(run)?.at(-1);
    return last?.is === "end" ? last.end : undefined;
  }

  /** Waits until what was told makes it true. */
  async until(isTrue: () => boolean): Promise<void> {
    const signal = within();
    while (!isTrue()) await once(this.told, "told", { signal });
  }

  async untilOutput(run: string, text: string): Promise<void> {
    await this.until(() => this.output(run).includes(text));
  }

  async untilEnd(run: string): Promise<RunEnd> {
    await this.until(() => this.end(run) !== undefined);
    return this.end(run) as RunEnd;
  }
}
