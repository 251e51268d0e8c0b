/**
 * `perdure attach [SESSION]`: this terminal shows a session and types into it, through server restarts, until it is detached or
 * the program ends. Without a word: the session last used here.
 */
import { Command } from "commander";
import { isAlive, type SessionInfo } from "@perdure/protocol";
import { guardNesting, requireTerminal, withAttachFlags, type AttachFlags } from "../attach/attach-flags.ts";
import { isChat } from "../chat/choose-chat.ts";
import { lineChat } from "../chat/line-chat.ts";
import type { Cli } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { LastUsed, sessionToReturnTo, terminalName } from "../last-used.ts";
import { reachServer, type Server } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { resolveSession } from "../session-argument.ts";
import { explainEnded, showSession } from "../show-session.ts";

export function attachCommand(cli: Cli): Command {
  const command = new Command("attach").alias("a").description("return to a session; without a name, to the one last used here");
  return withAttachFlags(withServerFlags(command))
    .argument("[session]", "id, name, or the beginning of either")
    .option("-r, --read-only", "watch without typing; Ctrl-C leaves")
    .action(async (word: string | undefined, flags: ServerFlags & AttachFlags) => {
      requireTerminal(cli);
      const server = await reachServer(cli, flags);
      const session = word === undefined ? await lastUsedHere(cli, server) : resolveSession(word, await server.rest.list());
      if (isChat(session)) return lineChat(cli, server, session, flags);
      guardNesting(cli.env, flags, session.id);
      if (isAlive(session.run.state)) return showSession(cli, server, session, flags);
      cli.output.write(await server.rest.screen(session.id, "text"));
      throw new CommandFailure(EXIT.refused, explainEnded(session));
    });
}

async function lastUsedHere(cli: Cli, server: Server): Promise<SessionInfo> {
  const inside = cli.env["PERDURE_SESSION"];
  const sessions = (await server.rest.list()).filter((session) => session.id !== inside);
  const uses = new LastUsed(server.home.directory).read();
  const session = sessionToReturnTo(sessions, uses, { directory: cli.cwd, terminal: terminalName(cli.env) });
  if (session !== undefined) return session;
  throw new CommandFailure(EXIT.unknown, "There is no session to return to. `perdure <program>` starts one.");
}
