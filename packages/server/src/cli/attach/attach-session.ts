/**
 * One attachment of this terminal to one session, from the first screen to the end: typed keys go to the program, its output is
 * drawn, an outage shows a status line and is survived, and the screen afterwards is exactly the session's. It ends when the
 * user detaches, when the program has ended and all it printed is drawn, or when the session is gone.
 */
import type { Attachment, Client, Viewer } from "@perdure/client";
import { isAlive, parseCursor, type AttachedHow, type SessionInfo } from "@perdure/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { DetachKey } from "./detach-key.ts";
import type { OuterScreen } from "./outer-screen.ts";
import type { RawTerminal } from "./raw-terminal.ts";

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
  /** One line about the outage: what is being done. */
  readonly describeOutage: (awayMs: number, pendingBytes: number) => string;
}

/** A shorter outage is not worth a word: nothing has to be drawn again after it. */
const STATUS_AFTER_MS = 1000;
const STATUS_EVERY_MS = 1000;
/** What was typed has not been acknowledged for so long: the connection is asked whether it still lives. */
const UNACKNOWLEDGED_MS = 2000;
/** The program has ended and not all it printed has come: not waited for longer. */
const LAST_OUTPUT_MS = 5000;
/** Typed before the session is known; more is not taken. */
const MAX_EARLY_BYTES = 64 * 1024;
const CTRL_C = 0x03;

/** Resolves when the attachment has ended, with what was typed and never reached a program. */
export function attachSession(settings: AttachSettings): Promise<{ readonly end: AttachEnd; readonly lost: readonly Uint8Array[] }> {
  return new Promise((resolve) => {
    const view = new AttachedView(settings, (end, lost) => resolve({ end, lost }));
    view.start();
  });
}

class AttachedView {
  readonly #settings: AttachSettings;
  readonly #onEnd: (end: AttachEnd, lost: readonly Uint8Array[]) => void;
  readonly #lost: Uint8Array[] = [];
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
  #isOver = false;

  constructor(settings: AttachSettings, onEnd: (end: AttachEnd, lost: readonly Uint8Array[]) => void) {
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
    terminal.onResize(() => this.#current?.resize(terminal.cols, terminal.rows));
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
      snapshot: ({ data, offset }, done) => (isCurrent() ? this.#drawSnapshot(data, offset, done) : done()),
      output: (data, offset, done) => (isCurrent() ? this.#drawOutput(data, offset, done) : done()),
      // The user's terminal has the size it has; a session of another size is drawn as it is.
      resized: () => undefined,
      session: (info) => isCurrent() && this.#changed(info),
      refused: (text) => void this.#lost.push(text),
      gone: (reason) => isCurrent() && this.#end({ is: "gone", reason }),
    };
    const { cols, rows } = terminal;
    attachment = client.attach({ session, mode: "screen", viewer, cols, rows, visible: true, readOnly: isReadOnly });
    return attachment;
  }

  #attached(how: AttachedHow, session: SessionInfo): void {
    this.#isReady = true;
    // The status line covers a part of the screen that the missed bytes alone would not draw again.
    if (how === "tail" && this.#settings.screen.isCovered) this.#takeOver();
    else this.#retire();
    this.#changed(session);
  }

  /** A new attachment has no cursor and therefore gets a snapshot. */
  #takeOver(): void {
    const old = this.#current;
    this.#isReady = false;
    this.#current = this.#attach();
    if (old === undefined) return;
    if (this.#retiring !== undefined) return old.detach();
    this.#retiring = old;
    this.#stops.push(old.onPending(() => this.#retire()));
  }

  /** Once the one that draws can take input, and all input of the other is acknowledged. */
  #retire(): void {
    if (!this.#isReady || (this.#retiring !== undefined && this.#retiring.pendingBytes > 0)) return;
    this.#retiring?.detach();
    this.#retiring = undefined;
    const early = this.#early;
    this.#early = [];
    for (const data of early) this.#send(data);
  }

  #drawSnapshot(data: Uint8Array, offset: number, done: () => void): void {
    this.#settings.screen.snapshot(data, done);
    this.#drawn(offset);
  }

  #drawOutput(data: Uint8Array, offset: number, done: () => void): void {
    this.#settings.screen.output(data, done);
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
    if (isDetach || (isReadOnly && data.includes(CTRL_C))) return this.#end({ is: "detached" });
    if (holdMs !== undefined) this.#stopHold = clock.after(holdMs, () => this.#send(detachKey.release()));
  }

  #send(data: Uint8Array): void {
    if (this.#isOver || this.#settings.isReadOnly || data.length === 0) return;
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
      this.#stopStatus = clock.after(STATUS_AFTER_MS, () => this.#showStatus());
    }
  }

  #showStatus(): void {
    const { screen, clock, describeOutage } = this.#settings;
    if (this.#awaySince === undefined || this.#isOver) return;
    screen.showStatus(describeOutage(clock.now() - this.#awaySince, this.#pendingBytes));
    this.#stopStatus = clock.after(STATUS_EVERY_MS, () => this.#showStatus());
  }

  #end(end: AttachEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const stop of [...this.#stops, this.#stopStatus, this.#stopHold, this.#stopLastOutput, this.#stopProbe]) stop?.();
    this.#current?.detach();
    this.#retiring?.detach();
    this.#onEnd(end, [...this.#lost, ...this.#early]);
  }
}
