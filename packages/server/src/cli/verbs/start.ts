/** `perdure start SESSION`: a new run of a session whose program has ended; the old screen stays above it. */
import { Command } from "commander";
import { isAlive } from "@perdure/protocol";
import type { Cli } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { runContext } from "../program-context.ts";
import { reachServer, sessionNamed } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { plainText } from "../table.ts";
import { showSession } from "../show-session.ts";
import { guardNesting, withAttachFlags, type AttachFlags } from "../attach/attach-flags.ts";

interface StartFlags extends ServerFlags, AttachFlags {
  readonly detach?: true;
}

export function startCommand(cli: Cli): Command {
  const command = new Command("start").description("run a session's program again, in the same session, and attach");
  return withAttachFlags(withServerFlags(command))
    .argument("<session>", "id, name, or the beginning of either")
    .option("-d, --detach", "do not attach")
    .action(async (word: string, flags: StartFlags) => {
      const server = await reachServer(cli, flags);
      const session = await sessionNamed(server, word);
      const name = plainText(session.name);
      if (!flags.detach && cli.isInteractive) guardNesting(cli.env, flags, session.id);
      if (isAlive(session.run.state))
        throw new CommandFailure(EXIT.refused, `The program of "${name}" is alive; \`perdure attach\` returns to it.`);
      const started = await server.rest.startRun(session.id, runContext(cli));
      if (flags.detach) return cli.print(started.id);
      await showSession(cli, server, started, flags, session.cursor);
    });
}
