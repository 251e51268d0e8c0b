/**
 * One client connection: hello, then any number of sessions on channels (PROTOCOL §2, §5). It holds nothing that a new
 * connection could not ask for again, so it may end at any moment.
 */
import {
  CLIENT_FEATURES,
  CLIENT_PROTOCOL,
  CLOSE,
  decodeClientFrame,
  encodeControl,
  encodeInputAck,
  MAX_CHANNELS,
  MAX_CLIENT_FRAME_BYTES,
  MAX_SERVER_FRAME_BYTES,
  PerdureError,
  type ClientFrame,
  type ClientMessage,
  type InputRefusal,
  type MessageOf,
  type ServerMessage,
} from "@perdure/protocol";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Attachment, AttachmentSink } from "../sessions/attachment.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { Channel } from "./channel.ts";
import { describeFailure } from "./failure.ts";
import { listInParts } from "./session-list.ts";

const PING_EVERY_MS = 15_000;
const SILENT_AFTER_MS = 45_000;
const LATE_MS = 5_000;
const HELLO_WITHIN_MS = 10_000;
/** Most bytes waiting in a connection that does not read. The flow of each viewer is bounded far below this. */
const MAX_BUFFERED_BYTES = 32 * 1024 * 1024;

/** What a connection needs of its socket. */
export interface Socket {
  readonly bufferedAmount: number;
  send(frame: Uint8Array): void;
  close(code: number, reason: string): void;
  /** Ends it without waiting for the peer. */
  terminate(): void;
}

export interface ConnectionOptions {
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly log: Log;
  readonly hello: MessageOf<ServerMessage, "hello">["server"];
}

