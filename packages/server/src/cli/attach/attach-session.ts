/**
 * One attachment of this terminal to one session, from the first screen to the end: typed keys go to the program, its output is
 * drawn, an outage shows a status line and is survived, and the screen afterwards is exactly the session's. It ends when the
 * user detaches and what was typed is delivered, when the program has ended and all it printed is drawn, or when the session is
 * gone. What was typed and may not have arrived is counted, whatever the end.
 */
import type { Attachment, Client, Viewer } from "@perdure/client";
import { isAlive, parseCursor, type AttachedHow, type SessionInfo } from "@perdure/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Undelivered } from "../input-refusals.ts";
import { Departure } from "./departure.ts";
import type { DetachKey } from "./detach-key.ts";
import type { OuterScreen } from "./outer-screen.ts";
import type { RawTerminal } from "./raw-terminal.ts";
import type { Size } from "./screen-size.ts";
import type { StatusSituation } from "./status-line.ts";

/** How an attachment ended. */
export type AttachEnd =
  | { readonly is: "detached" }
  | { readonly is: "ended"; readonly session: SessionInfo }
  | { readonly is: "gone"; readonly reason: "deleted" | "unknown" }
  | { readonly is: "refused"; readonly reason: "unauthorized" | "wrong-protocol" }
  | { readonly is: "aborted" };

export interface AttachSettings {
  readonly client: Client;
  readonly session: string;
  readonly terminal: Omit<RawTerminal, "leave">;
  readonly screen: OuterScreen;
  readonly detachKey: DetachKey;
  readonly isReadOnly: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The line at the bottom: what is the matter. */
  readonly describe: (situation: StatusSituation) => string;
  /** Another server is on its way. */
  readonly isServerStarting: () => boolean;
}

export interface AttachOutcome {
  readonly end: AttachEnd;
  readonly undelivered: readonly Undelivered[];
}

/** A shorter outage is not worth a word: nothing has to be drawn again after it. */
const STATUS_AFTER_MS = 1000;
/** Another size may last so long before it is taken for somebody else's: our own is on its way back within it. */
const SETTLE_MS = 350;
const STATUS_EVERY_MS = 1000;
/** What was typed has not been acknowledged for so long: the connection is asked whether it still lives. */
const UNACKNOWLEDGED_MS = 2000;
/** The program has ended and not all it printed has come: not waited for longer. */
const LAST_OUTPUT_MS = 5000;
/** Typed before the session is known; more is not taken. */
const MAX_EARLY_BYTES = 64 * 1024;
const CTRL_C = 0x03;

type DrawnSnapshot = Parameters<Viewer["snapshot"]>[0];

/** Resolves when the attachment has ended, with what was typed and is not known to have reached the program. */
export function attachSession(settings: AttachSettings): Promise<AttachOutcome> {
  return new Promise((resolve) => new AttachedView(settings, resolve).start());
}

class AttachedView {
  readonly #settings: AttachSettings;
  readonly #onEnd: (outcome: AttachOutcome) => void;
  readonly #undelivered: Undelivered[] = [];
  readonly #stops: (() => void)[] = [];
  /** Draws. `isReady`: it is attached and can take input. */
  #current: Attachment | undefined;
  #isReady = false;
  /** Draws no more and takes what is typed until all of it is acknowledged, so that the order of input is kept. */
  #retiring: Attachment | undefined;
  /** Typed when none could take it. */
  #early: Uint8Array[] = [];
  #latest: SessionInfo | undefined;
  #drawnTo = -1;
  #awaySince: number | undefined;
  #stopStatus: (() => void) | undefined;
  #stopHold: (() => void) | undefined;
  #stopLastOutput: (() => void) | undefined;
  #stopProbe: (() => void) | undefined;
  #stopSettling: (() => void) | undefined;
  /** Of the session's terminal. */
  #size: Size | undefined;
  /** The user has detached, and what was typed before is not delivered yet. Nothing is drawn and nothing is taken any more. */
  #departure: Departure | undefined;
  #isOver = false;

  constructor(settings: AttachSettings, onEnd: (outcome: AttachOutcome) => void) {
    this.#settings = settings;
    this.#onEnd = onEnd;
  }

