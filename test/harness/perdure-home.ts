// A state directory of its own with the real, built server on it. It knows every process that was started for it, can end them in every
// way in which processes end, and leaves nothing behind.

import { cpSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { basename, join } from "node:path";
import { Api } from "./api.ts";
import { killHard, processesWith, signal, untilGone, type FoundProcess } from "./processes.ts";
import { ServerProcess, type StartOptions } from "./server-process.ts";
import { until } from "./until.ts";

export class PerdureHome {
  /** Scratch: everything of this home is below it, and every process of it names it. Short, because sockets have short paths. */
  readonly scratch: string;
  /** The state directory. */
  readonly directory: string;
  readonly #sessions = new Set<string>();
  #server: ServerProcess | undefined;
  #servers: ServerProcess[] = [];
  #port = 0;

  /** `stateDirectory`: its path below the scratch directory. */
  constructor(stateDirectory = "home") {
    this.scratch = mkdtempSync("/tmp/pd-");
    this.directory = join(this.scratch, stateDirectory);
    mkdirSync(join(this.scratch, "user"));
  }

  /** The server started last. */
  get server(): ServerProcess {
    if (!this.#server) throw new Error("no server was started");
    return this.#server;
  }

  /** All that were started here. */
  get servers(): readonly ServerProcess[] {
    return this.#servers;
  }

  /** Where the server is: one started here, else what one started otherwise says of itself. */
  get port(): number {
    return this.#port || this.#portInFile();
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** The credential of the command line on this machine. */
  get token(): string {
    return readFileSync(join(this.directory, "cli-token"), "utf8").trim();
  }

  get api(): Api {
    return new Api(this.url, this.token, (session) => this.#sessions.add(session));
  }

  /** What programs get that are started through the API, unless a test says otherwise. Names the scratch directory. */
  get variables(): Readonly<Record<string, string>> {
    const { username, shell } = userInfo();
    return {
      PATH: process.env["PATH"] ?? "/usr/bin:/bin",
      HOME: join(this.scratch, "user"),
      USER: username,
      SHELL: shell ?? "/bin/sh",
      LANG: "C.UTF-8",
      SCRATCH: this.scratch,
    };
  }

  /** A path in the scratch directory. */
  path(...parts: string[]): string {
    return join(this.scratch, ...parts);
  }

  /** Writes a file into the scratch directory; answers its path. */
  write(name: string, content: string, mode = 0o600): string {
    const path = this.path(name);
    writeFileSync(path, content, { mode });
    return path;
  }

  /** Programs in the scratch directory find the packages under test, as those of a project do that has installed them. */
  linkModules(): void {
    symlinkSync(join(import.meta.dirname, "../../node_modules"), this.path("node_modules"));
  }

  /** Starts a server and waits until it is ready. The first may take any port, later ones take the same. */
  async start(options: StartOptions = {}): Promise<ServerProcess> {
    const server = this.launch(options);
    await server.ready;
    this.#server = server;
    this.#port = server.port;
    return server;
  }

  /** Starts a server that may fail: the caller looks at `ready`. It does not become `server`. */
  launch(options: StartOptions = {}): ServerProcess {
    const server = ServerProcess.spawn({ directory: this.directory, variables: this.variables, port: this.#port }, options);
    this.#servers.push(server);
    return server;
  }

  /** SIGKILL to the server, then another one on the same port. */
  async killServerAndRestart(options: StartOptions = {}): Promise<ServerProcess> {
    await this.server.kill();
    return this.start(options);
  }

  /** Pid of the host, as the server knows it. */
  async hostPid(): Promise<number> {
    const status = await until("a host", async () => (await this.api.status()).host, { everyMs: 50 });
    return status.pid;
  }

  /** SIGKILL to everything at once: server, host and the programs. */
  async killEverything(): Promise<void> {
    const found = this.processes();
    for (const { pid } of found) signal(pid, "SIGKILL");
    await Promise.all(found.map(({ pid }) => untilGone(pid)));
  }

  /** All living processes of this home: those that name its directories and those that carry a cookie of one of its sessions. */
  processes(): FoundProcess[] {
    const words = [this.scratch, this.directory, ...[...this.#sessions].map((session) => `PERDURE_SESSION=${session}`)];
    const found = new Map<number, FoundProcess>();
    for (const word of words) for (const each of processesWith(word)) found.set(each.pid, each);
    return [...found.values()];
  }

  #portInFile(): number {
    try {
      return (JSON.parse(readFileSync(join(this.directory, "server.json"), "utf8")) as { port: number }).port;
    } catch {
      return 0; // none was started
    }
  }

  /** Learns the cookies of sessions that were made by others, while there is a server to ask. */
  async #learnSessions(): Promise<void> {
    const isUp = this.port !== 0 && this.processes().some(({ command }) => command.includes("server.js"));
    if (isUp) await this.api.sessions().catch(() => []); // frozen or ending: those that are known must do
  }

  /** Ends everything that was started and removes the files (PERDURE_TEST_KEEP: a folder that gets a copy). Throws if a process could not be ended. */
  async close(beforeRemoving: () => void = () => undefined): Promise<void> {
    await this.#learnSessions();
    for (let round = 0; round < 5; round += 1) {
      const found = this.processes();
      if (found.length === 0) break;
      await Promise.all(found.map(({ pid }) => killHard(pid)));
    }
    await Promise.all(this.#servers.map((server) => server.exited));
    const left = this.processes();
    const keep = process.env["PERDURE_TEST_KEEP"];
    if (keep !== undefined) cpSync(this.scratch, join(keep, basename(this.scratch)), { recursive: true, filter: isOrdinary });
    beforeRemoving();
    rmSync(this.scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    if (left.length > 0) throw new Error(`still alive: ${left.map(({ pid, command }) => `${pid} ${command}`).join(", ")}`);
  }
}

/** FIFOs and sockets cannot be copied. */
function isOrdinary(path: string): boolean {
  const stat = lstatSync(path);
  return stat.isFile() || stat.isDirectory();
}
