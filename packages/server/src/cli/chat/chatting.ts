/**
 * What a command has that talks with a session's agent: the conversation, kept current, and calls that find the server wherever it is
 * at the moment.
 */
import type { Rest } from "@perdure/client";
import type { SessionInfo } from "@perdure/protocol";
import type { Cli } from "../cli.ts";
import { restFor } from "../find-server.ts";
import { withClient } from "../kept-client.ts";
import type { ServerFlags } from "../server-flags.ts";
import type { Outage } from "../server-keeper.ts";
import type { Server } from "../server.ts";
import { ConversationLink } from "./conversation-link.ts";

export interface Chatting {
  readonly cli: Cli;
  readonly session: SessionInfo;
  readonly link: ConversationLink;
  /** Of the server as it is known now. */
  readonly rest: () => Rest;
  readonly isConnected: () => boolean;
  /** What is the matter while there is no connection. */
  readonly outage: () => Outage;
  /** Calls back when the connection changes; returns the unsubscribe. */
  readonly onConnection: (listener: () => void) => () => void;
  /** Aborted with the command. */
  readonly signal: AbortSignal;
}

/** Talks with a session for as long as `use` takes. `isVisible`: a person looks at it. */
export async function withChat(
  cli: Cli,
  server: Server,
  flags: ServerFlags,
  { session, isVisible }: { readonly session: SessionInfo; readonly isVisible: boolean },
  use: (chatting: Chatting) => Promise<void>,
): Promise<void> {
  await withClient(cli, server, flags, async ({ client, keeper, signal }) => {
    const link = new ConversationLink(client, session.id, isVisible);
    try {
      await use({
        cli,
        session,
        link,
        rest: () => restFor(server.home, keeper.url, signal),
        isConnected: () => client.state.is === "connected",
        outage: () => keeper.outage,
        onConnection: (listener) => client.subscribe(listener),
        signal,
      });
    } finally {
      link.close();
    }
  });
}
