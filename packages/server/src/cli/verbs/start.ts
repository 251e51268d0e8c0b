/**
 * `perdure start SESSION`: a new run of a session whose program has ended; the old screen stays above it. A session with an agent can
 * go on in the other view: as a chat, or in the agent's own terminal program.
 */
import { Command, Option } from "commander";
import { isAlive, type SessionInfo } from "@perdure/protocol";
import { isChat } from "../chat/choose-chat.ts";
import type { Cli } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { runContext } from "../program-context.ts";
import { reachServer, sessionNamed } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { plainText } from "../table.ts";
import { showInView } from "../show-in-view.ts";
import { guardNesting, withAttachFlags, type AttachFlags } from "../attach/attach-flags.ts";

interface StartFlags extends ServerFlags, AttachFlags {
  readonly detach?: true;
  readonly chat?: true;
  readonly terminal?: true;
}

export function startCommand(cli: Cli): Command {
  const command = new Command("start").description("run a session's program again, in the same session, and attach");
  return withAttachFlags(withServerFlags(command))
    .argument("<session>", "id, name, or the beginning of either")
    .option("-d, --detach", "do not attach")
    .addOption(new Option("--chat", "of a session with an agent: as a chat").conflicts("terminal"))
    .option("--terminal", "of a session with an agent: in the agent's own terminal program")
    .action(async (word: string, flags: StartFlags) => {
      const server = await reachServer(cli, flags);
      const session = await sessionNamed(server, word);
      const name = plainText(session.name);
      const view = viewOf(flags);
      if (session.chat === null && view !== undefined) {
        throw new CommandFailure(EXIT.refused, `"${name}" has no agent that perdure knows: it is a terminal.`);
      }
      if (!flags.detach && cli.isInteractive && view !== "chat") guardNesting(cli.env, flags, session.id);
      if (isAlive(session.run.state)) throw alive(session);
      const started = await server.rest.startRun(session.id, { ...runContext(cli), ...(view === undefined ? {} : { view }) });
      if (flags.detach || (!cli.isInteractive && isChat(started))) return cli.print(started.id);
      await showInView(cli, server, started, flags, session.cursor);
    });
}

function viewOf({ chat, terminal }: StartFlags): "chat" | "terminal" | undefined {
  if (chat) return "chat";
  return terminal ? "terminal" : undefined;
}

function alive(session: SessionInfo): CommandFailure {
  const name = plainText(session.name);
  const verb = isChat(session) ? "chat" : "attach";
  const other = session.chat === null ? "" : ` \`perdure end\` it first to see it otherwise.`;
  return new CommandFailure(EXIT.refused, `The program of "${name}" is alive; \`perdure ${verb}\` returns to it.${other}`);
}
