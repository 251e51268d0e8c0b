// The built command line as people and scripts use it: with pipes, or in a terminal. It talks to a state directory of its own.

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Status } from "@perdure/protocol";
import { OuterTerminal } from "./outer-terminal.ts";
import type { PerdureHome } from "./perdure-home.ts";
import { signal } from "./processes.ts";
import { dist } from "./server-process.ts";
import { within } from "./until.ts";

const endMs = 40_000;
const printedMs = 20_000;
const bin = join(import.meta.dirname, "../../packages/server/bin/perdure.js");

export interface CommandOptions {
  /** Added to a small environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Standard input; none: it is empty. */
  readonly input?: string;
  /** A command that it is started through, such as `env -i`. */
  readonly through?: readonly string[];
}

export interface Ended {
  /** Its exit code; `null` if a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class CommandLine {
  readonly home: PerdureHome;
  readonly #terminals: OuterTerminal[] = [];

  constructor(home: PerdureHome) {
    this.home = home;
    if (!existsSync(join(dist, "cli.js"))) throw new Error(`${dist} has no cli.js: run \`npm run build\` first`);
  }

  /** The words that start it, for shells and other programs, too. */
  get words(): readonly string[] {
    return [process.execPath, process.env["PERDURE_TEST_DIST"] === undefined ? bin : join(dist, "cli.js")];
  }

  /** Runs a command to its end. */
  run(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
    return this.start(args, options).end();
  }

  /** Its standard output; throws if it fails. */
  async output(...args: readonly string[]): Promise<string> {
    const { code, signal: name, stdout, stderr } = await this.run(args);
    if (code !== 0) throw new Error(`perdure ${args.join(" ")} ended with ${code ?? name}: ${stderr}`);
    return stdout;
  }

  /** The JSON that it prints; throws if it fails. */
  async json(...args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.output(...args, "--json"));
  }

  async status(): Promise<Status> {
    return Status.parse(await this.json("status"));
  }

  /** Makes a session without attaching; answers its id. */
  async create(name: string, command: readonly string[]): Promise<string> {
    return (await this.output("run", "--detach", "--name", name, "--", ...command)).trim();
  }

  /** Starts a command with pipes. */
  start(args: readonly string[], options: CommandOptions = {}): RunningCommand {
    const [file = "", ...rest] = [...(options.through ?? []), ...this.words, ...args];
    const { cwd = this.home.scratch, input = "" } = options;
    const child = spawn(file, rest, { env: this.#variables(options.env), cwd, stdio: "pipe" });
    child.stdin.on("error", () => undefined); // it may end without having read
    child.stdin.end(input);
    return new RunningCommand(child);
  }

  /** Starts a command in a terminal. */
  terminal(args: readonly string[], options: TerminalCommandOptions = {}): OuterTerminal {
    const { cwd = this.home.scratch, cols, rows, through = [] } = options;
    const size = { ...(cols === undefined ? {} : { cols }), ...(rows === undefined ? {} : { rows }) };
    const env = { ...this.#variables(options.env), TERM: "xterm-256color" };
    const terminal = new OuterTerminal([...through, ...this.words, ...args], { env, cwd, ...size });
    this.#terminals.push(terminal);
    return terminal;
  }

  /** Ends its terminals, then everything of its state directory. */
  async close(): Promise<void> {
    await Promise.all(this.#terminals.map((terminal) => terminal.close()));
    await this.home.close();
  }

  #variables(added: CommandOptions["env"] = {}): Record<string, string> {
    const merged = { ...this.home.variables, PERDURE_HOME: this.home.directory, PERDURE_PORT: "0", ...added };
    return Object.fromEntries(Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined));
  }
}

export interface TerminalCommandOptions extends Pick<CommandOptions, "env" | "cwd" | "through"> {
  readonly cols?: number;
  readonly rows?: number;
}

export class RunningCommand {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;
  readonly #onPrinted = new Set<() => void>();
  #stdout = "";
  #stderr = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      for (const look of this.#onPrinted) look();
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.#ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, name) => resolve({ code, signal: name, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  /** Its end, which must come soon; it is killed if it does not. */
  async end(): Promise<Ended> {
    try {
      return await within(endMs, "the end of the command", this.#ended, () => `${this.#stdout}\n${this.#stderr}`);
    } catch (error) {
      this.#child.kill("SIGKILL");
      throw error;
    }
  }

  /** Resolves when its standard output has this. */
  async untilPrinted(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.#stdout.includes(text)) resolve();
    };
    this.#onPrinted.add(look);
    look();
    await within(printedMs, `the output ${JSON.stringify(text)}`, promise, () => `${this.#stdout}\n${this.#stderr}`).finally(() =>
      this.#onPrinted.delete(look),
    );
  }

  signal(name: NodeJS.Signals): void {
    signal(this.pid, name);
  }
}