  start(): void {
    const { client, terminal, signal } = this.#settings;
    const onAbort = () => this.#end({ is: "aborted" });
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    this.#stops.push(() => signal.removeEventListener("abort", onAbort));
    terminal.onInput((data) => this.#typed(data));
    terminal.onResize(() => this.#ownSizeChanged());
    this.#stops.push(client.subscribe(() => this.#connectionChanged()));
    this.#current = this.#attach();
    this.#connectionChanged();
  }

  #attach(): Attachment {
    const { client, session, terminal, isReadOnly } = this.#settings;
    let attachment: Attachment | undefined;
    const isCurrent = () => !this.#isOver && attachment === this.#current;
    const viewer: Viewer = {
      attached: (how, info) => isCurrent() && this.#attached(how, info),
      snapshot: (snapshot, done) => (isCurrent() ? this.#drawSnapshot(snapshot, done) : done()),
      output: (data, offset, done) => (isCurrent() ? this.#drawOutput(data, offset, done) : done()),
      resized: (cols, rows) => isCurrent() && this.#resized({ cols, rows }),
      session: (info) => isCurrent() && this.#changed(info),
      refused: (text, because) => void this.#undelivered.push({ bytes: text.length, because }),
      gone: (reason) => isCurrent() && this.#end({ is: "gone", reason }),
    };
    const { cols, rows } = terminal;
    attachment = client.attach({ session, mode: "screen", viewer, cols, rows, visible: true, readOnly: isReadOnly });
    this.#stops.push(attachment.onPending(() => this.#pendingChanged()));
    return attachment;
  }

  #pendingChanged(): void {
    this.#retire();
    this.#departure?.pendingChanged();
  }

  #attached(how: AttachedHow, session: SessionInfo): void {
    this.#isReady = true;
    this.#latest = session;
    // The status line covers a part of the screen that the missed bytes alone would not draw again.
    if (how === "tail" && this.#settings.screen.isCovered && this.#departure === undefined) this.#takeOver();
    else this.#retire();
    this.#endIfOver();
  }

  /** A new attachment has no cursor and therefore gets a snapshot. */
  #takeOver(): void {
    const old = this.#current;
    this.#isReady = false;
    this.#current = this.#attach();
    if (old === undefined) return;
    if (this.#retiring !== undefined) return old.detach();
    this.#retiring = old;
  }

  /** Once the one that draws can take input, and all input of the other is acknowledged. */
  #retire(): void {
    if (!this.#isReady || (this.#retiring !== undefined && this.#retiring.pendingBytes > 0)) return;
    this.#retiring?.detach();
    this.#retiring = undefined;
    for (let data = this.#early.shift(); data !== undefined; data = this.#early.shift()) {
      if (this.#current?.send(data) !== true) this.#undelivered.push({ bytes: data.length, because: this.#whyNotTaken });
    }
  }

  get #whyNotTaken(): Undelivered["because"] {
    return this.#latest !== undefined && isAlive(this.#latest.run.state) ? "queue-full" : "run-ended";
  }

  #drawSnapshot({ data, offset, cols, rows }: DrawnSnapshot, done: () => void): void {
    this.#size = { cols, rows };
    if (this.#departure === undefined) this.#settings.screen.snapshot(data, this.#size, done);
    else done();
    this.#drawn(offset);
  }

  #resized(size: Size): void {
    this.#size = size;
    if (this.#departure === undefined) this.#settle(this.#settings.screen.resized(size));
  }

  #ownSizeChanged(): void {
    const { terminal, screen } = this.#settings;
    this.#current?.resize(terminal.cols, terminal.rows);
    if (this.#size !== undefined && this.#departure === undefined) this.#settle(screen.refit(this.#size));
  }

  /** What is drawn for another size than the terminal's, and stays so, is asked for anew. */
  #settle(isDrawn: boolean): void {
    this.#stopSettling?.();
    this.#stopSettling = isDrawn || this.#isOver ? undefined : this.#settings.clock.after(SETTLE_MS, () => this.#drawAnew());
  }

  #drawAnew(): void {
    this.#stopSettling = undefined;
    if (this.#isOver || this.#departure !== undefined) return;
    if (this.#isReady && this.#settings.client.state.is === "connected") this.#takeOver();
    else this.#settle(false);
  }

  #drawOutput(data: Uint8Array, offset: number, done: () => void): void {
    if (this.#departure === undefined) this.#settings.screen.output(data, done);
    else done();
    this.#drawn(offset + data.length);
  }

  #drawn(offset: number): void {
    this.#drawnTo = offset;
    this.#endIfOver();
  }

  #changed(session: SessionInfo): void {
    this.#latest = session;
    this.#endIfOver();
  }

