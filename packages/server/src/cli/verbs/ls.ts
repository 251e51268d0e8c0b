/** `perdure ls`: the sessions, the latest activity first. */
import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { reachServer } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { sessionTable } from "../session-table.ts";

export function lsCommand(cli: Cli): Command {
  const command = new Command("ls")
    .alias("list")
    .description(
      "list the sessions: name, state (of a chat: working, asking, asleep; what waits), activity, who watches, command, directory",
    );
  return withServerFlags(command)
    .option("--json", "one JSON array")
    .action(async (flags: ServerFlags & { readonly json?: true }) => {
      const { rest } = await reachServer(cli, flags);
      const sessions = (await rest.list()).toSorted((a, b) => b.lastActivityAt - a.lastActivityAt);
      if (flags.json) return cli.printJson(sessions);
      if (sessions.length === 0) return cli.note("There are no sessions. `perdure <program>` starts one.");
      for (const line of sessionTable(sessions, cli.clock.now(), cli.style, cli.room)) cli.print(line);
    });
}
