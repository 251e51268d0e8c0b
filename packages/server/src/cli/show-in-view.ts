/** Shows a session here as its runs are seen: a terminal, or a chat with its agent. */
import type { SessionInfo } from "@perdure/protocol";
import { guardNesting, type AttachFlags } from "./attach/attach-flags.ts";
import { isChat } from "./chat/choose-chat.ts";
import { lineChat } from "./chat/line-chat.ts";
import type { Cli } from "./cli.ts";
import type { ServerFlags } from "./server-flags.ts";
import type { Server } from "./server.ts";
import { showSession } from "./show-session.ts";

/** `from`: of a terminal without a person, only output from this cursor on. */
export async function showInView(
  cli: Cli,
  server: Server,
  session: SessionInfo,
  flags: ServerFlags & AttachFlags,
  from?: string,
): Promise<void> {
  if (isChat(session)) return lineChat(cli, server, session, flags);
  guardNesting(cli.env, flags, session.id);
  await showSession(cli, server, session, flags, from);
}
