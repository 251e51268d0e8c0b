/**
 * Marks in the output of the shells that perdure starts: an interactive bash, zsh or fish, alone or with flags that make it a login
 * shell, is given a file of ours to read beside the user's own. Any other program, and a shell with a script, is started as it was asked for.
 */
import * as path from "node:path";
import type { Variables } from "./environment.ts";

/** What a requester sets to `off` for the sessions that it makes. */
const SETTING = "PERDURE_SHELL_INTEGRATION";
const INTERACTIVE_FLAGS = new Set(["-i", "-l", "-il", "-li", "--login", "--interactive"]);
const LOGIN_FLAGS = new Set(["-l", "-il", "-li", "--login"]);

export interface ShellStart {
  readonly command: readonly string[];
  /** Added to the environment of the run. */
  readonly env: Variables;
}

/** How a shell is started with marks; `null`: as it was asked for. `directory`: where our files are; `requester`: the requester's variables. */
export function withMarks(command: readonly string[], directory: string | null, requester: Variables): ShellStart | null {
  const [program = "", ...flags] = command;
  if (directory === null || requester[SETTING] === "off" || !flags.every((flag) => INTERACTIVE_FLAGS.has(flag))) return null;
  switch (path.basename(program)) {
    case "bash":
      return bash(program, flags, path.join(directory, "bash", "perdure.bash"));
    case "zsh": {
      const own = requester["ZDOTDIR"];
      const env = { ZDOTDIR: path.join(directory, "zsh"), ...(own === undefined ? {} : { PERDURE_ZDOTDIR: own }) };
      return { command, env };
    }
    case "fish":
      return { command, env: fish(path.join(directory, "fish"), requester["XDG_DATA_DIRS"]) };
    default:
      return null;
  }
}

/** A login shell does not read the file that it is told to: then the file reads what a login shell does. */
function bash(program: string, flags: readonly string[], file: string): ShellStart {
  const isLogin = flags.some((flag) => LOGIN_FLAGS.has(flag));
  return { command: [program, "--rcfile", file, "-i"], env: isLogin ? { PERDURE_SHELL_LOGIN: "1" } : {} };
}

function fish(data: string, known: string | undefined): Variables {
  const dirs = known || "/usr/local/share:/usr/share";
  return { XDG_DATA_DIRS: `${data}:${dirs}`, PERDURE_FISH_DATA: data, ...(known ? {} : { PERDURE_FISH_ADDED: "1" }) };
}
