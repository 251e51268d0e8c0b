/**
 * Where the other processes' programs are: beside this one in the build, in their folders when run from source.
 */
import * as path from "node:path";
import { fileURLToPath } from "node:url";

const isSource = path.extname(fileURLToPath(import.meta.url)) === ".ts";

export const SERVER_ENTRY: URL = new URL(isSource ? "../http/main.ts" : "./server.js", import.meta.url);
export const CLI_ENTRY: URL = new URL(isSource ? "./main.ts" : "./cli.js", import.meta.url);

/** A command line that runs one of them under the same Node. */
export function nodeCommand(entry: URL, args: readonly string[]): readonly [string, ...string[]] {
  return [process.execPath, ...process.execArgv, fileURLToPath(entry), ...args];
}
