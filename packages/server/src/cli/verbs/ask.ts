/**
 * `perdure ask TEXT…`: sends a message to an agent, once, and prints its answer as it comes. For people, and for scripts: the exit
 * code says what came of it.
 */
import { Command } from "commander";
import { askTurn, deliver, explainEnd, newMessage, type Message } from "../chat/ask-turn.ts";
import { withChat } from "../chat/chatting.ts";
import { chooseChat, withAgentFlags, type AgentFlags } from "../chat/choose-chat.ts";
import type { Cli } from "../cli.ts";
import { readWords } from "../read-text.ts";
import { reachServer, type Server } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { wordFor } from "../session-argument.ts";
import { plainText } from "../table.ts";
import type { SessionInfo } from "@perdure/protocol";

interface AskFlags extends ServerFlags, AgentFlags {
  readonly session?: string;
  readonly wait?: boolean;
  readonly id?: string;
  readonly json?: true;
}

export function askCommand(cli: Cli): Command {
  const command = new Command("ask").description(
    "send a message to an agent and print its answer; without a session to the chat last used here",
  );
  return withAgentFlags(withServerFlags(command))
    .argument("[text...]", "the message; - as the last word, or no word: standard input")
    .option("-s, --session <session>", "id, name, or the beginning of either")
    .option("--wait", "go on behind approvals, which somebody else answers (default: until one is asked)")
    .option("--no-wait", "return as soon as the server has the message")
    .option("--id <uuid>", "the message's own id: the same id and text again is the same message")
    .option("--json", "the events of the turn, one JSON object a line")
    .action(async (words: readonly string[], flags: AskFlags) => {
      const message = newMessage(await readWords(cli, words), flags.id);
      const server = await reachServer(cli, flags);
      const { session, isNew } = await chooseChat(cli, server, flags.session, flags, flags.id);
      if (isNew && !flags.json) cli.note(`[new session "${plainText(session.name)}" ${session.id}]`);
      await ask(cli, server, { session, message, flags });
    });
}

interface Asked {
  readonly session: SessionInfo;
  readonly message: Message;
  readonly flags: AskFlags;
}

async function ask(cli: Cli, server: Server, { session, message, flags }: Asked): Promise<void> {
  await withChat(cli, server, flags, { session, isVisible: flags.wait !== false }, async (chatting) => {
    const isJson = flags.json === true;
    try {
      if (flags.wait === false) {
        await deliver(chatting, message);
        if (isJson) cli.printJson({ type: "asked", session: session.id, input: message.id });
        return;
      }
      const end = await askTurn(chatting, message, { isJson, waitsForApprovals: flags.wait === true });
      cli.exitCode = explainEnd(chatting, end);
    } catch (error) {
      if (cli.signal.aborted) cli.note(`[not waited for any more; \`perdure stop ${wordFor(session)}\` stops the turn]`);
      throw error;
    }
  });
}
