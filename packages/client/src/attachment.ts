/**
 * One session as seen by one viewer (PROTOCOL §6). It outlives connections: on each new one it attaches again on a new channel,
 * from where the viewer stands, and its outbox sends again what was not acknowledged.
 */
import {
  encodeAck,
  encodeControl,
  type InputAckFrame,
  isAlive,
  type MessageOf,
  type OutputFrame,
  parseCursor,
  PerdureError,
  type ScreenColours,
  type ServerMessage,
  type SessionInfo,
  type SnapshotFrame,
  type SnapshotPartFrame,
} from "@perdure/protocol";
import { Acknowledger } from "./acknowledger.ts";
import { backOffMs } from "./back-off.ts";
import type { Attachment, AttachOptions, SnapshotLines } from "./client.ts";
import { type Clock, Timer } from "./clock.ts";
import { EarlyInput } from "./early-input.ts";
import { Listeners } from "./listeners.ts";
import { Outbox } from "./outbox.ts";
import { cursorText, OutputStream } from "./output-stream.ts";
import { createMemoryPendingInput, type PendingInput } from "./pending-input.ts";
import type { Randomness } from "./randomness.ts";
import { SnapshotParts } from "./snapshot-parts.ts";

/** A viewer that still has this much to parse is not given more by attaching it again. */
export const MAX_UNPARSED_BYTES: number = 1024 * 1024;

/** What an attachment needs of the client it belongs to. */
export interface AttachmentHome {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly store: PendingInput;
  readonly isConnected: boolean;
  send(frame: Uint8Array): boolean;
  /** A number never used on this connection, whose frames now come to the attachment. */
  openChannel(attachment: SessionAttachment): number;
  closeChannel(channel: number): void;
  forget(attachment: SessionAttachment): void;
  dropBroken(error: unknown): void;
  problem(error: unknown): void;
  isWriterOfAnother(writer: string, attachment: SessionAttachment): boolean;
}

/** What the server was last told of the viewer. */
interface Told {
  readonly cols: number | undefined;
  readonly rows: number | undefined;
  readonly colours: ScreenColours | undefined;
  readonly visible: boolean;
}

type ChannelState =
  | { readonly is: "none" }
  | { readonly is: "asked"; readonly channel: number; readonly told: Told }
  | { readonly is: "attached"; readonly channel: number };

export class SessionAttachment implements Attachment {
  readonly #home: AttachmentHome;
  readonly #options: AttachOptions;
  readonly #stream: OutputStream;
  readonly #outbox: Outbox;
  readonly #early = new EarlyInput();
  readonly #parts = new SnapshotParts();
  /** Of the snapshot that comes next. */
  #lines: MessageOf<ServerMessage, "lines"> | undefined;
  readonly #acknowledger: Acknowledger;
  readonly #retry: Timer;
  readonly #pendingListeners = new Listeners();
  #channel: ChannelState = { is: "none" };
  #session: SessionInfo | undefined;
  #view: Told;
  #isOver = false;
  #refusals = 0;
  #lostAt: number | undefined;

