/** `perdure end SESSION`: ends the program and everything it started; the session and its history stay. */
import { Command } from "commander";
import { isAlive } from "@perdure/protocol";
import type { Cli } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { reachServer, sessionNamed } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { describeState } from "../session-table.ts";
import { plainText } from "../table.ts";
import { parseSeconds } from "../times.ts";

const MAX_GRACE_SECONDS = 60;

interface EndFlags extends ServerFlags {
  readonly grace?: string;
}

export function endCommand(cli: Cli): Command {
  const command = new Command("end").description("end a session's program and all it started; its history stays");
  return withServerFlags(command)
    .argument("<session>", "id, name, or the beginning of either")
    .option("--grace <seconds>", "time to end by itself before it is killed (default: the server's)")
    .action(async (word: string, flags: EndFlags) => {
      const graceMs = flags.grace === undefined ? undefined : parseSeconds(flags.grace, "--grace", MAX_GRACE_SECONDS);
      const server = await reachServer(cli, flags);
      const session = await sessionNamed(server, word);
      const name = plainText(session.name);
      if (!isAlive(session.run.state))
        throw new CommandFailure(EXIT.refused, `"${name}" has no living program (${describeState(session.run.state)}).`);
      const ended = await server.rest.end(session.id, graceMs === undefined ? {} : { graceMs });
      cli.note(`"${name}" ${describeState(ended.run.state)}. \`perdure start\` runs it again, \`perdure rm\` deletes it.`);
    });
}
