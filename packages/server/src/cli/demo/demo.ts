/**
 * What `perdure demo` runs: a state directory of its own, a server, a counting program in a session, a network that can be cut, and
 * a viewer behind it that notes every line it is shown. Nothing of the user's own sessions is touched, whatever is killed.
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Client } from "@perdure/client";
import type { SessionInfo } from "@perdure/protocol";
import { PlainText } from "../../http/plain-text.ts";
import { isProcessAlive, signalProcess, startTimeOf, type ProcessIdentity } from "../../platform/processes.ts";
import type { Cli } from "../cli.ts";
import { CLI_ENTRY, nodeCommand } from "../entries.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { restFor } from "../find-server.ts";
import { followLog } from "../follow-log.ts";
import { runContext, sessionRequest } from "../program-context.ts";
import { connectClient, reachServer, type Server } from "../server.ts";
import type { ServerFlags } from "../server-flags.ts";
import { numbersIn, readRecord } from "./counter.ts";
import { openRelay, type Relay } from "./relay.ts";

/** How long ending everything may take. */
const CLOSE_MS = 30_000;

/** The three processes, as far as they are there. */
export interface Pids {
  readonly server: number | undefined;
  readonly host: number | undefined;
  readonly program: number | undefined;
}

export class Demo {
  readonly relay: Relay;
  readonly #cli: Cli;
  readonly #flags: ServerFlags;
  readonly #directory: string;
  readonly #record: string;
  readonly #over = new AbortController();
  readonly #plain = new PlainText();
  readonly #seen: number[] = [];
  /** What ends waiting: the command's own signal, until the demo is closed. */
  #signal: AbortSignal;
  #server: Server;
  #session: SessionInfo;
  #client: Client | undefined;
  /** Of the server; the relay asks for it. */
  readonly #port: { value: number };

  private constructor(
    cli: Cli,
    parts: { directory: string; flags: ServerFlags; server: Server; session: SessionInfo; relay: Relay; port: { value: number } },
  ) {
    this.#cli = cli;
    this.#signal = cli.signal;
    this.#directory = parts.directory;
    this.#record = recordIn(parts.directory);
    this.#flags = parts.flags;
    this.#server = parts.server;
    this.#session = parts.session;
    this.#port = parts.port;
    this.relay = parts.relay;
  }

  /** Starts everything, and the viewer. */
  static async open(cli: Cli): Promise<Demo> {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-demo-"));
    const flags: ServerFlags = { home: path.join(directory, "home"), port: "0" };
    fs.writeFileSync(recordIn(directory), "", { mode: 0o600 });
    const server = await reachServer(cli, flags);
    const command = nodeCommand(CLI_ENTRY, ["demo-counter", recordIn(directory)]);
    const session = await server.rest.create(sessionRequest(cli, command, { name: "demo", cwd: directory }));
    const port = { value: Number(new URL(server.url).port) };
    const relay = await openRelay(() => port.value);
    const demo = new Demo(cli, { directory, flags, server, session, relay, port });
    demo.#watch();
    return demo;
  }

  get session(): SessionInfo {
    return this.#session;
  }

  get server(): Server {
    return this.#server;
  }

  /** Numbers of the lines that the viewer was shown, in order. */
  get seen(): readonly number[] {
    return this.#seen;
  }

  get isConnected(): boolean {
    return this.#client?.state.is === "connected";
  }

  /** The program's own record. */
  recorded(): Promise<readonly number[]> {
    return readRecord(this.#record);
  }

  /** What the history holds. */
  async kept(): Promise<readonly number[]> {
    const history = await this.#server.rest.history(this.#session.id, "text");
    return numbersIn(await history.text());
  }

  async pids(): Promise<Pids> {
    const status = await this.#server.rest.status();
    this.#session = await this.#server.rest.get(this.#session.id);
    const { state } = this.#session.run;
    return { server: status.server.pid, host: status.host?.pid, program: state.is === "running" ? state.pid : undefined };
  }

  /** SIGKILL, all at once; resolves when they are gone. */
  async kill(pids: readonly (number | undefined)[]): Promise<void> {
    const victims: ProcessIdentity[] = pids.flatMap((pid) => {
      const startTime = pid === undefined ? undefined : startTimeOf(pid);
      return pid === undefined || startTime === undefined ? [] : [{ pid, startTime }];
    });
    for (const victim of victims) signalProcess(victim, "SIGKILL");
    await this.until(() => victims.every((victim) => !isProcessAlive(victim)), "the killed processes to be gone");
  }

  /** Finds or starts the server, as any command would, and lets the viewer find it again. */
  async revive(): Promise<void> {
    this.#server = await reachServer(this.#cli, this.#flags);
    this.#port.value = Number(new URL(this.#server.url).port);
    this.#client?.retryNow();
  }

  /** The program died: it is run again in the same session. */
  async startAgain(): Promise<void> {
    this.#session = await this.#server.rest.startRun(this.#session.id, runContext(this.#cli));
  }

  /** Waits for something to become true, at most half a minute. */
  async until(isTrue: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (const deadline = performance.now() + 30_000; !(await isTrue());) {
      this.#signal.throwIfAborted();
      if (performance.now() > deadline)
        throw new CommandFailure(EXIT.failed, `The demo waited 30 s for ${what}; see ${this.#server.home.serverLog}.`);
      await new Promise((resolve) => this.#timer(resolve));
    }
  }

  /** Ends everything that it has started, and removes the directory; also after a Ctrl-C, which ended all other calls. */
  async close(): Promise<void> {
    this.#signal = AbortSignal.timeout(CLOSE_MS);
    this.#server = { ...this.#server, rest: restFor(this.#server.home, this.#server.url, this.#signal) };
    this.#over.abort(new Error("The demo is over."));
    this.#client?.close();
    await this.relay.close();
    try {
      const pids = await this.pids();
      await this.#server.rest.shutdown({ all: true });
      await this.kill([pids.program, pids.host, pids.server]);
    } catch (error) {
      this.#cli.note(
        `Not everything of the demo could be ended (${error instanceof Error ? error.message : String(error)}): \`perdure shutdown --all --home ${this.#flags.home ?? ""}\``,
      );
      return;
    }
    fs.rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  #watch(): void {
    const client = connectClient(this.#server.home, () => this.relay.url);
    this.#client = client;
    const onData = (data: Uint8Array, done: () => void) => {
      this.#seen.push(...numbersIn(this.#plain.write(data)));
      done();
    };
    // It ends with the demo, by the signal; that is no failure.
    followLog({ client, session: this.#session.id, signal: this.#over.signal, isUntilEnd: false, onData }).catch(() => undefined);
  }

  #timer(resolve: (value: void) => void): void {
    setTimeout(resolve, 25);
  }
}

function recordIn(directory: string): string {
  return path.join(directory, "printed-by-the-program");
}
