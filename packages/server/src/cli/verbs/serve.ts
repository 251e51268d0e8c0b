/**
 * `perdure serve`: the server in the foreground, in this very process, for a service manager: its signals, its exit code and its
 * log on standard output are the server's own.
 */
import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { SERVER_ENTRY } from "../entries.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { findServer } from "../find-server.ts";
import { askedPort, homeOf, serverArguments, withServerFlags, type ServerFlags } from "../server-flags.ts";

export function serveCommand(cli: Cli, release: () => void): Command {
  const command = new Command("serve").description("run the server in the foreground, for systemd and the like");
  return withServerFlags(command).action(async (flags: ServerFlags) => {
    const home = homeOf(flags, cli.env);
    const port = askedPort(flags, cli.env);
    const found = await findServer(home, cli.signal);
    if (found.is === "running") {
      throw new CommandFailure(
        EXIT.refused,
        `A server already runs at ${found.url} (pid ${found.status.server.pid}); \`perdure shutdown\` ends it and no program.`,
      );
    }
    release();
    process.argv.splice(2, Infinity, ...serverArguments(home, port, flags));
    await import(SERVER_ENTRY.href);
    await new Promise(() => undefined); // the server ends the process
  });
}
