/**
 * One viewer attached to one session: what it sees flows through its `Viewer`, what it types goes to the current run with the
 * numbers its client gave. Detaching ends nothing.
 */
import {
  formatCursor,
  parseCursor,
  PerdureError,
  TAIL_BYTES,
  type AttachedHow,
  type AttachMode,
  type Cursor,
  type InputRefusal,
  type ScreenColours,
  type SessionInfo,
  type Watcher,
} from "@perdure/protocol";
import { crashPoint } from "../platform/crash.ts";
import type { StreamKey, StreamState } from "../store/store.ts";
import type { ScreenSnapshot } from "../terminal/engine.ts";
import type { Services } from "./services.ts";
import type { Session } from "./session.ts";
import type { Sized } from "./size-control.ts";
import { Viewer, type ViewerSink } from "./viewer.ts";

export interface AttachRequest {
  readonly mode: AttachMode;
  readonly cursor: string | undefined;
  readonly size: { readonly cols: number; readonly rows: number } | null;
  /** Those of the viewer's screen, if it told them. */
  readonly colours: ScreenColours | null;
  readonly isVisible: boolean;
  readonly isReadOnly: boolean;
  /** Of a conversation its newest part is enough to begin with. */
  readonly newestPart?: boolean;
  readonly client: { readonly kind: Watcher["kind"]; readonly name: string };
}

/** What the connection is told, besides the data that goes to its `ViewerSink`. */
export interface AttachmentSink extends ViewerSink {
  attached(how: AttachedHow, cursor: string, session: SessionInfo): void;
  inputAcked(run: number, writer: string, seq: number): void;
  inputRefused(run: number, writer: string, seq: number, reason: InputRefusal, expected?: number): void;
  detached(reason: "asked" | "deleted"): void;
  failed(error: unknown): void;
}

/** Why an attachment ended: what the viewer is told, or what became of its connection. */
export type EndOfAttachment = "asked" | "deleted" | "connection-closed" | "failed";

/** Numbers of a writer for a run. */
interface Sent {
  readonly run: number;
  readonly sent: number;
  acked: number;
}

/** A view has one or two; an acknowledgement for one that is forgotten comes when it sends again. */
const MAX_WRITERS = 64;

export class Attachment implements Sized {
  readonly viewer: Viewer;
  size: { readonly cols: number; readonly rows: number } | null;
  colours: ScreenColours | null;
  isVisible: boolean;
  readonly #session: Session;
  readonly #services: Services;
  readonly #request: AttachRequest;
  readonly #sink: AttachmentSink;
  readonly #since: number;
  /** Writers that have sent through this attachment: their acknowledgements come back here. The last to send is the last. */
  readonly #writers = new Map<string, Sent>();

  constructor(session: Session, services: Services, request: AttachRequest, sink: AttachmentSink) {
    this.#session = session;
    this.#services = services;
    this.#request = request;
    this.#sink = sink;
    this.#since = services.clock.now();
    this.size = request.size;
    this.colours = request.colours;
    this.isVisible = request.isVisible;
    this.viewer = new Viewer(request.mode, sink, {
      key: this.#shown.key,
      store: services.store,
      clock: services.clock,
      tail: () => this.#shown.stream.tail,
      size: () => session.details,
      takeSnapshot: (signal) => this.#takeSnapshot(signal),
      onFailure: (error) => sink.failed(error),
    });
  }

  get mode(): AttachMode {
    return this.#request.mode;
  }

  /** Id of the session. */
  get session(): string {
    return this.#session.id;
  }