  constructor(home: AttachmentHome, options: AttachOptions) {
    this.#home = home;
    this.#options = options;
    this.#view = { cols: options.cols, rows: options.rows, colours: options.colours, visible: options.visible };
    this.#retry = new Timer(home.clock);
    this.#acknowledger = new Acknowledger(home.clock, (offset) => this.#acknowledge(offset));
    this.#stream = new OutputStream(options.viewer, options.mode, options.cursor, () => this.#parsedMore());
    this.#outbox = new Outbox({
      session: options.session,
      // Nothing is typed into a conversation: what waits for the session belongs to the views of its terminal.
      store: options.mode === "chat" ? createMemoryPendingInput() : home.store,
      clock: home.clock,
      randomness: home.randomness,
      send: (frame) => home.send(frame),
      offerBack: (bytes, reason) => options.viewer.refused(bytes, reason),
      changed: () => this.#pendingListeners.notify(),
      problem: (error) => home.problem(error),
      isLiveElsewhere: (writer) => home.isWriterOfAnother(writer, this),
    });
  }

  get sessionId(): string {
    return this.#options.session;
  }

  get cursor(): string | undefined {
    return cursorText(this.#stream.parsed);
  }

  get pendingBytes(): number {
    return this.#outbox.pendingBytes + this.#early.bytes;
  }

  ownsWriter(writer: string): boolean {
    return this.#outbox.owns(writer);
  }

  send(data: Uint8Array): boolean {
    if (this.#isOver || this.#options.readOnly === true) return false;
    if (!this.#session) return this.#sendEarly(data);
    const { run } = this.#session;
    return isAlive(run.state) && this.#outbox.push(run, data);
  }

  resize(cols: number, rows: number): void {
    this.#view = { ...this.#view, cols, rows };
    this.#tellScreen();
  }

  recolour(colours: ScreenColours): void {
    this.#view = { ...this.#view, colours };
    this.#tellScreen();
  }

  takeControl(): void {
    this.#tellScreen(true);
  }

  setVisible(visible: boolean): void {
    this.#view = { ...this.#view, visible };
    if (this.#channel.is === "attached") this.#home.send(encodeControl({ type: "visible", channel: this.#channel.channel, visible }));
  }

  onPending(listener: () => void): () => void {
    return this.#pendingListeners.add(listener);
  }

  detach(): void {
    if (this.#isOver) return;
    if (this.#channel.is !== "none") this.#home.send(encodeControl({ type: "detach", channel: this.#channel.channel }));
    this.#end();
  }

  /** There is a connection: attach, unless that has been done or the viewer is still busy with what it has. */
  connected(): void {
    if (this.#isOver || this.#channel.is !== "none" || this.#retry.isRunning || !this.#home.isConnected) return;
    if (this.#stream.unparsedBytes > MAX_UNPARSED_BYTES) return;
    const { session, mode, readOnly, newestPart } = this.#options;
    const channel = this.#home.openChannel(this);
    const cursor = cursorText(this.#stream.handed);
    const { cols, rows, colours, visible } = this.#view;
    this.#channel = { is: "asked", channel, told: this.#view };
    const ask = { type: "attach" as const, channel, session, mode, visible, readOnly: readOnly === true };
    const place = cursor === undefined ? {} : { cursor };
    const size = cols === undefined || rows === undefined ? {} : { cols, rows };
    const paint = colours === undefined ? {} : { colours };
    const part = newestPart === undefined ? {} : { newestPart };
    this.#home.send(encodeControl({ ...ask, ...place, ...size, ...paint, ...part }));
  }

  /** The connection is gone; the other end was last heard at this time. */
  lost(lastHeardAt: number): void {
    this.#retry.stop();
    this.#refusals = 0;
    this.#leaveChannel(lastHeardAt);
  }

  attached(message: MessageOf<ServerMessage, "attached">): void {
    if (this.#channel.is !== "asked") return this.#broke("The server attached a channel twice.");
    const { channel, told } = this.#channel;
    const cursor = parseCursor(message.cursor);
    if (!cursor || !this.#stream.attached(message.how, cursor))
      return this.#broke("The server continues where this viewer does not stand.");
    const awayMs = this.#lostAt === undefined ? 0 : Math.max(0, this.#home.clock.now() - this.#lostAt);
    this.#lostAt = undefined;
    this.#refusals = 0;
    this.#session = message.session;
    this.#channel = { is: "attached", channel };
    this.#acknowledger.restart(this.#stream.isAwaitingSnapshot ? -1 : cursor.offset);
    this.#tellChanges(told);
    this.#options.viewer.attached(message.how, message.session, awayMs);
    this.#sendWhatWasEarly(message.session);
    if (this.#channel.is === "attached" && this.#channel.channel === channel) this.#outbox.opened(channel, this.#session.run);
  }

  output(frame: OutputFrame): void {
    if (this.#channel.is !== "attached" || !this.#stream.output(frame)) this.#broke("Output is missing before what the server sent.");
  }

  snapshotPart({ data }: SnapshotPartFrame): void {
    if (this.#channel.is !== "attached" || !this.#parts.push(data)) this.#broke("The server sent more of a snapshot than can be kept.");
  }

  snapshot(frame: SnapshotFrame): void {
    this.#acknowledger.restart(-1);
    const data = this.#parts.joinedWith(frame.data);
    if (this.#channel.is !== "attached" || !this.#stream.snapshot({ ...frame, data }, this.#linesOf(frame)))
      this.#broke("The server sent a snapshot before it had attached.");
  }

  lines(message: MessageOf<ServerMessage, "lines">): void {
    this.#lines = message;
  }

  resized(message: MessageOf<ServerMessage, "resized">): void {
    this.#stream.resized(message.offset, message.cols, message.rows);
  }

  sessionChanged(session: SessionInfo): void {
    // Before `attached` the state may be older than what this attachment was last told of.
    if (this.#channel.is !== "attached") return;
    this.#session = session;
    this.#outbox.runChanged(session.run);
    this.#options.viewer.session(session);
  }

  inputAcknowledged(frame: InputAckFrame): void {
    this.#outbox.acknowledged(frame);
  }

  inputRefused(message: MessageOf<ServerMessage, "input-refused">): void {
    this.#outbox.refused(message);
  }

  /** The server closed the channel by itself. */
  detachedByServer(reason: "asked" | "deleted"): void {
    if (reason === "deleted") this.#goneFor("deleted");
    else this.#tryAgain();
  }

  /** The channel failed: the session is gone, or the same is tried again a little later. */
  failed(error: PerdureError): void {
    if (error.code === "unknown-session") return this.#goneFor("unknown");
    if (error.code === "session-deleted") return this.#goneFor("deleted");
    this.#home.problem(error);
    this.#tryAgain();
  }

  #linesOf({ offset }: SnapshotFrame): SnapshotLines | undefined {
    const told = this.#lines;
    this.#lines = undefined;
    return told?.offset === offset ? { line: told.line, columns: told.columns, first: told.first } : undefined;
  }

  #tryAgain(): void {
    this.#leaveChannel(this.#home.clock.now());
    this.#retry.start(backOffMs(this.#refusals++, this.#home.randomness), () => this.connected());
  }

  #sendEarly(data: Uint8Array): boolean {
    const isTaken = this.#early.push(data);
    if (isTaken) this.#pendingListeners.notify();
    return isTaken;
  }

  #sendWhatWasEarly({ run }: SessionInfo): void {
    if (this.#early.bytes === 0) return;
    const typed = this.#early.take();
    if (!isAlive(run.state) || !this.#outbox.push(run, typed)) this.#options.viewer.refused(typed, "run-ended");
    this.#pendingListeners.notify();
  }

  #goneFor(reason: "deleted" | "unknown"): void {
    this.#outbox.giveBackAll();
    if (this.#early.bytes > 0) this.#options.viewer.refused(this.#early.take(), "unknown-run");
    this.#end();
    this.#options.viewer.gone(reason);
  }

  #end(): void {
    this.#isOver = true;
    this.#retry.stop();
    this.#leaveChannel(this.#home.clock.now());
    this.#home.forget(this);
  }

  #leaveChannel(at: number): void {
    if (this.#channel.is !== "none") this.#home.closeChannel(this.#channel.channel);
    if (this.#channel.is === "attached") this.#lostAt ??= at;
    this.#channel = { is: "none" };
    this.#parts.forget();
    this.#outbox.closed();
    this.#acknowledger.stop();
  }

  #parsedMore(): void {
    const { parsed } = this.#stream;
    if (this.#channel.is === "none") this.connected();
    else if (parsed && this.#channel.is === "attached" && !this.#stream.isAwaitingSnapshot) this.#acknowledger.parsed(parsed.offset);
  }

  #acknowledge(offset: number): void {
    if (this.#channel.is === "attached") this.#home.send(encodeAck(this.#channel.channel, offset));
  }

  /** What the viewer changed between asking and being attached. */
  #tellChanges(told: Told): void {
    const { cols, rows, colours, visible } = this.#view;
    if (cols !== told.cols || rows !== told.rows || colours !== told.colours) this.#tellScreen();
    if (visible !== told.visible) this.setVisible(visible);
  }

  #tellScreen(control?: true): void {
    const { cols, rows, colours } = this.#view;
    if (this.#channel.is !== "attached" || cols === undefined || rows === undefined) return;
    const { channel } = this.#channel;
    const paint = colours === undefined ? {} : { colours };
    this.#home.send(encodeControl({ type: "resize", channel, cols, rows, ...paint, ...(control ? { control } : {}) }));
  }

  #broke(message: string): void {
    this.#stream.forget();
    this.#home.dropBroken(new PerdureError("bad-message", message));
  }
}