  /** The program has ended, and all it printed is drawn. */
  #endIfOver(): void {
    const session = this.#latest;
    if (session === undefined || isAlive(session.run.state)) return this.#expectMore();
    const end = parseCursor(session.cursor)?.offset ?? 0;
    if (this.#drawnTo >= end) return this.#end({ is: "ended", session });
    this.#stopLastOutput ??= this.#settings.clock.after(LAST_OUTPUT_MS, () => this.#end({ is: "ended", session }));
  }

  #expectMore(): void {
    this.#stopLastOutput?.();
    this.#stopLastOutput = undefined;
  }

  #typed(data: Uint8Array): void {
    if (this.#isOver) return;
    this.#stopHold?.();
    const { detachKey, clock, isReadOnly } = this.#settings;
    const { pass, isDetach, holdMs } = detachKey.feed(data);
    if (pass.length > 0) this.#send(pass);
    if (isDetach || (isReadOnly && data.includes(CTRL_C))) return this.#detach();
    if (holdMs !== undefined) this.#stopHold = clock.after(holdMs, () => this.#send(detachKey.release()));
  }

  /** Once what was typed is delivered; asked for a second time, at once. */
  #detach(): void {
    const leave = () => this.#end({ is: "detached" });
    if (this.#departure !== undefined) return leave();
    const { client, clock, isServerStarting } = this.#settings;
    const departure = new Departure({
      client,
      clock,
      isServerStarting,
      pendingBytes: () => this.#pendingBytes,
      showStatus: () => this.#showStatus(),
      leave,
    });
    this.#stopStatus?.();
    this.#departure = departure;
    departure.begin();
  }

  #send(data: Uint8Array): void {
    if (this.#isOver || this.#settings.isReadOnly || data.length === 0) return;
    if (this.#departure !== undefined) return this.#settings.screen.bell();
    const taker = this.#retiring ?? (this.#isReady ? this.#current : undefined);
    if (taker === undefined && this.#earlyBytes + data.length <= MAX_EARLY_BYTES) this.#early.push(data);
    else if (taker?.send(data) !== true) this.#settings.screen.bell();
    this.#stopProbe ??= this.#settings.clock.after(UNACKNOWLEDGED_MS, () => this.#probe());
  }

  /** A server that is frozen keeps its connections open; waiting for the idle heartbeat would be long for somebody who types. */
  #probe(): void {
    this.#stopProbe = undefined;
    const { client, clock } = this.#settings;
    if (this.#isOver || this.#pendingBytes === 0) return;
    if (client.state.is === "connected") client.retryNow();
    this.#stopProbe = clock.after(UNACKNOWLEDGED_MS, () => this.#probe());
  }

  get #pendingBytes(): number {
    return (this.#current?.pendingBytes ?? 0) + (this.#retiring?.pendingBytes ?? 0) + this.#earlyBytes;
  }

  get #earlyBytes(): number {
    return this.#early.reduce((sum, data) => sum + data.length, 0);
  }

  #connectionChanged(): void {
    const { client, clock } = this.#settings;
    const { state } = client;
    if (this.#isOver) return;
    if (state.is === "closed" && state.reason !== "asked") return this.#end({ is: "refused", reason: state.reason });
    if (state.is === "connected") {
      this.#awaySince = undefined;
      this.#stopStatus?.();
      this.#stopStatus = undefined;
    } else if (this.#awaySince === undefined) {
      this.#awaySince = clock.now();
      if (this.#departure === undefined) this.#stopStatus = clock.after(STATUS_AFTER_MS, () => this.#showOutage());
    }
  }

  #showOutage(): void {
    if (this.#awaySince === undefined || this.#isOver) return;
    this.#showStatus();
    this.#stopStatus = this.#settings.clock.after(STATUS_EVERY_MS, () => this.#showOutage());
  }

  #showStatus(): void {
    const { screen, clock, describe } = this.#settings;
    const awayMs = this.#awaySince === undefined ? undefined : clock.now() - this.#awaySince;
    screen.showStatus(describe({ awayMs, pendingBytes: this.#pendingBytes, isLeaving: this.#departure !== undefined }));
  }

  #end(end: AttachEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#departure?.stop();
    for (const stop of [...this.#stops, this.#stopStatus, this.#stopHold, this.#stopLastOutput, this.#stopProbe, this.#stopSettling])
      stop?.();
    const unconfirmed = this.#pendingBytes;
    if (unconfirmed > 0) this.#undelivered.push({ bytes: unconfirmed, because: "unconfirmed" });
    this.#current?.detach();
    this.#retiring?.detach();
    this.#onEnd({ end, undelivered: this.#undelivered });
  }
}
