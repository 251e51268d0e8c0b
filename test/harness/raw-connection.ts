// A client connection without any library in between: what is sent is what the test says, and every frame that comes is kept.

import {
  CLIENT_FEATURES,
  CLIENT_PROTOCOL,
  decodeServerFrame,
  encodeAck,
  encodeControl,
  encodeInput,
  type AttachMode,
  type ClientMessage,
  type MessageOf,
  type ServerFrame,
  type ServerMessage,
} from "@perdure/protocol";
import { WebSocket } from "ws";
import { within } from "./until.ts";

const answerTimeoutMs = 20_000;

export interface RawOptions {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Acknowledge output as it comes (default), as a client that draws at once. */
  readonly acknowledges?: boolean;
}

export interface Close {
  readonly code: number;
  readonly reason: string;
}

type Listener = (frame: ServerFrame) => void;

export class RawConnection {
  readonly socket: WebSocket;
  readonly closed: Promise<Close>;
  readonly #acknowledges: boolean;
  readonly #listeners = new Set<Listener>();
  #controls: ServerMessage[] = [];

  private constructor(socket: WebSocket, acknowledges: boolean) {
    this.socket = socket;
    this.#acknowledges = acknowledges;
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on("error", () => undefined); // the close tells it
    socket.on("message", (data) => this.#take(decodeServerFrame(data as Buffer)));
  }

  /** Opens the socket; no hello. Rejects with the HTTP status if the upgrade is refused. */
  static async open(url: string, { token, headers = {}, acknowledges = true }: RawOptions = {}): Promise<RawConnection> {
    const address = new URL("/api/socket", url);
    address.protocol = "ws:";
    const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const socket = new WebSocket(address, { headers: { ...authorization, ...headers }, perMessageDeflate: false });
    const connection = new RawConnection(socket, acknowledges);
    await within(
      answerTimeoutMs,
      "an open socket",
      new Promise<void>((resolve, reject) => {
        socket.once("open", () => resolve());
        socket.once("unexpected-response", (_request, response) => {
          reject(new UpgradeRefused(response.statusCode ?? 0));
          response.destroy();
        });
        socket.once("error", reject);
      }),
    );
    return connection;
  }

  /** Opens the socket and says hello. */
  static async greet(url: string, options: RawOptions = {}): Promise<RawConnection> {
    const connection = await RawConnection.open(url, options);
    connection.control(hello());
    await connection.message("hello");
    return connection;
  }

  control(message: ClientMessage): void {
    this.bytes(encodeControl(message));
  }

  bytes(frame: Uint8Array): void {
    this.socket.send(frame);
  }

  input(channel: number, run: number, writer: string, seq: number, data: string | Uint8Array): void {
    this.bytes(encodeInput({ channel, run, writer, seq, data: typeof data === "string" ? Buffer.from(data) : data }));
  }

  attach(
    session: string,
    options: { mode?: AttachMode; cursor?: string | undefined; cols?: number; rows?: number; channel?: number } = {},
  ): void {
    const { mode = "log", cursor, channel = 1, ...size } = options;
    this.control({
      type: "attach",
      channel,
      session,
      mode,
      visible: true,
      readOnly: false,
      ...size,
      ...(cursor === undefined ? {} : { cursor }),
    });
  }

  /** Calls back for every frame to come; answers how to stop. */
  onFrame(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves at the first frame to come for which this is true. */
  async untilFrame(what: string, isIt: (frame: ServerFrame) => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.onFrame((frame) => {
      if (isIt(frame)) resolve();
    });
    await within(answerTimeoutMs, what, promise).finally(stop);
  }

  /** The oldest control message of this type that was not taken before; waits for it. */
  async message<T extends ServerMessage["type"]>(type: T): Promise<MessageOf<ServerMessage, T>> {
    const isIt = (message: ServerMessage): message is MessageOf<ServerMessage, T> => message.type === type;
    const kept = this.#controls.find(isIt);
    if (kept) {
      this.#controls = this.#controls.filter((message) => message !== kept);
      return kept;
    }
    const closed = this.closed.then(({ code, reason }): never => {
      throw new Error(`closed with ${code} ${reason} before: ${type}`);
    });
    closed.catch(() => undefined);
    const frame = this.untilFrame(`a message of type ${type}`, (each) => each.is === "control" && isIt(each.message));
    frame.catch(() => undefined); // when the connection was closed first
    await Promise.race([frame, closed]);
    return this.message(type);
  }

  /** Ends the connection without a word, as a process that is killed. */
  cut(): void {
    this.socket.terminate();
  }

  #take(frame: ServerFrame): void {
    if (frame.is === "control") {
      this.#controls.push(frame.message);
      this.#controls = this.#controls.slice(-1000);
      if (frame.message.type === "ping") this.control({ type: "pong", id: frame.message.id });
    }
    for (const listener of this.#listeners) listener(frame);
    if (!this.#acknowledges || this.socket.readyState !== WebSocket.OPEN) return;
    if (frame.is === "output") this.bytes(encodeAck(frame.channel, frame.offset + frame.data.length));
    if (frame.is === "snapshot") this.bytes(encodeAck(frame.channel, frame.offset));
  }
}

/** The upgrade to a WebSocket was answered with an HTTP status. */
export class UpgradeRefused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the upgrade was refused with ${status}`);
    this.name = "UpgradeRefused";
    this.status = status;
  }
}

export function hello(protocol: number = CLIENT_PROTOCOL): ClientMessage {
  return {
    type: "hello",
    protocol,
    features: [...CLIENT_FEATURES],
    client: { kind: "library", name: "situation", version: "0.0.0" },
  };
}
