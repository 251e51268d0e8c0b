/**
 * `perdure run -- COMMAND…`, or just `perdure COMMAND…`: a session for a program, with the caller's environment, and this
 * terminal attached to it. The exit code is the program's.
 */
import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { sessionRequest } from "../program-context.ts";
import { reachServer } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { showSession } from "../show-session.ts";
import { guardNesting, withAttachFlags, type AttachFlags } from "../attach/attach-flags.ts";

interface RunFlags extends ServerFlags, AttachFlags {
  readonly name?: string;
  readonly cwd?: string;
  readonly detach?: true;
}

export function runCommand(cli: Cli): Command {
  const command = new Command("run").description("run a program in a new session and attach to it");
  return withAttachFlags(withServerFlags(command))
    .argument("<command...>", "the program and its arguments; flags after the program are its own")
    .option("--name <name>", "name of the session (default: the program's)")
    .option("--cwd <directory>", "where it runs (default: here)")
    .option("-d, --detach", "do not attach; print the session's id")
    .passThroughOptions()
    .action(async (words: readonly string[], flags: RunFlags) => {
      if (!flags.detach && cli.isInteractive) guardNesting(cli.env, flags, undefined);
      const server = await reachServer(cli, flags);
      const session = await server.rest.create(sessionRequest(cli, words, flags));
      if (flags.detach) return cli.print(session.id);
      await showSession(cli, server, session, flags);
    });
}
