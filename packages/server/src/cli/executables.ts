/**
 * Looks for a program the way a shell does, in the caller's PATH, so that a mistyped word is noticed before anything is started.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import type { Cli } from "./cli.ts";
import { didYouMean } from "./did-you-mean.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";

/** The path of the file that would run, or `undefined`. A word with a slash is a path from `cwd`. */
export function findExecutable(word: string, searchPath: string | undefined, cwd: string): string | undefined {
  if (word.includes("/")) return firstExecutable([path.resolve(cwd, word)]);
  const folders = (searchPath ?? "").split(path.delimiter);
  // An empty entry of PATH means the current directory.
  return firstExecutable(folders.map((folder) => path.resolve(cwd, folder, word)));
}

/** Throws, with what may have been meant, if a word names no program here. `verbs`: words that would have been understood as well. */
export function requireProgram(word: string, cli: Pick<Cli, "env" | "cwd">, verbs: readonly string[]): void {
  const searchPath = cli.env["PATH"];
  if (findExecutable(word, searchPath, cli.cwd) !== undefined) return;
  const hint = didYouMean(word, [...new Set([...verbs, ...namesIn(searchPath)])]);
  const neither = verbs.length === 0 ? "is not a program on your PATH" : "is neither a command of perdure nor a program on your PATH";
  throw new CommandFailure(EXIT.commandNotFound, `"${word}" ${neither}.${hint}`);
}

/** All file names in the folders of PATH; folders that cannot be read are passed over. */
function namesIn(searchPath: string | undefined): readonly string[] {
  return (searchPath ?? "").split(path.delimiter).flatMap((folder) => {
    try {
      return fs.readdirSync(folder || ".");
    } catch {
      return [];
    }
  });
}

function firstExecutable(files: readonly string[]): string | undefined {
  return files.find((file) => {
    try {
      fs.accessSync(file, fs.constants.X_OK);
      return fs.statSync(file).isFile();
    } catch {
      return false; // not there, or not for us: a shell goes on to the next folder as well
    }
  });
}
