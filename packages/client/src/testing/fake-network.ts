/**
 * A network in memory: sockets that open, carry frames both ways, stall and break exactly when a test says so. Delivery is
 * synchronous and in order, as on one TCP connection.
 */
import {
  type ClientFrame,
  type ClientMessage,
  decodeClientFrame,
  earlyFramesOf,
  encodeControl,
  type MessageOf,
  type ServerMessage,
} from "@perdure/protocol";
import type { ClientSocket, SocketClose, SocketMessage } from "../socket.ts";

/** The server's end of one socket, and the client's socket itself. */
export class FakeSocket implements ClientSocket {
  binaryType = "blob";
  readonly bufferedAmount = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readonly url: string;
  readonly received: ClientFrame[] = [];
  /** The code with which the client closed it. */
  closedBy: number | undefined;
  /** Bytes go nowhere, and nobody is told. */
  isStalled = false;
  /** What the server does with each frame. */
  answer: (frame: ClientFrame) => void = () => undefined;

  constructor(url: string) {
    this.url = url;
  }

  /** Client to server. */
  send(data: Uint8Array): void {
    if (this.isStalled || this.closedBy !== undefined) return;
    const frame = decodeClientFrame(data.slice());
    this.received.push(frame);
    this.answer(frame);
  }

  close(code = 1000): void {
    this.closedBy ??= code;
  }

  /** What came with the request is read first. */
  open(): void {
    for (const frame of earlyFramesOf(this.url)) this.send(frame);
    this.#call(this.onopen, undefined);
  }

  /** Server to client. */
  deliver(frame: Uint8Array): void {
    if (!this.isStalled) this.deliverLate(frame);
  }

  /** What lay in a buffer comes out, stalled or not. */
  deliverLate(frame: Uint8Array): void {
    const event: SocketMessage = { data: frame.slice().buffer };
    this.#call(this.onmessage, event);
  }

  control(message: ServerMessage): void {
    this.deliver(encodeControl(message));
  }

  /** The server, or the network, ends it. */
  break(code = 1006): void {
    const event: SocketClose = { code };
    this.#call(this.onclose, event);
  }

  /** Control messages of one type that the client sent. */
  sent<T extends ClientMessage["type"]>(type: T): Extract<ClientMessage, { type: T }>[] {
    const messages = this.received.flatMap((frame) => (frame.is === "control" ? [frame.message] : []));
    return messages.filter((message): message is Extract<ClientMessage, { type: T }> => message.type === type);
  }

  #call(handler: ((event: never) => void) | null, event: unknown): void {
    handler?.(event as never);
  }
}

export const SERVER_HELLO: MessageOf<ServerMessage, "hello"> = {
  type: "hello",
  protocol: 1,
  features: ["early-frames"],
  server: { instance: "server-1", version: "0.0.0", epoch: 1 },
};

/** All sockets that a client opened, newest last. */
export class FakeNetwork {
  readonly sockets: FakeSocket[] = [];
  /** Called for each new socket, before the client listens to it. */
  onSocket: (socket: FakeSocket) => void = () => undefined;

  readonly openSocket = (url: string): FakeSocket => {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    this.onSocket(socket);
    return socket;
  };

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }

  /** The newest attempt succeeds: the socket opens and the server says hello. */
  accept(): FakeSocket {
    const socket = this.last;
    socket.open();
    socket.control(SERVER_HELLO);
    return socket;
  }
}
