/**
 * What a program gets from whoever runs `perdure`: the caller's environment, working directory, umask and terminal size. The
 * server takes out what belongs to the caller's own terminal.
 */
import * as path from "node:path";
import type { CreateSession, StartRun } from "@perdure/protocol";
import type { Cli } from "./cli.ts";

/** What every run is asked for with. */
export function runContext(cli: Cli): Required<Pick<StartRun, "environment">> & StartRun {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(cli.env)) if (value !== undefined) variables[name] = value;
  const { columns, rows } = cli.output;
  const size = cli.output.isTTY && columns > 0 && rows > 0 ? { cols: Math.min(columns, 4096), rows: Math.min(rows, 4096) } : {};
  return { environment: { variables, umask: process.umask() }, ...size };
}

/** The request for a session of a program. `cwd`: from the caller's working directory. */
export function sessionRequest(
  cli: Cli,
  command: readonly string[],
  options: { readonly name?: string; readonly cwd?: string },
): CreateSession {
  const cwd = path.resolve(cli.cwd, options.cwd ?? ".");
  const name = options.name === undefined ? {} : { name: options.name };
  return { command: [...command], cwd, ...name, ...runContext(cli) };
}
