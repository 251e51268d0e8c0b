/**
 * The flags that say which state directory is meant and how a server is to be started if none is running. Every command that
 * talks to a server has them.
 */
import { Option, type Command } from "commander";
import { homeDirectory, openHome, type Home } from "../platform/home.ts";
import { DEFAULT_PORT } from "../platform/server-file.ts";
import type { Environment } from "./cli.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";

export interface ServerFlags {
  readonly home?: string;
  readonly port?: string;
  readonly listen?: string;
  readonly allowHost?: readonly string[];
  readonly shellIntegration?: boolean;
}

/** Their heading in the help of a command. */
export const SERVER_FLAGS: string = "Server:";

/** Adds the flags to a command. */
export function withServerFlags(command: Command): Command {
  const flags = [
    new Option("--home <directory>", "state directory (PERDURE_HOME)"),
    new Option("--port <number>", `port of a server that is started, 0 for any (PERDURE_PORT; default ${DEFAULT_PORT})`),
    new Option("--listen <address>", "address a started server listens on (default: this machine only)"),
    new Option("--allow-host <name>", "another name a started server may be called by; repeatable").argParser(collect),
    new Option("--no-shell-integration", "a started server starts shells without marks (PERDURE_SHELL_INTEGRATION=off)"),
  ];
  for (const flag of flags) command.addOption(flag.helpGroup(SERVER_FLAGS));
  return command;
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** The state directory that is meant. */
export function homeOf(flags: ServerFlags, env: Environment): Home {
  return openHome(homeDirectory(flags.home, env));
}

/** The port that was asked for; `undefined` if none was. Throws a usage error for what is no port. */
export function askedPort(flags: ServerFlags, env: Environment): number | undefined {
  const text = flags.port ?? env["PERDURE_PORT"];
  if (text === undefined || text === "") return undefined;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  const where = flags.port === undefined ? "PERDURE_PORT" : "--port";
  throw new CommandFailure(EXIT.usage, `${where} wants a number from 0 to 65535 (0: any free port), not "${text}".`);
}

/** Arguments for the server's own command line. Without a port it takes the usual one, or any if that is taken. */
export function serverArguments(home: Home, port: number | undefined, flags: ServerFlags): readonly string[] {
  const listen = flags.listen === undefined ? [] : ["--listen", flags.listen];
  const names = (flags.allowHost ?? []).flatMap((name) => ["--allow-host", name]);
  const marks = flags.shellIntegration === false ? ["--no-shell-integration"] : [];
  return ["--home", home.directory, ...(port === undefined ? [] : ["--port", String(port)]), ...listen, ...names, ...marks];
}
