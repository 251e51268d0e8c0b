// One run of the real, built server. It says over IPC when it is ready or why it cannot start.

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { signal } from "./processes.ts";
import { within } from "./until.ts";

/** The build under test; PERDURE_TEST_DIST names another one, which must lie where its dependencies are found. */
export const dist: string = process.env["PERDURE_TEST_DIST"] ?? join(import.meta.dirname, "../../packages/server/dist");
const startTimeoutMs = 30_000;
const exitTimeoutMs = 20_000;
const maxLines = 10_000;
/** The whole history is kept, so that it can be compared with what was printed. */
const keptBytes = String(4 * 1024 ** 3);

export interface StartOptions {
  /** Added to a small environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly port?: number;
  readonly args?: readonly string[];
  /** Another folder of built files. */
  readonly dist?: string;
  /** A program that starts the server in its own process, in the place of the built entry. Gets the same arguments. */
  readonly script?: string;
  /** A command that the server is started through, such as `setpriv`. */
  readonly through?: readonly string[];
}

export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Why a server did not start, in its own words. */
export class StartFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "StartFailure";
    this.code = code;
  }
}

interface Surroundings {
  readonly directory: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly port: number;
}

export class ServerProcess {
  readonly pid: number;
  /** Resolves when it listens; rejects with `StartFailure` or with what it printed. */
  readonly ready: Promise<void>;
  readonly exited: Promise<ServerExit>;
  #url = "";
  #printed = "";
  #lines: string[] = [];

  private constructor(child: ChildProcess) {
    this.pid = child.pid ?? 0;
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, name) => resolve({ code, signal: name }));
      child.once("error", () => resolve({ code: null, signal: null }));
    });
    this.ready = this.#waitUntilReady(child);
    this.ready.catch(() => undefined); // whoever starts it awaits it; one that is killed while starting has nobody
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8");
      stream?.on("data", (text: string) => {
        this.#printed = (this.#printed + text).slice(-4000);
      });
      if (stream) createInterface({ input: stream }).on("line", (line) => this.#note(line));
    }
  }

  static spawn({ directory, variables, port }: Surroundings, options: StartOptions): ServerProcess {
    const file = options.script ?? join(options.dist ?? dist, "server.js");
    if (!existsSync(file)) throw new Error(`${file} does not exist: run \`npm run build\` first`);
    const server = [process.execPath, file, "--home", directory, "--port", String(options.port ?? port), ...(options.args ?? [])];
    const [command = "", ...args] = [...(options.through ?? []), ...server];
    const merged: Record<string, string | undefined> = { ...variables, PERDURE_HISTORY_BYTES: keptBytes, ...options.env };
    const env = Object.fromEntries(Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined));
    return new ServerProcess(spawn(command, args, { env, cwd: "/", stdio: ["ignore", "pipe", "pipe", "ipc"] }));
  }

  get url(): string {
    return this.#url;
  }

  get port(): number {
    return Number(new URL(this.#url).port);
  }

  /** The end of what it printed. */
  get printed(): string {
    return this.#printed;
  }

  /** What it printed, at most its last 10,000 lines. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** SIGKILL, and its end. */
  async kill(): Promise<void> {
    signal(this.pid, "SIGKILL");
    await this.exit();
  }

  /** Its exit, which must come soon. */
  exit(timeoutMs: number = exitTimeoutMs): Promise<ServerExit> {
    return within(timeoutMs, `the exit of server ${this.pid}`, this.exited, () => this.#printed);
  }

  freeze(): void {
    signal(this.pid, "SIGSTOP");
  }

  thaw(): void {
    signal(this.pid, "SIGCONT");
  }

  #note(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > maxLines) this.#lines.shift();
  }

  async #waitUntilReady(child: ChildProcess): Promise<void> {
    const said = new Promise<unknown>((resolve, reject) => {
      child.once("message", resolve);
      child.once("error", reject);
      child.once("exit", (code, name) => reject(new Error(`the server ended while starting (${code ?? name}):\n${this.#printed}`)));
    });
    const message = await within(startTimeoutMs, "the server's word that it is ready", said, () => this.#printed);
    const { ready, failed } = message as { ready?: { url: string }; failed?: { code: string; message: string } };
    if (failed) throw new StartFailure(failed.code, failed.message);
    if (!ready) throw new Error(`the server said ${JSON.stringify(message)}`);
    this.#url = ready.url;
  }
}
