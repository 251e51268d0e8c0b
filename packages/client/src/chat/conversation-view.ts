/**
 * One conversation as one page sees it: the server's events reduced a frame at a time, joined with what waits in the outbox. A
 * message is in exactly one of the two: it leaves `outgoing` when the conversation has it.
 */
import {
  type AttachedHow,
  type ChatEvent,
  type Conversation,
  EMPTY_CONVERSATION,
  type Offer,
  PerdureError,
  reduce,
  settledBefore,
  type SessionInfo,
  type Stopped,
  type StreamReport,
  withEarlier,
} from "@perdure/protocol";
import type { Attachment, Client, Viewer } from "../client.ts";
import type { Clock } from "../clock.ts";
import { Listeners } from "../listeners.ts";
import type { ChatCalls } from "./chat-calls.ts";
import type { ChatState, ChatView, OutgoingMessage } from "./chat-view.ts";
import { EarlierEntries } from "./earlier-entries.ts";
import { EventLines } from "./event-lines.ts";
import { type AskForPicture, Frame } from "./frame.ts";
import type { MessageOutbox } from "./message-outbox.ts";
import { StreamWatch } from "./stream-watch.ts";

/** More events than this are reduced before their frame: a hidden page must not heap them up. */
export const MAX_UNREDUCED = 4096;
/** What *Continue* says to the agent. */
export const CONTINUE_TEXT = "Please continue where you stopped.";

export interface ConversationViewOptions {
  readonly session: string;
  readonly visible: boolean;
  readonly client: Client;
  readonly calls: ChatCalls;
  readonly outbox: MessageOutbox;
  readonly clock: Clock;
  readonly askForPicture: AskForPicture;
  readonly problem: (error: unknown) => void;
  /** Something is told of an answer's stream. */
  readonly noteStream: (report: StreamReport) => void;
  readonly closed: () => void;
}

export class ConversationView implements ChatView, Viewer {
  readonly #options: ConversationViewOptions;
  readonly #attachment: Attachment;
  readonly #listeners = new Listeners();
  readonly #lines = new EventLines();
  readonly #frame: Frame;
  readonly #earlier: EarlierEntries;
  readonly #stream: StreamWatch;
  readonly #unsubscribe: readonly (() => void)[];
  /** The server has them, and their events have not come. */
  #landing: readonly OutgoingMessage[] = [];
  #unreduced: ChatEvent[] = [];
  #conversation: Conversation | undefined;
  /** The snapshot that comes need not be of the same history. */
  #isOfBefore = false;
  #session: SessionInfo | undefined;
  #gone: ChatState["gone"];
  #state: ChatState = { conversation: undefined, session: undefined, outgoing: [], gone: undefined };

  constructor(options: ConversationViewOptions) {
    const { session, visible, client, outbox, clock, askForPicture } = options;
    this.#options = options;
    this.#stream = new StreamWatch(session, options.noteStream);
    this.#earlier = new EarlierEntries((before) => options.calls.earlierPart(session, before));
    this.#frame = new Frame(clock, askForPicture, () => this.#publish());
    this.#unsubscribe = [outbox.subscribe(() => this.#publish()), outbox.onArrived((message) => this.#landed(message))];
    this.#attachment = client.attach({ session, mode: "chat", viewer: this, visible, newestPart: true });
    this.#publish();
  }

  get state(): ChatState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  async send(text: string): Promise<string> {
    return this.#options.outbox.send(this.#options.session, text);
  }

  async edit(id: string, text: string): Promise<void> {
    const { outbox, calls, session } = this.#options;
    await (outbox.has(id) ? outbox.edit(id, text) : calls.editMessage(session, id, text));
  }

  async remove(id: string): Promise<void> {
    const { outbox, calls, session } = this.#options;
    await (outbox.has(id) ? outbox.remove(id) : calls.removeMessage(session, id));
  }

  async retry(id: string): Promise<void> {
    await this.#options.outbox.retry(id);
  }

  async stop(): Promise<Stopped["outcome"]> {
    const { calls, session } = this.#options;
    return this.#stream.stopping(() => calls.stopTurn(session));
  }

  async answer(approval: string, option: string, note?: string): Promise<void> {
    const words = note === undefined ? {} : { note };
    await this.#options.calls.answerApproval(this.#options.session, approval, { option, ...words });
  }

  async choose(settings: { readonly model?: string; readonly mode?: string }): Promise<void> {
    await this.#options.calls.chooseSettings(this.#options.session, settings);
  }

  async recover(offer: Offer, input?: string): Promise<void> {
    if (offer === "sign-in" || offer === "wait") throw new PerdureError("bad-request", "This is done outside of perdure.");
    await this.#options.calls.recover(this.#options.session, { offer, ...(input === undefined ? {} : { input }) });
  }

