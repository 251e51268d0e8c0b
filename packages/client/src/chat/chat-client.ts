/** Puts the client side of conversations together: the views, and the one outbox of messages behind them. */
import type { StreamReport } from "@perdure/protocol";
import type { Client, ConnectionState } from "../client.ts";
import { type Clock, systemClock, Timer } from "../clock.ts";
import { type Randomness, systemRandomness } from "../randomness.ts";
import { noSurroundings, type Surroundings } from "../surroundings.ts";
import type { ChatCalls } from "./chat-calls.ts";
import type { ChatClient, ChatView, Outgoing } from "./chat-view.ts";
import { ConversationView } from "./conversation-view.ts";
import { type AskForPicture, pagePictures } from "./frame.ts";
import { createMemoryMessages, type KeptMessages } from "./kept-messages.ts";
import { MessageOutbox } from "./message-outbox.ts";
import { StreamReporter } from "./stream-reporter.ts";
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
  /** Default: none. A page passes `browserSurroundings()`: what it has to report is sent before it goes. */
  readonly surroundings?: Surroundings;
  /** Something is reported to the server of an answer's stream. For logs. */
  readonly onStream?: (report: StreamReport) => void;
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
  readonly #views = new Set<ConversationView>();
  readonly #reporter: StreamReporter;
  readonly #unsubscribe: () => void;
  readonly #outage: Timer;
  #wasConnected = false;

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
    this.#reporter = new StreamReporter({
      calls,
      clock: this.#clock,
      surroundings: options.surroundings ?? noSurroundings,
      noted: options.onStream ?? (() => undefined),
    });
    this.#outage = new Timer(this.#clock);
    const unsubscribe = client.subscribe(() => this.#connectionChanged());
    // A page that goes ends its connection itself.
    const ignore = options.surroundings?.subscribe((event) => {
      if (event === "pagehide" || event === "freeze") this.#outage.stop();
    });
    this.#unsubscribe = () => {
      unsubscribe();
      ignore?.();
      this.#outage.stop();
    };
    this.#connectionChanged();
  }

  get outgoing(): Outgoing {
    return this.#outbox;
  }

  get connection(): ConnectionState {
    return this.#client.state;
  }

  open(session: string, { visible }: { readonly visible: boolean }): ChatView {
    const view: ConversationView = new ConversationView({
      session,
      visible,
      client: this.#client,
      calls: this.#calls,
      outbox: this.#outbox,
      clock: this.#clock,
      askForPicture: this.#askForPicture,
      problem: this.#problem,
      noteStream: (report) => this.#reporter.note(report),
      closed: () => this.#views.delete(view),
    });
    this.#views.add(view);
    return view;
  }

  close(): void {
    this.#unsubscribe();
    for (const view of this.#views) view.close();
    this.#reporter.close();
    this.#outbox.close();
  }

  #connectionChanged(): void {
    const { is } = this.#client.state;
    const isConnected = is === "connected";
    if (this.#wasConnected && !isConnected) {
      const why = is === "offline" ? "the device has no network" : "the connection was lost";
      this.#outage.start(0, () => this.#views.forEach((view) => view.disconnected(why)));
    }
    this.#wasConnected = isConnected;
    this.#outbox.connection(isConnected);
    this.#reporter.connection(isConnected);
  }
}
