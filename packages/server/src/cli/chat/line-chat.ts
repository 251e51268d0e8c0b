/**
 * A conversation in a terminal, line by line: what was said last, answers as they come, approvals by a number key, what waits, and
 * the line that is typed. It goes on through restarts of the server; what is typed meanwhile is kept and arrives once.
 */
import * as readline from "node:readline";
import { PassThrough } from "node:stream";
import type { SessionInfo } from "@perdure/protocol";
import { enterRawTerminal } from "../attach/raw-terminal.ts";
import type { Cli } from "../cli.ts";
import type { ServerFlags } from "../server-flags.ts";
import type { Server } from "../server.ts";
import { wordFor } from "../session-argument.ts";
import { plainText } from "../table.ts";
import { rememberChat } from "./choose-chat.ts";
import { withChat } from "./chatting.ts";
import { ChatScreen } from "./chat-screen.ts";
import type { Key } from "./line-editor.ts";

const PASTE_ON = "\x1b[?2004h";
const PASTE_OFF = "\x1b[?2004l";

/** Until the person leaves, or the session is gone. */
export async function lineChat(cli: Cli, server: Server, session: SessionInfo, flags: ServerFlags): Promise<void> {
  rememberChat(cli, server, session.id);
  await withChat(cli, server, flags, { session, isVisible: true }, async (chatting) => {
    let screen: ChatScreen | undefined;
    const terminal = enterRawTerminal(cli.input, cli.output, () => (screen?.clear() ?? "") + PASTE_OFF);
    screen = new ChatScreen(chatting, terminal, cli.style);
    const keys = new PassThrough();
    readline.emitKeypressEvents(keys);
    keys.on("keypress", (_: string | undefined, key: Key) => screen.press(key));
    terminal.onInput((data) => void keys.write(data));
    terminal.onResize(() => screen.resized());
    terminal.write(PASTE_ON);
    try {
      await screen.untilLeft();
    } finally {
      await terminal.leave(screen.clear() + PASTE_OFF);
      screen.close();
      keys.destroy();
    }
    for (const text of screen.unsent) cli.note(`[may not have been sent: ${plainText(text)}]`);
    cli.note(`[left: "${plainText(session.name)}" goes on; \`perdure chat ${wordFor(session)}\` returns to it]`);
  });
}
