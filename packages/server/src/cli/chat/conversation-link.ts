/**
 * One conversation as a command sees it: the reduced state, kept current by the server's events through reconnects and restarts.
 * Whoever only needs what is so looks at the state; whoever passes events on gets each once, or is told that a snapshot came instead.
 */
import type { Attachment, Client } from "@perdure/client";
import { EMPTY_CONVERSATION, parseChatEvent, reduce, type ChatEvent, type Conversation, type SessionInfo } from "@perdure/protocol";
import { CommandFailure, EXIT } from "../exit-codes.ts";

/** An unfinished line longer than this is no event. */
const MAX_LINE_CHARACTERS = 32 * 1024 * 1024;

/** What came: events, already reduced, or a whole state in their place. */
export type News = readonly ChatEvent[] | "snapshot";

export class ConversationLink {
  readonly #client: Client;
  readonly #attachment: Attachment;
  readonly #stopListening: () => void;
  readonly #listeners = new Set<(news: News) => void>();
  readonly #failureListeners = new Set<(failure: CommandFailure) => void>();
  #decoder = new TextDecoder();
  #unfinished = "";
  #conversation: Conversation | undefined;
  #session: SessionInfo | undefined;
  #failure: CommandFailure | undefined;

  constructor(client: Client, session: string, isVisible: boolean) {
    this.#client = client;
    this.#stopListening = client.subscribe(() => this.#connectionChanged());
    this.#attachment = client.attach({
      session,
      mode: "chat",
      visible: isVisible,
      readOnly: true,
      viewer: {
        attached: (_, info) => this.#sessionChanged(info),
        snapshot: ({ data }, done) => {
          this.#replace(data);
          done();
        },
        output: (data, _, done) => {
          this.#read(data);
          done();
        },
        resized: () => undefined,
        session: (info) => this.#sessionChanged(info),
        refused: () => undefined,
        gone: (reason) => this.#fail(EXIT.unknown, reason === "deleted" ? "The session was deleted." : "There is no such session."),
      },
    });
    this.#connectionChanged();
  }

  /** `undefined` until it was heard of first. */
  get conversation(): Conversation | undefined {
    return this.#conversation;
  }

  get session(): SessionInfo | undefined {
    return this.#session;
  }

  /** Calls back with whatever comes; returns the unsubscribe. */
  subscribe(listener: (news: News) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back when nothing can come any more, at once if that is so already. */
  onFailure(listener: (failure: CommandFailure) => void): () => void {
    if (this.#failure) listener(this.#failure);
    this.#failureListeners.add(listener);
    return () => this.#failureListeners.delete(listener);
  }

  /** What `check` finds in the conversation, as soon as it finds something. Rejects when nothing can come any more, or by the signal. */
  until<T>(check: (conversation: Conversation) => T | undefined, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const stops: (() => void)[] = [];
      const settle = (how: () => void): void => {
        for (const stop of stops) stop();
        how();
      };
      const look = (): void => {
        const found = this.#conversation && check(this.#conversation);
        if (found !== undefined) settle(() => resolve(found));
      };
      const onAbort = (): void => settle(() => reject(signal.reason as Error));
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      stops.push(
        () => signal.removeEventListener("abort", onAbort),
        this.subscribe(look),
        this.onFailure((failure) => settle(() => reject(failure))),
      );
      look();
    });
  }

  close(): void {
    this.#stopListening();
    this.#attachment.detach();
  }

  #replace(data: Uint8Array): void {
    this.#decoder = new TextDecoder();
    this.#unfinished = "";
    // What an older server does not say has its beginning.
    this.#conversation = { ...EMPTY_CONVERSATION, ...(JSON.parse(new TextDecoder().decode(data)) as Partial<Conversation>) };
    this.#tell("snapshot");
  }

  #read(data: Uint8Array): void {
    const lines = (this.#unfinished + this.#decoder.decode(data, { stream: true })).split("\n");
    const rest = lines.pop() ?? "";
    this.#unfinished = rest.length > MAX_LINE_CHARACTERS ? "" : rest;
    const events = lines.flatMap((line) => parseChatEvent(line) ?? []);
    if (events.length === 0) return;
    this.#conversation = reduce(this.#conversation ?? EMPTY_CONVERSATION, events);
    this.#tell(events);
  }

  #sessionChanged(session: SessionInfo): void {
    this.#session = session;
    if (this.#conversation) this.#tell([]);
  }

  #connectionChanged(): void {
    const { state } = this.#client;
    if (state.is !== "closed" || state.reason === "asked") return;
    const isUnauthorized = state.reason === "unauthorized";
    this.#fail(EXIT.failed, isUnauthorized ? "The server does not accept this credential." : "The server speaks another protocol.");
  }

  #fail(exitCode: number, message: string): void {
    this.#failure = new CommandFailure(exitCode, message);
    for (const listener of this.#failureListeners) listener(this.#failure);
  }

  #tell(news: News): void {
    for (const listener of this.#listeners) listener(news);
  }
}
