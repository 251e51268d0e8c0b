/**
 * The entry of the command line program: understands the words, runs the command, and turns whatever happens into one clear line
 * and an exit code.
 */
import * as os from "node:os";
import { CommanderError } from "commander";
import { readCommandLine, type CommandLine } from "./arguments.ts";
import { Cli } from "./cli.ts";
import { didYouMean } from "./did-you-mean.ts";
import { CommandFailure, EXIT, exitCodeOf } from "./exit-codes.ts";
import { requireProgram } from "./executables.ts";
import { buildProgram, verbsOf } from "./program.ts";
import { plainText } from "./table.ts";

const FLAGS_OF_ITS_OWN = new Set(["-h", "--help", "-V", "--version"]);
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The first signal ends the command in order, the second one at once. */
function listenForSignals(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const onSignal = (name: (typeof SIGNALS)[number]) => {
    const code = 128 + os.constants.signals[name];
    if (controller.signal.aborted) process.exit(code);
    controller.abort(new CommandFailure(code, ""));
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}

/** Runs the command; resolves with the exit code. */
async function run(cli: Cli, argv: readonly string[], release: () => void): Promise<number> {
  const program = buildProgram(cli, release);
  const verbs = verbsOf(program);
  const line = readCommandLine(argv, new Set(verbs));
  await program.parseAsync(wordsFor(line, cli, verbs), { from: "user" });
  if (cli.signal.aborted) throw cli.signal.reason;
  return cli.exitCode;
}

/** What the parser is given. A word that is neither a verb nor a program is an error that says what may have been meant. */
function wordsFor(line: CommandLine, cli: Cli, verbs: readonly string[]): string[] {
  switch (line.is) {
    case "verb":
      requireTopic(line.argv, verbs);
      return [...line.argv];
    case "bare":
      return line.flags.some((flag) => FLAGS_OF_ITS_OWN.has(flag)) ? [...line.flags] : ["open", ...line.flags];
    case "program":
      if (!line.isCertain) requireProgram(line.command[0] ?? "", cli, verbs);
      return ["run", ...line.flags, "--", ...line.command];
  }
}

/** `help` is asked for a command that there is. */
function requireTopic([verb, topic]: readonly string[], verbs: readonly string[]): void {
  if (verb !== "help" || topic === undefined || topic.startsWith("-") || verbs.includes(topic)) return;
  const hint = didYouMean(topic, verbs) || " `perdure help` lists them.";
  throw new CommandFailure(EXIT.usage, `"${plainText(topic)}" is no command of perdure.${hint}`);
}

function explain(error: unknown, cli: Cli): number {
  if (cli.signal.aborted) return exitCodeOf(cli.signal.reason);
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage; // it has been said already
  const message = error instanceof Error ? error.message : String(error);
  cli.note(`perdure: ${message}`);
  if (cli.env["PERDURE_DEBUG"] && error instanceof Error) cli.note(error.stack ?? "");
  return exitCodeOf(error);
}

/** The reader has gone (`perdure logs x | head`): nobody is left to tell. A full disk is told, where it can be. */
function onUnwritten(error: NodeJS.ErrnoException, tell: (text: string) => void): never {
  if (error.code === "EPIPE") process.exit(128 + os.constants.signals.SIGPIPE);
  tell(`perdure: The output could not be written (${error.message}).`);
  process.exit(EXIT.failed);
}

async function main(): Promise<void> {
  const { signal, release } = listenForSignals();
  const cli = new Cli(process, signal);
  // A bug: by now the terminal has been put back.
  process.on("uncaughtException", (error) => process.exit(explain(error, cli)));
  const tell = (text: string): void => cli.note(text);
  cli.output.on("error", (error) => onUnwritten(error, tell));
  cli.errors.on("error", (error) => onUnwritten(error, () => undefined));
  const code = await run(cli, process.argv.slice(2), release).catch((error: unknown) => explain(error, cli));
  cli.output.write("", (error) => (error ? onUnwritten(error, tell) : process.exit(code)));
}

await main();