export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #attachments = new Map<number, Attachment>();
  #client: MessageOf<ClientMessage, "hello">["client"] | null = null;
  #unsubscribe: (() => void) | null = null;
  #isWatching = false;
  #features: readonly string[] = [];
  #cancelTimer: () => void;
  #lastHeardAt: number;
  #pings = 0;
  #isClosed = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#lastHeardAt = options.clock.now();
    this.#cancelTimer = options.clock.after(HELLO_WITHIN_MS, () => this.close(CLOSE.badMessage, "no hello"));
  }

  /** A frame of the client. */
  receive(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#lastHeardAt = this.#options.clock.now();
    if (bytes.length > MAX_CLIENT_FRAME_BYTES) return this.close(CLOSE.tooLarge, `a frame may have ${MAX_CLIENT_FRAME_BYTES} bytes`);
    try {
      this.#handle(decodeClientFrame(bytes));
    } catch (error) {
      this.fail(error);
      if (error instanceof PerdureError && error.code === "bad-message") this.close(CLOSE.badMessage, "bad message");
    }
  }

  /** Tells the client of an error. */
  fail(error: unknown, channel?: number): void {
    const { code, message, correlation } = describeFailure(error, this.#options.log).body.error;
    this.#send({ type: "error", code, message, correlation, ...(channel === undefined ? {} : { channel }) });
  }

  /** Says why and lets go of everything. */
  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#socket.close(code, reason);
    this.closed();
  }

  /** The socket is gone. */
  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelTimer();
    this.#unsubscribe?.();
    for (const attachment of this.#attachments.values()) attachment.close("connection-closed");
    this.#attachments.clear();
  }

  #handle(frame: ClientFrame): void {
    if (!this.#client) return this.#greet(frame);
    switch (frame.is) {
      case "input":
        return this.#attachment(frame.channel)?.input(frame.run, frame.writer, frame.seq, frame.data);
      case "ack":
        return this.#attachment(frame.channel)?.viewer.acknowledge(frame.offset);
      case "control":
        return this.#control(frame.message);
    }
  }

  #greet(frame: ClientFrame): void {
    if (frame.is !== "control" || frame.message.type !== "hello") throw new PerdureError("bad-message", "The first message must be hello.");
    const { protocol, client, features } = frame.message;
    if (protocol !== CLIENT_PROTOCOL) {
      const advice = protocol < CLIENT_PROTOCOL ? "reload the page or upgrade the client" : "upgrade the server";
      this.fail(new PerdureError("wrong-protocol", `The server speaks protocol ${CLIENT_PROTOCOL}, the client ${protocol}: ${advice}.`));
      return this.close(CLOSE.wrongProtocol, "wrong protocol");
    }
    this.#client = client;
    this.#features = features;
    this.#cancelTimer();
    this.#send({ type: "hello", protocol: CLIENT_PROTOCOL, features: [...CLIENT_FEATURES], server: this.#options.hello });
    this.#subscribe();
    this.#beat();
  }

  #control(message: ClientMessage): void {
    switch (message.type) {
      case "hello":
        throw new PerdureError("bad-message", "hello is said once.");
      case "attach":
        return this.#attach(message);
      case "detach":
        return this.#attachment(message.channel)?.close("asked");
      case "resize":
        return this.#resize(message);
      case "visible":
        return this.#attachment(message.channel)?.setVisible(message.visible);
      case "watch":
        return this.#watch();
      case "ping":
        return this.#send({ type: "pong", id: message.id });
      case "pong":
        return;
    }
  }

  /** The channel's attachment. A frame may cross the end of its channel: that is not an error. */
  #attachment(channel: number): Attachment | undefined {
    return this.#attachments.get(channel);
  }

  #attach(message: MessageOf<ClientMessage, "attach">): void {
    const { channel, cols, rows } = message;
    if (this.#attachments.has(channel)) throw new PerdureError("bad-message", `Channel ${channel} is in use; detach it first.`);
    if (this.#attachments.size >= MAX_CHANNELS) {
      return this.fail(new PerdureError("too-large", `A connection may view ${MAX_CHANNELS} sessions.`), channel);
    }
    const session = this.#options.sessions.registry.get(message.session);
    if (!session) return this.fail(new PerdureError("unknown-session", "There is no such session; it may have been deleted."), channel);
    if (message.mode === "chat" && !session.chat) return this.fail(new PerdureError("no-conversation"), channel);
    const attachment = this.#options.sessions.attach(
      session,
      {
        mode: message.mode,
        cursor: message.cursor,
        size: cols !== undefined && rows !== undefined && message.mode === "screen" ? { cols, rows } : null,
        colours: message.colours ?? null,
        isVisible: message.visible,
        isReadOnly: message.readOnly,
        newestPart: message.newestPart === true,
        client: { kind: this.#client?.kind ?? "library", name: this.#client?.name ?? "" },
      },
      this.#sink(channel),
    );
    this.#attachments.set(channel, attachment);
  }

  #resize({ channel, cols, rows, colours, control }: MessageOf<ClientMessage, "resize">): void {
    const attachment = this.#attachment(channel);
    attachment?.resize({ cols, rows }, colours ?? null);
    if (control === true) attachment?.control();
  }

  #sink(channel: number): AttachmentSink {
    const data = this.#channel(channel);
    return {
      output: (offset, parts) => data.output(offset, parts),
      snapshot: (snapshot) => {
        const { offset, place, firstLine: first = 0 } = snapshot;
        if (place) data.send(encodeControl({ type: "lines", channel, offset, ...place, first }));
        data.snapshot(snapshot);
      },
      resized: (offset, cols, rows) => data.send(encodeControl({ type: "resized", channel, offset, cols, rows })),
      attached: (how, cursor, session) => data.send(encodeControl({ type: "attached", channel, how, cursor, session })),
      inputAcked: (run, writer, seq) => this.#write(encodeInputAck({ channel, run, writer, seq })),
      inputRefused: (run, writer, seq, reason, expected) => this.#refuse(channel, run, writer, seq, reason, expected),
      detached: (reason) => {
        data.close();
        this.#attachments.delete(channel);
        this.#send({ type: "detached", channel, reason });
      },
      failed: (error) => {
        this.fail(error, channel);
        this.#attachments.get(channel)?.close("failed");
      },
    };
  }

  #channel(channel: number): Channel {
    return new Channel({
      channel,
      clock: this.#options.clock,
      bufferedBytes: () => this.#socket.bufferedAmount,
      write: (frame) => this.#write(frame),
      takesParts: this.#features.includes("snapshot-parts"),
    });
  }

  #refuse(channel: number, run: number, writer: string, seq: number, reason: InputRefusal, expected: number | undefined): void {
    this.#send({ type: "input-refused", channel, run, writer, seq, reason, ...(expected === undefined ? {} : { expected }) });
  }

  /** Changes go to those who watch the list and to those attached to the session. */
  #subscribe(): void {
    this.#unsubscribe = this.#options.sessions.registry.subscribe({
      changed: (session) => {
        if (this.#isWatching || this.#isAttachedTo(session.id)) this.#send({ type: "session", session });
      },
      removed: (session) => {
        if (this.#isWatching) this.#send({ type: "removed", session });
      },
    });
  }

  #isAttachedTo(session: string): boolean {
    return [...this.#attachments.values()].some((attachment) => attachment.session === session);
  }

  #watch(): void {
    this.#isWatching = true;
    const sessions = this.#options.sessions.registry.all.map((session) => session.info);
    if (!this.#features.includes("list-parts")) return this.#send({ type: "sessions", sessions });
    for (const part of listInParts(sessions)) this.#send(part);
  }

  #beat(): void {
    const dueAt = this.#options.clock.now() + PING_EVERY_MS;
    this.#cancelTimer = this.#options.clock.after(PING_EVERY_MS, () => {
      // This process was frozen, or the machine slept: what the client sent meanwhile is still unread.
      if (this.#options.clock.now() - dueAt > LATE_MS) this.#lastHeardAt = this.#options.clock.now();
      if (this.#options.clock.now() - this.#lastHeardAt >= SILENT_AFTER_MS) {
        this.close(CLOSE.silent, "no answer to pings");
        this.#socket.terminate();
        return;
      }
      this.#pings += 1;
      this.#send({ type: "ping", id: this.#pings });
      this.#beat();
    });
  }

  #send(message: ServerMessage): void {
    this.#write(encodeControl(message));
  }

  #write(frame: Uint8Array): void {
    if (this.#isClosed) return;
    if (frame.length > MAX_SERVER_FRAME_BYTES) return this.close(CLOSE.tooLarge, "the answer is too large for one frame");
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.close(CLOSE.overloaded, "the client does not read");
      this.#socket.terminate();
      return;
    }
    this.#socket.send(frame);
  }
}
