/**
 * Reads the command line just far enough to tell `perdure <verb> …` from `perdure <program> …`. The flags of perdure stand
 * before the program; everything after the program's name belongs to the program, untouched.
 */

/** Flags that take a value, which must not be mistaken for the program. */
const FLAGS_WITH_VALUE = new Set(["--home", "--port", "--listen", "--allow-host", "--name", "--cwd", "--detach-key"]);

export type CommandLine =
  /** A verb of perdure, with the flags that stood before it behind it. */
  | { readonly is: "verb"; readonly argv: readonly string[] }
  /** No word at all. */
  | { readonly is: "bare"; readonly flags: readonly string[] }
  /** A program to run, with the flags of perdure that stood before it. `isCertain`: it stood after `--`. */
  | { readonly is: "program"; readonly flags: readonly string[]; readonly command: readonly string[]; readonly isCertain: boolean };

/** `argv` without node and script. */
export function readCommandLine(argv: readonly string[], verbs: ReadonlySet<string>): CommandLine {
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    if (word === "--") return program(argv, at, at + 1);
    if (FLAGS_WITH_VALUE.has(word)) at += 1;
    else if (!word.startsWith("-")) return verbs.has(word) ? verb(argv, at) : program(argv, at, at);
  }
  return { is: "bare", flags: argv };
}

function verb(argv: readonly string[], at: number): CommandLine {
  return { is: "verb", argv: [...argv.slice(at, at + 1), ...argv.slice(0, at), ...argv.slice(at + 1)] };
}

function program(argv: readonly string[], flagsEnd: number, commandStart: number): CommandLine {
  const command = argv.slice(commandStart);
  if (command.length === 0) return { is: "bare", flags: argv.slice(0, flagsEnd) };
  return { is: "program", flags: argv.slice(0, flagsEnd), command, isCertain: commandStart > flagsEnd };
}