  get watcher(): Watcher {
    return { ...this.#request.client, visible: this.isVisible, since: this.#since, controls: this.#session.sizes.controller === this };
  }

  /** Joins the session and sends what the viewer lacks. */
  async start(): Promise<void> {
    const session = this.#session;
    session.attachments.add(this);
    const isChat = this.mode === "chat";
    if (!this.#request.isReadOnly && !isChat) session.sizes.add(this);
    if (isChat) await session.chat?.conversation();
    if (this.isVisible) session.seen();
    if (this.isVisible && this.mode === "screen") this.#services.typing.note(session.id);
    session.applyControl();
    session.changed();
    const cursor = this.#request.cursor === undefined ? undefined : parseCursor(this.#request.cursor);
    if (cursor && !isChat && judgeCursor(this.#shown.stream, cursor) === "beyond-tail") {
      await this.#untilCommitted(cursor.offset);
      if (this.viewer.closed.aborted) return;
    }
    const how = this.#judge(cursor);
    if (this.#request.mode === "log") return this.#startLog(how, cursor?.offset ?? 0);
    const offset = cursor?.offset ?? 0;
    if (how === "tail" && this.#shown.stream.tail - offset <= TAIL_BYTES) return this.#startAt("tail", offset);
    await this.#startWithSnapshot(how === "tail" ? "behind" : how);
  }

  /**
   * It has seen more than is committed. A log would begin anew, so it waits as long as the rest is sure to come; a screen is drawn anew, and
   * on a full disk at once: whoever comes back may have come to stop the program that fills it.
   */
  async #untilCommitted(offset: number): Promise<void> {
    const { committedEnd } = this.#session;
    if (this.mode !== "log" && this.#services.disk.isFull) return;
    do await committedEnd.reaches(offset, this.viewer.closed);
    while (this.mode === "log" && !this.viewer.closed.aborted && committedEnd.isToCome(offset));
  }

  #judge(cursor: Cursor | undefined): AttachedHow {
    const how = judgeCursor(this.#shown.stream, cursor);
    return how === "beyond-tail" && cursor && this.mode !== "chat" && this.#session.committedEnd.isToCome(cursor.offset) ? "behind" : how;
  }

  /** Numbered input for a run. Acknowledged by the host, through `inputAcked`. */
  input(run: number, writer: string, seq: number, data: Uint8Array): void {
    crashPoint("server-after-input-received");
    const refusal = this.#refusal(run);
    if (refusal) return this.#sink.inputRefused(run, writer, seq, refusal);
    this.#noteSent(run, writer, seq);
    this.control();
    if (this.#services.sendInput(this.#session, writer, seq, data)) crashPoint("server-after-input-forwarded");
    else this.#sink.inputRefused(run, writer, seq, this.#session.isAlive ? "queue-full" : "run-ended");
  }

  inputAcked(run: number, writer: string, seq: number): void {
    const sent = this.#writers.get(writer);
    if (!sent) return;
    if (sent.run === run) sent.acked = Math.max(sent.acked, seq);
    this.#sink.inputAcked(run, writer, seq);
  }

  /** What the host has not acknowledged may not have reached it: the client sends it again. */
  hostLost(): void {
    for (const [writer, { run, sent, acked }] of this.#writers) {
      if (sent > acked) this.#sink.inputRefused(run, writer, acked + 1, "host-unavailable");
    }
  }

  inputRefused(run: number, writer: string, seq: number, reason: InputRefusal, expected: number | undefined): void {
    if (!this.#writers.has(writer)) return;
    if (expected === undefined) this.#sink.inputRefused(run, writer, seq, reason);
    else this.#sink.inputRefused(run, writer, seq, reason, expected);
  }

  /** The viewer's screen is so now. */
  resize(size: { readonly cols: number; readonly rows: number }, colours: ScreenColours | null): void {
    if (this.mode !== "screen") return;
    this.size = size;
    this.colours = colours ?? this.colours;
    this.#session.applyControl();
  }

  /** Its screen is the one that counts from now on; one that only reads never takes this. */
  control(): void {
    if (this.#request.isReadOnly || this.mode === "chat" || !this.#session.sizes.take(this)) return;
    this.#session.applyControl();
    this.#session.changed();
  }

  setVisible(isVisible: boolean): void {
    if (this.isVisible === isVisible) return;
    this.isVisible = isVisible;
    if (isVisible) this.#session.seen();
    this.#session.applyControl();
    this.#session.changed();
  }

  /** Its connection is told, which ends it; its client attaches again. */
  fail(error: PerdureError): void {
    this.#sink.failed(error);
  }

  close(why: EndOfAttachment): void {
    if (!this.#session.attachments.delete(this)) return;
    this.viewer.close();
    this.#session.sizes.remove(this);
    this.#session.applyControl();
    this.#session.changed();
    this.#noteEnd(why);
    this.#sink.detached(why === "deleted" ? "deleted" : "asked");
  }

  /** A viewer that went while an answer was streaming to it has not seen the end; the turn goes on. */
  #noteEnd(cause: EndOfAttachment): void {
    const { chat, id: session } = this.#session;
    if (this.mode !== "chat" || !chat) return;
    const turn = chat.events.conversation.runningTurn;
    const { streams } = this.#services;
    if (turn === null) streams.note({ code: "stream.detached", session, cause });
    else streams.note({ code: "stream.aborted.client", session, turn, cause });
  }

  #noteStart(how: AttachedHow): void {
    if (this.mode === "chat") this.#services.streams.note({ code: "stream.attached", session: this.session, cause: how });
  }

  /** The stream that is viewed: the terminal's, or the conversation's events. */
  get #shown(): { readonly key: StreamKey; readonly stream: StreamState } {
    if (this.#request.mode !== "chat") return this.#session;
    if (!this.#session.chat) throw new PerdureError("no-conversation");
    return this.#session.chat.events;
  }

  async #takeSnapshot(signal: AbortSignal): Promise<ScreenSnapshot> {
    const { screen, history, chat } = this.#session;
    if (this.mode !== "chat" || !chat) return { ...(await screen.snapshot(signal)), firstLine: await history.first() };
    return { cols: 1, rows: 1, ...chat.events.snapshot(this.#request.newestPart) };
  }

  #noteSent(run: number, writer: string, seq: number): void {
    const known = this.#writers.get(writer);
    const isSame = known?.run === run;
    this.#writers.delete(writer);
    this.#writers.set(writer, { run, sent: isSame ? Math.max(known.sent, seq) : seq, acked: isSame ? known.acked : seq - 1 });
    const [oldest] = this.#writers.keys();
    if (this.#writers.size > MAX_WRITERS && oldest !== undefined) this.#writers.delete(oldest);
  }

  #refusal(run: number): InputRefusal | null {
    if (this.#request.isReadOnly || this.mode === "chat" || this.#session.isChatRun) return "read-only";
    const current = this.#session.run;
    if (run > current.row.number || run < 1) return "unknown-run";
    if (run < current.row.number || current.state.is === "failed") return "run-ended";
    if (current.state.is === "starting" || !this.#services.isHostConnected) return "host-unavailable";
    return null; // of a run that has ended the host still knows which input it had taken
  }

  #startLog(how: AttachedHow, offset: number): void {
    if (how === "tail") this.#startAt("tail", offset);
    else this.#startAt(how, this.#shown.stream.trimmed);
  }

  #startAt(how: AttachedHow, offset: number): void {
    const { incarnation } = this.#shown.stream;
    this.#noteStart(how);
    this.#sink.attached(how, formatCursor({ incarnation, offset }), this.#session.info);
    this.viewer.startAt(offset);
  }

  async #startWithSnapshot(how: AttachedHow): Promise<void> {
    const snapshot = await this.#takeSnapshot(this.viewer.closed);
    if (this.viewer.closed.aborted) return;
    const { incarnation } = this.#shown.stream;
    this.#noteStart(how);
    this.#sink.attached(how, formatCursor({ incarnation, offset: snapshot.offset }), this.#session.info);
    this.viewer.startWith(snapshot);
  }
}

/** Why a viewer with this cursor gets what it gets. */
function judgeCursor(stream: StreamState, cursor: Cursor | undefined): AttachedHow {
  if (!cursor) return "first";
  if (cursor.incarnation !== stream.incarnation) return "incarnation";
  if (cursor.offset > stream.tail) return "beyond-tail";
  return cursor.offset < stream.trimmed ? "trimmed" : "tail";
}
