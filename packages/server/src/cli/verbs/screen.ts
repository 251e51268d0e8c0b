/** `perdure screen SESSION`: what stands on its screen now, as text or with all colours and modes. */
import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { reachServer, sessionNamed } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";

interface ScreenFlags extends ServerFlags {
  readonly ansi?: true;
}

export function screenCommand(cli: Cli): Command {
  const command = new Command("screen").description("print what is on a session's screen now");
  return withServerFlags(command)
    .argument("<session>", "id, name, or the beginning of either")
    .option("--ansi", "with escape sequences, for an empty terminal of the session's size")
    .action(async (word: string, flags: ScreenFlags) => {
      const server = await reachServer(cli, flags);
      const session = await sessionNamed(server, word);
      cli.output.write(await server.rest.screen(session.id, flags.ansi ? "ansi" : "text"));
    });
}
