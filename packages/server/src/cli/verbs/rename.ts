/** `perdure rename SESSION NAME`. */
import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { reachServer, sessionNamed } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";

export function renameCommand(cli: Cli): Command {
  const command = new Command("rename").description("give a session another name; its id and URL stay");
  return withServerFlags(command)
    .argument("<session>", "id, name, or the beginning of either")
    .argument("<name>", "the new name")
    .action(async (word: string, name: string, flags: ServerFlags) => {
      const server = await reachServer(cli, flags);
      const session = await sessionNamed(server, word);
      await server.rest.rename(session.id, name);
    });
}
