/**
 * What every command gets: where it reads and writes, whose environment it has, what tells it to stop. Made once in `main.ts`;
 * tests make their own.
 */
import * as path from "node:path";
import type { ReadStream, WriteStream } from "node:tty";
import { systemClock, type Clock } from "../platform/clock.ts";
import { styleFor, type Style } from "./style.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export class Cli {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly errors: WriteStream;
  readonly env: Environment;
  /** The directory that it is called in. If that has been removed, what its path was. */
  readonly cwd: string;
  readonly clock: Clock;
  /** Aborted by SIGINT, SIGTERM or SIGHUP, with the signal's name as its reason. */
  readonly signal: AbortSignal;
  readonly style: Style;
  /** What the process ends with when the command returns. */
  exitCode = 0;

  constructor(from: Pick<NodeJS.Process, "stdin" | "stdout" | "stderr" | "env" | "cwd">, signal: AbortSignal, clock: Clock = systemClock) {
    this.input = from.stdin;
    this.output = from.stdout;
    this.errors = from.stderr;
    this.env = from.env;
    this.cwd = directoryOf(from);
    this.signal = signal;
    this.clock = clock;
    this.style = styleFor(this.output, this.env);
  }

  /** A person is at both ends. */
  get isInteractive(): boolean {
    return this.input.isTTY && this.output.isTTY;
  }

  /** Called within a connection by ssh: there is no browser here, and `localhost` is not the user's. */
  get isRemote(): boolean {
    return Boolean(this.env["SSH_CONNECTION"]);
  }

  /** How many cells a line of a listing has: those of the terminal; in a pipe as many as it needs. */
  get room(): number {
    return (this.output.isTTY && this.output.columns) || Infinity;
  }

  /** Results, one line or several. */
  print(text: string): void {
    this.output.write(`${text}\n`);
  }

  /** Results for scripts: one JSON value on one line. */
  printJson(value: unknown): void {
    this.print(JSON.stringify(value));
  }

  /** What a person should know and a script must not parse. */
  note(text: string): void {
    this.errors.write(`${text}\n`);
  }
}

/** A shell stays in a directory that has been removed, and says where it was; most commands do not care. */
function directoryOf({ cwd, env }: Pick<NodeJS.Process, "cwd" | "env">): string {
  try {
    return cwd();
  } catch {
    const { PWD: before = "" } = env;
    return path.isAbsolute(before) ? before : path.parse(process.execPath).root;
  }
}
