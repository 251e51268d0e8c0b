/** Puts the client side of conversations together: the views, and the one outbox of messages behind them. */
import type { Client, ConnectionState } from "../client.ts";
import { type Clock, systemClock } from "../clock.ts";
import { type Randomness, systemRandomness } from "../randomness.ts";
import type { ChatCalls } from "./chat-calls.ts";
import type { ChatClient, ChatView, Outgoing } from "./chat-view.ts";
import { ConversationView } from "./conversation-view.ts";
import { type AskForPicture, pagePictures } from "./frame.ts";
import { createMemoryMessages, type KeptMessages } from "./kept-messages.ts";
import { MessageOutbox } from "./message-outbox.ts";
import { noTabs, type Tabs } from "./tabs.ts";

export interface ChatClientOptions {
  /** Where messages wait. Default: memory. A page passes `openMessages()`. */
  readonly messages?: KeptMessages;
  /** The other pages of the browser. Default: none. A page passes `browserTabs()`. */
  readonly tabs?: Tabs;
  readonly clock?: Clock;
  readonly random?: Randomness;
  /** Default: the page's own pictures, where there are any. */
  readonly askForPicture?: AskForPicture;
  /** Something went wrong that did not stop anything. For logs. */
  readonly onProblem?: (error: unknown) => void;
}

/** Conversations over a connection. Messages of earlier pages are sent as soon as there is one. Close it before the client. */
export function createChatClient(client: Client, calls: ChatCalls, options: ChatClientOptions = {}): ChatClient {
  return new ConnectedChatClient(client, calls, options);
}

class ConnectedChatClient implements ChatClient {
  readonly #client: Client;
  readonly #calls: ChatCalls;
  readonly #outbox: MessageOutbox;
  readonly #clock: Clock;
  readonly #askForPicture: AskForPicture;
  readonly #problem: (error: unknown) => void;
  readonly #views = new Set<ChatView>();
  readonly #unsubscribe: () => void;

  constructor(client: Client, calls: ChatCalls, options: ChatClientOptions) {
    this.#client = client;
    this.#calls = calls;
    this.#clock = options.clock ?? systemClock;
    this.#askForPicture = options.askForPicture ?? pagePictures;
    this.#problem = options.onProblem ?? (() => undefined);
    this.#outbox = new MessageOutbox({
      store: options.messages ?? createMemoryMessages(),
      calls,
      clock: this.#clock,
      randomness: options.random ?? systemRandomness,
      tabs: options.tabs ?? noTabs,
      problem: this.#problem,
    });
    const tell = (): void => this.#outbox.connection(client.state.is === "connected");
    this.#unsubscribe = client.subscribe(tell);
    tell();
  }

  get outgoing(): Outgoing {
    return this.#outbox;
  }

  get connection(): ConnectionState {
    return this.#client.state;
  }

  open(session: string, { visible }: { readonly visible: boolean }): ChatView {
    const view: ChatView = new ConversationView({
      session,
      visible,
      client: this.#client,
      calls: this.#calls,
      outbox: this.#outbox,
      clock: this.#clock,
      askForPicture: this.#askForPicture,
      problem: this.#problem,
      closed: () => this.#views.delete(view),
    });
    this.#views.add(view);
    return view;
  }

  close(): void {
    this.#unsubscribe();
    for (const view of this.#views) view.close();
    this.#outbox.close();
  }
}
