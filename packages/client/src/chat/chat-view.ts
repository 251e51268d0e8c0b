/**
 * What an application sees of a conversation (PROTOCOL §12): the reduced state as of the last committed event, and what this device
 * has sent and the server does not have yet. Both change by replacement, so that a view can compare by identity.
 *
 * `createChatClient(client, rest, { messages: openMessages(), tabs: browserTabs() })` makes a {@link ChatClient} of a page's client
 * and its HTTP interface, which also has what needs no view: `rest.agents()`, `rest.conversations()`.
 */
import type { ConnectionState } from "../client.ts";
import type { Conversation, Offer, SessionInfo, Stopped } from "@perdure/protocol";

/** A message on its way to the server. Its text never changes under the same id. */
export interface OutgoingMessage {
  readonly id: string;
  readonly session: string;
  readonly text: string;
  readonly createdAt: number;
  /**
   * `waiting`: sent as soon as there is a connection and it is its turn. `sending`: under way. `expired`: it waited so long that the user
   * is asked whether it still counts. `refused`: the server will never take it, with its words.
   */
  readonly state:
    | { readonly is: "waiting" }
    | { readonly is: "sending" }
    | { readonly is: "expired" }
    | { readonly is: "refused"; readonly code: string; readonly text: string };
}

export interface ChatState {
  /** `undefined` until the first snapshot; then never again. While there is no connection it stands as it was. */
  readonly conversation: Conversation | undefined;
  readonly session: SessionInfo | undefined;
  /** In the order in which they are sent. A message is either here or in the conversation: never in both, never in none. */
  readonly outgoing: readonly OutgoingMessage[];
  /** The session was deleted, or does not exist. */
  readonly gone: "deleted" | "unknown" | undefined;
}

/** One conversation as seen by one view. */
export interface ChatView {
  readonly state: ChatState;
  /** Calls back on every change, at most once a frame for deltas; returns the unsubscribe. */
  subscribe(listener: () => void): () => void;
  /** Keeps the message on this device and sends it as soon as it can; resolves with its id when it is kept. */
  send(text: string): Promise<string>;
  /**
   * For a message in the outbox, or one that waits with the server. Rejects when it is on its way to the agent. One of the outbox is replaced
   * by another with a new id; if the server turns out to have handed the first to the agent, the other becomes `refused`: `message-sent`.
   */
  edit(id: string, text: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** Sends an expired or refused message after all. */
  retry(id: string): Promise<void>;
  stop(): Promise<Stopped["outcome"]>;
  answer(approval: string, option: string, note?: string): Promise<void>;
  choose(settings: { readonly model?: string; readonly mode?: string }): Promise<void>;
  recover(offer: Offer, input?: string): Promise<void>;
  /** Says the text of an interrupted or failed turn again as a new message; `continue` asks the agent to go on. */
  again(turn: string, how: "retry" | "continue"): Promise<string>;
  /**
   * Puts what was said before the conversation's first entry before it, a part of it; `conversation.earlier` says how much there is. Resolves
   * when it is there, or could not be had this time. Asked for while it comes, it comes once.
   */
  loadEarlier(): Promise<void>;
  setVisible(visible: boolean): void;
  close(): void;
}

/** All messages of this device that the server does not have, for counts and for sessions that are not open. */
export interface Outgoing {
  readonly messages: readonly OutgoingMessage[];
  /** They outlive the browser. `false` where it keeps nothing for the page: then they live as long as the page. */
  readonly isLasting: boolean;
  subscribe(listener: () => void): () => void;
  /** As those of {@link ChatView}, for sessions that are not open or are gone. */
  edit(id: string, text: string): Promise<void>;
  remove(id: string): Promise<void>;
  retry(id: string): Promise<void>;
}

/** What a client offers for conversations. */
export interface ChatClient {
  readonly outgoing: Outgoing;
  open(session: string, options: { readonly visible: boolean }): ChatView;
  readonly connection: ConnectionState;
  /** Closes all views. What waits is sent by another page, or the next. */
  close(): void;
}
