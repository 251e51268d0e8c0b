/** Puts the client together: one connection, the attachments on it, the list of sessions. */
import {
  CLIENT_FEATURES,
  CLIENT_PROTOCOL,
  type ClientMessage,
  isErrorCode,
  type MessageOf,
  PerdureError,
  type ServerFrame,
  type ServerMessage,
  type SessionInfo,
} from "@perdure/protocol";
import { type AttachmentHome, SessionAttachment } from "./attachment.ts";
import type { Attachment, AttachOptions, Client, ConnectionState } from "./client.ts";
import { type Clock, systemClock } from "./clock.ts";
import { Connection } from "./connection.ts";
import { createMemoryPendingInput, type PendingInput } from "./pending-input.ts";
import { type Randomness, systemRandomness } from "./randomness.ts";
import { SessionList } from "./session-list.ts";
import { type ClientSocket, openWebSocket } from "./socket.ts";
import { noSurroundings, type Surroundings } from "./surroundings.ts";

const MAX_NAME_LENGTH = 64;

export interface ClientOptions {
  /** Where the server's socket is (`ws://…/api/socket`); asked before every attempt. */
  readonly url: () => string;
  /** Default: the platform's WebSocket. A program passes one that sends its `Authorization` header. */
  readonly openSocket?: (url: string) => ClientSocket;
  readonly client: { readonly kind: "web" | "cli" | "library"; readonly name: string; readonly version: string };
  readonly clock?: Clock;
  readonly random?: Randomness;
  /** Default: none. A page passes `browserSurroundings()`. */
  readonly surroundings?: Surroundings;
  /** Where input waits for its acknowledgement. Default: memory. A page passes `openPendingInput()`. */
  readonly pendingInput?: PendingInput;
  /** Something went wrong that did not stop the client: a store that fails, a message that makes no sense. For logs. */
  readonly onProblem?: (error: unknown) => void;
}

/** A client that begins to connect at once and goes on until it is closed. */
export function createClient(options: ClientOptions): Client {
  return new MultiplexedClient(options);
}

/** A name longer than the protocol allows is cut: it is only shown. */
function helloOf({ kind, name, version }: ClientOptions["client"]): ClientMessage {
  const client = { kind, name: name.slice(0, MAX_NAME_LENGTH), version: version.slice(0, MAX_NAME_LENGTH) };
  return { type: "hello", protocol: CLIENT_PROTOCOL, features: [...CLIENT_FEATURES], client };
}

class MultiplexedClient implements Client, AttachmentHome {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly store: PendingInput;
  readonly #connection: Connection;
  readonly #list: SessionList;
  readonly #attachments = new Set<SessionAttachment>();
  readonly #channels = new Map<number, SessionAttachment>();
  readonly #report: (error: unknown) => void;
  #nextChannel = 1;

  constructor(options: ClientOptions) {
    this.clock = options.clock ?? systemClock;
    this.randomness = options.random ?? systemRandomness;
    this.store = options.pendingInput ?? createMemoryPendingInput();
    this.#report = options.onProblem ?? (() => undefined);
    this.#list = new SessionList((frame) => this.send(frame));
    this.#connection = new Connection(
      {
        url: options.url,
        openSocket: options.openSocket ?? openWebSocket,
        clock: this.clock,
        randomness: this.randomness,
        surroundings: options.surroundings ?? noSurroundings,
        hello: helloOf(options.client),
      },
      {
        connected: () => this.#connected(),
        frame: (frame) => this.#dispatch(frame),
        lost: (lastHeardAt) => this.#lost(lastHeardAt),
        problem: (error) => this.problem(error),
      },
    );
    this.#connection.retryNow();
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  subscribe(listener: () => void): () => void {
    return this.#connection.subscribe(listener);
  }

  get sessions(): readonly SessionInfo[] | undefined {
    return this.#list.sessions;
  }

  subscribeSessions(listener: () => void): () => void {
    return this.#list.subscribe(listener);
  }

  attach(options: AttachOptions): Attachment {
    const attachment = new SessionAttachment(this, options);
    this.#attachments.add(attachment);
    attachment.connected();
    return attachment;
  }

  retryNow(): void {
    this.#connection.retryNow();
  }

  close(): void {
    this.#connection.close();
  }

  get isConnected(): boolean {
    return this.#connection.isUp;
  }

  send(frame: Uint8Array): boolean {
    return this.#connection.send(frame);
  }

  openChannel(attachment: SessionAttachment): number {
    const channel = this.#nextChannel++;
    this.#channels.set(channel, attachment);
    return channel;
  }

  closeChannel(channel: number): void {
    this.#channels.delete(channel);
  }

  forget(attachment: SessionAttachment): void {
    this.#attachments.delete(attachment);
  }

  dropBroken(error: unknown): void {
    this.#connection.dropBroken(error);
  }

  problem(error: unknown): void {
    this.#report(error);
  }

  isWriterOfAnother(writer: string, attachment: SessionAttachment): boolean {
    return [...this.#attachments].some((one) => one !== attachment && one.ownsWriter(writer));
  }

  #connected(): void {
    // Somebody looks at a screen; the list may be long.
    for (const attachment of this.#attachments) attachment.connected();
    this.#list.connected();
  }

  #lost(lastHeardAt: number): void {
    this.#list.lost();
    for (const attachment of this.#attachments) attachment.lost(lastHeardAt);
    this.#channels.clear();
    this.#nextChannel = 1;
  }

  /** Frames of a channel that was given up are still on their way: they are for nobody. */
  #dispatch(frame: ServerFrame): void {
    switch (frame.is) {
      case "output":
        return this.#channels.get(frame.channel)?.output(frame);
      case "snapshot":
        return this.#channels.get(frame.channel)?.snapshot(frame);
      case "snapshot-part":
        return this.#channels.get(frame.channel)?.snapshotPart(frame);
      case "input-ack":
        return this.#channels.get(frame.channel)?.inputAcknowledged(frame);
      case "control":
        return this.#control(frame.message);
      case "unknown":
    }
  }

  #control(message: ServerMessage): void {
    switch (message.type) {
      case "attached":
        return this.#channels.get(message.channel)?.attached(message);
      case "lines":
        return this.#channels.get(message.channel)?.lines(message);
      case "resized":
        return this.#channels.get(message.channel)?.resized(message);
      case "detached":
        return this.#channels.get(message.channel)?.detachedByServer(message.reason);
      case "input-refused":
        return this.#channels.get(message.channel)?.inputRefused(message);
      case "session":
        return this.#sessionChanged(message.session);
      case "removed":
        return this.#list.remove(message.session);
      case "sessions":
        return this.#list.received(message.sessions, message.more === true);
      case "error":
        return this.#failed(message);
      case "hello":
      case "ping":
      case "pong":
    }
  }

  #sessionChanged(session: SessionInfo): void {
    this.#list.put(session);
    for (const attachment of this.#attachments) if (attachment.sessionId === session.id) attachment.sessionChanged(session);
  }

  #failed(message: MessageOf<ServerMessage, "error">): void {
    const error = new PerdureError(isErrorCode(message.code) ? message.code : "internal", `${message.message} (${message.correlation})`);
    const attachment = message.channel === undefined ? undefined : this.#channels.get(message.channel);
    if (attachment) attachment.failed(error);
    else this.problem(error);
  }
}
