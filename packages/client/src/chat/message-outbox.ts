/**
 * The outbox of messages: what this device has sent and the server does not have yet, of all sessions and for all pages of the
 * browser. A message is on the disk before `send` resolves; it leaves when the server has it.
 */
import { type Clock, Timer } from "../clock.ts";
import { Listeners } from "../listeners.ts";
import type { Randomness } from "../randomness.ts";
import type { ChatCalls } from "./chat-calls.ts";
import type { Outgoing, OutgoingMessage } from "./chat-view.ts";
import { FlusherTurn, type TurnMessage } from "./flusher-turn.ts";
import type { KeptMessage, KeptMessages, MessageChange } from "./kept-messages.ts";
import {
  aboutToSend,
  adding,
  arriving,
  editing,
  EXPIRES_AFTER_MS,
  expiring,
  isDue,
  refusing,
  removing,
  requireSendable,
  retrying,
  returning,
  withdrawalEnded,
} from "./message-changes.ts";
import { type FlusherHome, MessageFlusher, type SendOutcome } from "./message-flusher.ts";
import { messageId } from "./message-id.ts";
import type { TabChannel, Tabs } from "./tabs.ts";

const CHANNEL = "perdure-outbox";
const MAX_VANISHED = 100;

export interface MessageOutboxOptions {
  readonly store: KeptMessages;
  readonly calls: Pick<ChatCalls, "sendMessage" | "removeMessage">;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly tabs: Tabs;
  readonly problem: (error: unknown) => void;
}

/** What one page tells the others. `arrived`: left the outbox because the server has it. `sending`: is under way there. */
type News =
  | { readonly is: "changed"; readonly arrived: readonly string[] }
  | { readonly is: "sending"; readonly id: string; readonly isSending: boolean }
  | TurnMessage;

export class MessageOutbox implements Outgoing {
  readonly #options: MessageOutboxOptions;
  readonly #listeners = new Listeners();
  readonly #arrivalListeners = new Set<(message: OutgoingMessage) => void>();
  readonly #channel: TabChannel | undefined;
  readonly #turn: FlusherTurn;
  readonly #flusher: MessageFlusher;
  readonly #expiry: Timer;
  readonly #sending = new Set<string>();
  /** No longer there. Whether they have arrived, another page may say a moment later. */
  readonly #vanished = new Map<string, OutgoingMessage>();
  #kept: readonly KeptMessage[] = [];
  #shown: readonly OutgoingMessage[] = [];
  #isConnected = false;
  #isClosed = false;

