/** Outboxes of messages on one device: pages over one store, with a clock, a server and a network that a test owns. */
import { createMemoryMessages, type KeptMessages } from "../chat/kept-messages.ts";
import { MessageOutbox } from "../chat/message-outbox.ts";
import { noTabs, type Tabs } from "../chat/tabs.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeMessageServer } from "./fake-message-server.ts";

export interface OutboxBench {
  readonly clock: FakeClock;
  readonly server: FakeMessageServer;
  readonly problems: unknown[];
  /** A page that is connected, unless told otherwise. */
  readonly open: (options?: { readonly store?: KeptMessages; readonly tabs?: Tabs; readonly isConnected?: boolean }) => MessageOutbox;
}

export function outboxBench(): OutboxBench {
  const clock = new FakeClock();
  const server = new FakeMessageServer();
  const problems: unknown[] = [];
  let ids = 0;
  return {
    clock,
    server,
    problems,
    open: ({ store = createMemoryMessages(), tabs = noTabs, isConnected = true } = {}) => {
      const random = { fraction: () => 0.5, id: () => (++ids).toString(16).padStart(32, "0") };
      const outbox = new MessageOutbox({ store, calls: server, clock, randomness: random, tabs, problem: (error) => problems.push(error) });
      outbox.connection(isConnected);
      return outbox;
    },
  };
}

/** Lets everything happen that needs no time of the fake clock; also a database in memory, which works in turns of its own. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Messages as `text: state`. */
export function shownBy(outbox: MessageOutbox): string[] {
  return outbox.messages.map(({ text, state }) => `${text}: ${state.is}`);
}
