/** `perdure rm SESSION…`: deletes sessions and their history. A living one only with `--force`. */
import { Command } from "commander";
import { isAlive, type SessionInfo } from "@perdure/protocol";
import type { Cli } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { reachServer } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { resolveSession } from "../session-argument.ts";
import { plainText } from "../table.ts";

interface RmFlags extends ServerFlags {
  readonly force?: true;
}

export function rmCommand(cli: Cli): Command {
  const command = new Command("rm").description("delete sessions and their history");
  return withServerFlags(command)
    .argument("<session...>", "ids, names, or the beginnings of either")
    .option("-f, --force", "end a program that still runs")
    .action(async (words: readonly string[], flags: RmFlags) => {
      const { rest } = await reachServer(cli, flags);
      const all = await rest.list();
      // All words are understood before anything is deleted.
      const sessions = new Set(words.map((word) => resolveSession(word, all)));
      for (const session of sessions) if (flags.force !== true) refuseLiving(session);
      for (const session of sessions) await rest.delete(session.id);
    });
}

function refuseLiving(session: SessionInfo): void {
  if (!isAlive(session.run.state)) return;
  const name = plainText(session.name);
  throw new CommandFailure(EXIT.refused, `The program of "${name}" still runs. \`perdure end\` it first, or delete it with --force.`);
}
