/** A conversation through a pipe: each line of standard input is a message, asked when the one before is answered. */
import * as readline from "node:readline";
import type { SessionInfo } from "@perdure/protocol";
import type { Cli } from "../cli.ts";
import { EXIT } from "../exit-codes.ts";
import type { ServerFlags } from "../server-flags.ts";
import type { Server } from "../server.ts";
import { askTurn, explainEnd, newMessage } from "./ask-turn.ts";
import { withChat } from "./chatting.ts";

/** Until the input ends, or a line is not answered: its exit code is the command's, and the lines behind it are not sent. */
export async function chatByLines(
  cli: Cli,
  server: Server,
  session: SessionInfo,
  flags: ServerFlags & { readonly json?: true },
): Promise<void> {
  await withChat(cli, server, flags, { session, isVisible: true }, async (chatting) => {
    const lines = readline.createInterface({ input: cli.input, crlfDelay: Infinity });
    const onAbort = (): void => lines.close();
    chatting.signal.addEventListener("abort", onAbort, { once: true });
    try {
      for await (const line of lines) {
        if (line.trim() === "") continue;
        const end = await askTurn(chatting, newMessage(line), { isJson: flags.json === true, waitsForApprovals: false });
        cli.exitCode = explainEnd(chatting, end);
        if (cli.exitCode !== EXIT.done) return;
      }
    } finally {
      chatting.signal.removeEventListener("abort", onAbort);
      lines.close();
    }
  });
}
