/** `perdure stop` and `perdure recover`: ends what an agent is doing; takes up what a transcript offers. */
import { Argument, Command } from "commander";
import type { Recover, Stopped } from "@perdure/protocol";
import { passTo } from "../chat/pass-along.ts";
import type { Cli } from "../cli.ts";
import { EXIT } from "../exit-codes.ts";
import { reachServer, sessionNamed } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { plainText } from "../table.ts";

/** What came of a stop, in words. */
export const STOPPED: Readonly<Record<Stopped["outcome"], string>> = {
  interrupted: "the turn was stopped; what was said is kept",
  completed: "the turn was over just before",
  failed: "the turn had failed just before",
  held: "nothing ran yet; the first message waits for a decision",
  "nothing-running": "nothing runs",
  "not-yet": "the agent has not stopped yet; it is ended if it does not",
};
const CODES: Partial<Record<Stopped["outcome"], number>> = { "nothing-running": EXIT.refused, "not-yet": EXIT.failed };
const OFFERS: readonly Recover["offer"][] = ["retry", "continue", "start", "restart", "retry-old-conversation", "send-again", "discard"];

export function stopCommand(cli: Cli): Command {
  const command = new Command("stop").description("stop the turn that an agent is at; the agent and what it said stay");
  return withServerFlags(command)
    .argument("<session>", "id, name, or the beginning of either")
    .option("--json", 'one JSON object: {"outcome"}')
    .action(async (word: string, flags: ServerFlags & { readonly json?: true }) => {
      const server = await reachServer(cli, flags);
      const session = await sessionNamed(server, word);
      const outcome = await server.rest.stopTurn(session.id);
      cli.exitCode = CODES[outcome] ?? EXIT.done;
      if (flags.json) return cli.printJson({ outcome });
      cli.note(`"${plainText(session.name)}": ${STOPPED[outcome]}.`);
    });
}

export function recoverCommand(cli: Cli): Command {
  const command = new Command("recover").description("take up what a conversation offers after something went wrong");
  return withServerFlags(command)
    .argument("<session>", "id, name, or the beginning of either")
    .addArgument(new Argument("<offer>", "what to do").choices(OFFERS))
    .option("--message <id>", "the message it is about (default: the first that waits)")
    .action(async (word: string, offer: Recover["offer"], flags: ServerFlags & { readonly message?: string }) => {
      const server = await reachServer(cli, flags);
      const session = await sessionNamed(server, word);
      if (offer !== "discard") await passTo(server.rest, session.id, cli, cli.signal);
      await server.rest.recover(session.id, { offer, ...(flags.message === undefined ? {} : { input: flags.message }) });
      cli.note(`"${plainText(session.name)}": ${offer}.`);
    });
}