  async again(turn: string, how: "retry" | "continue"): Promise<string> {
    if (how === "continue") return this.send(CONTINUE_TEXT);
    const input = this.#conversation?.turns[turn]?.input;
    const text = input === undefined ? undefined : this.#conversation?.inputs[input]?.text;
    if (text === undefined) throw new PerdureError("not-found", "There is no message that this turn answers.");
    return this.send(text);
  }

  async loadEarlier(): Promise<void> {
    try {
      const part = await this.#earlier.load(this.#conversation?.earlier ?? 0);
      if (!part || !this.#conversation) return;
      this.#reduce();
      this.#conversation = withEarlier(this.#conversation, part);
      this.#publish();
    } catch (error) {
      this.#options.problem(error);
    }
  }

  setVisible(visible: boolean): void {
    this.#attachment.setVisible(visible);
  }

  /** There is no connection any more, and why. */
  disconnected(why: string): void {
    this.#stream.cannotRead(why);
  }

  close(): void {
    if (this.#unreduced.length > 0) this.#reduce();
    this.#stream.left();
    this.#attachment.detach();
    this.#frame.cancel();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#options.closed();
  }

  snapshot({ data }: { readonly data: Uint8Array }, done: () => void): void {
    this.#lines.restart();
    this.#earlier.restart();
    this.#unreduced = [];
    try {
      const known = JSON.parse(new TextDecoder().decode(data)) as Partial<Conversation>;
      // What an older server does not say yet has its beginning.
      this.#conversation = this.#withLoaded({ ...EMPTY_CONVERSATION, ...known });
      this.#putBackLost(this.#conversation);
      this.#stream.shows(this.#conversation);
    } catch (error) {
      this.#stream.cannotRead("what the server sent could not be read");
      this.#options.problem(error);
    }
    done();
    if (this.#state.conversation) this.#frame.ask();
    else this.#publish();
  }

  output(data: Uint8Array, _offset: number, done: () => void): void {
    const events = this.#lines.push(data);
    this.#earlier.came(events);
    for (const event of events) this.#unreduced.push(event);
    if (this.#unreduced.length > MAX_UNREDUCED) this.#reduce();
    done();
    this.#frame.ask();
  }

  attached(how: AttachedHow, session: SessionInfo): void {
    if (how !== "tail" && how !== "behind") this.#isOfBefore = true;
    this.session(session);
  }

  session(session: SessionInfo): void {
    this.#session = session;
    this.#frame.ask();
  }

  gone(reason: "deleted" | "unknown"): void {
    this.#gone = reason;
    this.#publish();
  }

  /** A conversation has no size, and nothing is typed into it. */
  resized(): void {}
  refused(): void {}

  #landed(message: OutgoingMessage): void {
    if (message.session === this.#options.session) this.#landing = [...this.#landing, message];
  }

  /** What was loaded of the time before stays, where it cannot have changed. */
  #withLoaded(newest: Conversation): Conversation {
    const before = this.#isOfBefore ? undefined : this.#conversation;
    this.#isOfBefore = false;
    const part = before === undefined ? null : settledBefore(before, newest);
    return part === null ? newest : withEarlier(newest, part);
  }

  /** What the server had taken and its conversation does not have: sent again it counts once, whatever has become of it. */
  #putBackLost({ inputs }: Conversation): void {
    const lost = this.#landing.filter(({ id }) => !Object.hasOwn(inputs, id));
    if (lost.length > 0) this.#options.outbox.putBack(lost);
  }

  #reduce(): void {
    const events = this.#unreduced;
    this.#unreduced = [];
    this.#conversation = reduce(this.#conversation ?? EMPTY_CONVERSATION, events);
    this.#stream.shows(this.#conversation);
  }

  #publish(): void {
    this.#frame.cancel();
    if (this.#unreduced.length > 0) this.#reduce();
    const next: ChatState = { conversation: this.#conversation, session: this.#session, outgoing: this.#outgoing(), gone: this.#gone };
    const before = this.#state;
    const isSame =
      next.conversation === before.conversation &&
      next.session === before.session &&
      next.outgoing === before.outgoing &&
      next.gone === before.gone;
    if (isSame) return;
    this.#state = next;
    this.#listeners.notify();
  }

  /** The list keeps its identity while it holds the same. */
  #outgoing(): readonly OutgoingMessage[] {
    const { outbox, session } = this.#options;
    const known = this.#conversation?.inputs ?? {};
    const isKnown = ({ id }: OutgoingMessage): boolean => Object.hasOwn(known, id);
    const waiting = outbox.messages.filter((message) => message.session === session);
    const arrived = waiting.filter(isKnown);
    if (arrived.length > 0) outbox.seen(arrived.map(({ id }) => id));
    this.#landing = this.#landing.filter((message) => !isKnown(message) && !outbox.has(message.id));
    const next = [...this.#landing, ...waiting.filter((message) => !isKnown(message))];
    const before = this.#state.outgoing;
    return next.length === before.length && next.every((message, index) => message === before[index]) ? before : next;
  }
}