  constructor(options: MessageOutboxOptions) {
    const { clock, randomness, tabs, problem, store } = options;
    this.#options = options;
    this.#expiry = new Timer(clock);
    this.#channel = store.isShared ? tabs.openChannel?.(CHANNEL) : undefined;
    this.#turn = new FlusherTurn({
      clock,
      randomness,
      channel: this.#channel,
      locks: tabs.locks,
      changed: () => this.#flusher.flushNow(),
      problem,
    });
    this.#flusher = new MessageFlusher(this.#flusherHome());
    this.#channel?.listen((message) => this.#heard(message as News));
    this.#reload();
  }

  get messages(): readonly OutgoingMessage[] {
    return this.#shown;
  }

  get isLasting(): boolean {
    return this.#options.store.isLasting;
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Calls back for each message that has left because the server has it. */
  onArrived(listener: (message: OutgoingMessage) => void): () => void {
    this.#arrivalListeners.add(listener);
    return () => void this.#arrivalListeners.delete(listener);
  }

  has(id: string): boolean {
    return this.#shown.some((message) => message.id === id);
  }

  async send(session: string, text: string): Promise<string> {
    requireSendable(text);
    const { clock, randomness } = this.#options;
    const id = messageId(randomness);
    await this.#update(adding({ id, session, text, createdAt: clock.now(), mayHaveBeenSent: this.#isConnected }));
    return id;
  }

  async edit(id: string, text: string): Promise<void> {
    requireSendable(text);
    const { clock, randomness } = this.#options;
    await this.#update(editing(id, { id: messageId(randomness), text, now: clock.now() }));
  }

  async remove(id: string): Promise<void> {
    await this.#update(removing(id));
  }

  async retry(id: string): Promise<void> {
    const { clock, randomness } = this.#options;
    await this.#update(retrying(id, messageId(randomness), clock.now()));
  }

  /** The server had these, and does not any more: it was put back to an earlier time. */
  putBack(lost: readonly OutgoingMessage[]): void {
    this.#inBackground(this.#update(returning(lost, this.#options.clock.now())));
  }

  /** The server's conversation has these: they have arrived, whatever was heard of it. */
  seen(ids: readonly string[]): void {
    if (this.#kept.some(({ id, state }) => ids.includes(id) && state.is !== "withdrawn")) this.#inBackground(this.#arrived(ids));
  }

  connection(isConnected: boolean): void {
    if (this.#isConnected === isConnected) return;
    this.#isConnected = isConnected;
    this.#look();
    if (isConnected) this.#flusher.flushNow();
  }

  close(): void {
    this.#isClosed = true;
    this.#expiry.stop();
    this.#flusher.close();
    this.#turn.close();
    this.#channel?.close();
  }

  #flusherHome(): FlusherHome {
    const { clock, randomness, calls, problem } = this.#options;
    return {
      clock,
      randomness,
      calls,
      problem,
      maySend: () => this.#maySend,
      sessionsWithWork: () => (this.#maySend ? new Set(this.#kept.filter(isWork).map(({ session }) => session)) : []),
      next: (session) => this.#next(session),
      sending: (message, isSending) => this.#setSending(message.id, isSending, true),
      settle: (message, outcome) => this.#settle(message.id, outcome),
    };
  }

  get #maySend(): boolean {
    const isOurs = !this.#options.store.isShared || this.#turn.isMine;
    return isOurs && this.#isConnected && !this.#isClosed;
  }

  async #next(session: string): Promise<KeptMessage | undefined> {
    const now = this.#options.clock.now();
    if (this.#kept.some((message) => isDue(message, now))) await this.#update(expiring(now));
    const first = (): KeptMessage | undefined => this.#kept.find((message) => message.session === session && isWork(message));
    const message = first();
    if (!message || message.mayHaveBeenSent) return message;
    await this.#update(aboutToSend(message.id));
    const again = first();
    return again?.mayHaveBeenSent ? again : undefined;
  }

  async #settle(id: string, outcome: SendOutcome): Promise<void> {
    switch (outcome.is) {
      case "arrived":
        return this.#arrived([id]);
      case "refused":
        return this.#update(refusing(id, outcome.code, outcome.text));
      case "withdrawn":
        return this.#update(withdrawalEnded(id, null));
      case "too-late":
        return this.#update(withdrawalEnded(id, outcome));
    }
  }

  #arrived(ids: readonly string[]): Promise<void> {
    return this.#update(arriving(ids), ids);
  }

  async #update(change: (messages: readonly KeptMessage[]) => MessageChange, arrived: readonly string[] = []): Promise<void> {
    const messages = await this.#options.store.update(change);
    this.#tell({ is: "changed", arrived });
    this.#replace(messages, arrived);
  }

  #reload(arrived: readonly string[] = []): void {
    this.#inBackground(this.#options.store.load().then((messages) => this.#replace(messages, arrived)));
  }

  #replace(messages: readonly KeptMessage[], arrived: readonly string[]): void {
    if (this.#isClosed) return;
    const ids = new Set(messages.map(({ id }) => id));
    for (const message of this.#shown) if (!ids.has(message.id)) this.#vanished.set(message.id, message);
    this.#kept = messages;
    for (const id of arrived) this.#tellArrived(id);
    this.#show();
    this.#waitForExpiry();
    this.#look();
  }

  #tellArrived(id: string): void {
    const message = this.#vanished.get(id);
    this.#vanished.delete(id);
    if (message) for (const listener of this.#arrivalListeners) listener(message);
    const [oldest] = this.#vanished.keys();
    if (this.#vanished.size > MAX_VANISHED && oldest !== undefined) this.#vanished.delete(oldest);
  }

  /** Is it this page's turn, and is there something to do? */
  #look(): void {
    // What only this page has needs no turn.
    const canSend = this.#isConnected && !this.#isClosed && this.#options.store.isShared;
    this.#turn.update({ canSend, hasWork: this.#kept.some(isWork) });
    this.#flusher.flush();
  }

  #waitForExpiry(): void {
    const since = this.#kept.filter(({ state }) => state.is === "waiting").map(({ waitingSince }) => waitingSince);
    if (since.length === 0) return this.#expiry.stop();
    const { clock } = this.#options;
    const dueInMs = Math.max(0, Math.min(...since) + EXPIRES_AFTER_MS - clock.now());
    this.#expiry.start(dueInMs, () => this.#inBackground(this.#update(expiring(clock.now()))));
  }

  #setSending(id: string, isSending: boolean, isOwn: boolean): void {
    if (isSending) this.#sending.add(id);
    else this.#sending.delete(id);
    if (isOwn) this.#tell({ is: "sending", id, isSending });
    this.#show();
  }

  /** Messages that did not change keep their identity, and so does the list. */
  #show(): void {
    const before = new Map(this.#shown.map((message) => [message.id, message]));
    const next = this.#kept.flatMap((message) => {
      const shown = shownAs(message, this.#sending.has(message.id));
      return shown ? [sameOr(before.get(message.id), shown)] : [];
    });
    if (next.length === this.#shown.length && next.every((message, index) => message === this.#shown[index])) return;
    this.#shown = next;
    this.#listeners.notify();
  }

  #heard(news: News): void {
    if (this.#isClosed) return;
    if (news.is === "changed") this.#reload(news.arrived);
    else if (news.is === "sending") this.#setSending(news.id, news.isSending, false);
    else this.#turn.heard(news);
  }

  #tell(news: News): void {
    if (!this.#isClosed) this.#channel?.post(news);
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#options.problem(error));
  }
}

function isWork({ state }: KeptMessage): boolean {
  return state.is === "waiting" || state.is === "withdrawn";
}

function shownAs(message: KeptMessage, isSending: boolean): OutgoingMessage | undefined {
  const { id, session, text, createdAt, state } = message;
  if (state.is === "withdrawn") return undefined;
  return { id, session, text, createdAt, state: state.is === "waiting" && isSending ? { is: "sending" } : state };
}

/** All but the state stays the same under one id. */
function sameOr(before: OutgoingMessage | undefined, next: OutgoingMessage): OutgoingMessage {
  return before && JSON.stringify(before.state) === JSON.stringify(next.state) ? before : next;
}
