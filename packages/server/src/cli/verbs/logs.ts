/** `perdure logs SESSION`: all that is kept of its output, and with `-f` what comes, until the program ends. */
import { Command } from "commander";
import type { SessionInfo } from "@perdure/protocol";
import { PlainText } from "../../http/plain-text.ts";
import type { Cli } from "../cli.ts";
import { copyLog, rawRendering, type Rendering } from "../copy-log.ts";
import { withClient } from "../kept-client.ts";
import { reachServer, sessionNamed, type Server } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { writeAll } from "../write-all.ts";

interface LogsFlags extends ServerFlags {
  readonly follow?: true;
  readonly plain?: true;
}

export function logsCommand(cli: Cli): Command {
  const command = new Command("logs").description("print a session's output, from the first byte that is kept");
  return withServerFlags(command)
    .argument("<session>", "id, name, or the beginning of either")
    .option("-f, --follow", "go on with what comes, until the program ends")
    .option("--plain", "text without escape sequences")
    .action(async (word: string, flags: LogsFlags) => {
      const server = await reachServer(cli, flags);
      const session = await sessionNamed(server, word);
      const rendering = flags.plain ? plainRendering() : rawRendering(cli.output);
      if (flags.follow) return follow(cli, server, session, flags, rendering);
      const { body } = await server.rest.history(session.id, "raw");
      await writeAll(body, cli.output, (data) => rendering.piece(data), cli.signal);
      cli.output.write(rendering.end());
    });
}

async function follow(cli: Cli, server: Server, session: SessionInfo, flags: ServerFlags, rendering: Rendering): Promise<void> {
  await withClient(cli, server, flags, async ({ client, signal }) => {
    await copyLog({ client, session: session.id, output: cli.output, signal, isUntilEnd: true, rendering });
  });
}

function plainRendering(): Rendering {
  const plain = new PlainText();
  return { piece: (data) => plain.write(data), end: () => plain.end() };
}
