/**
 * `perdure chat [SESSION]`: a conversation in this terminal, line by line: its end, answers as they come, approvals. In a pipe each line is
 * asked as by `perdure ask`.
 */
import { Command } from "commander";
import { chooseChat, withAgentFlags, type AgentFlags } from "../chat/choose-chat.ts";
import { chatByLines } from "../chat/chat-by-lines.ts";
import { lineChat } from "../chat/line-chat.ts";
import type { Cli } from "../cli.ts";
import { reachServer } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";

interface ChatFlags extends ServerFlags, AgentFlags {
  readonly json?: true;
}

export function chatCommand(cli: Cli): Command {
  const command = new Command("chat").description("talk with an agent in this terminal; without a session with the one last used here");
  return withAgentFlags(withServerFlags(command))
    .argument("[session]", "id, name, or the beginning of either")
    .option("--json", "in a pipe: the events of each turn, one JSON object a line")
    .action(async (word: string | undefined, flags: ChatFlags) => {
      const server = await reachServer(cli, flags);
      const { session } = await chooseChat(cli, server, word, flags);
      if (cli.isInteractive) await lineChat(cli, server, session, flags);
      else await chatByLines(cli, server, session, flags);
    });
}
