/**
 * Follows a session's log: every byte from a cursor on, in order, at the reader's own pace, through reconnects.
 */
import type { Client } from "@perdure/client";
import { isAlive, parseCursor, type SessionInfo } from "@perdure/protocol";
import { CommandFailure, EXIT } from "./exit-codes.ts";

export interface FollowOptions {
  readonly client: Client;
  readonly session: string;
  /** A cursor; default: the first byte that is kept. */
  readonly from?: string;
  readonly signal: AbortSignal;
  /** `done` must be called once the bytes are dealt with: that is the reader's pace. */
  readonly onData: (data: Uint8Array, done: () => void, offset: number) => void;
  /** The session as it changes. True: enough. */
  readonly onSession?: (session: SessionInfo) => boolean;
  /** Resolve when the program has ended and all it printed was given out. */
  readonly isUntilEnd: boolean;
}

/** Resolves with the session when it is enough. Rejects when the session is gone, the server refuses, or the signal is aborted. */
export function followLog(options: FollowOptions): Promise<SessionInfo> {
  return new Promise((resolve, reject) => {
    new LogFollower(options, resolve, reject).start();
  });
}

class LogFollower {
  readonly #options: FollowOptions;
  readonly #resolve: (session: SessionInfo) => void;
  readonly #reject: (error: unknown) => void;
  readonly #stops: (() => void)[] = [];
  #readTo = -1;
  #waiting = 0;
  #latest: SessionInfo | undefined;
  #isOver = false;

  constructor(options: FollowOptions, resolve: (session: SessionInfo) => void, reject: (error: unknown) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    const { client, session, signal, from } = this.#options;
    if (signal.aborted) return this.#reject(signal.reason);
    const onAbort = () => this.#end(() => this.#reject(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    this.#stops.push(
      () => signal.removeEventListener("abort", onAbort),
      client.subscribe(() => this.#connectionChanged()),
    );
    const attachment = client.attach({
      session,
      mode: "log",
      visible: false,
      readOnly: true,
      ...(from === undefined ? {} : { cursor: from }),
      viewer: {
        attached: (_, info) => this.#attached(info),
        snapshot: (_, done) => done(), // log mode has none
        output: (data, offset, done) => this.#output(data, offset, done),
        resized: () => undefined,
        session: (info) => this.#changed(info),
        refused: () => undefined,
        gone: (reason) =>
          this.#fail(EXIT.unknown, reason === "deleted" ? "The session was deleted." : "There is no such session any more."),
      },
    });
    this.#stops.push(() => attachment.detach());
    this.#connectionChanged();
  }

  #attached(session: SessionInfo): void {
    const from = this.#options.from === undefined ? undefined : parseCursor(this.#options.from)?.offset;
    if (this.#readTo < 0 && from !== undefined) this.#readTo = from;
    this.#changed(session);
  }

  #output(data: Uint8Array, offset: number, done: () => void): void {
    if (this.#isOver) return done();
    this.#waiting += 1;
    const onDone = () => {
      this.#waiting -= 1;
      this.#readTo = offset + data.length;
      done();
      this.#endIfOver();
    };
    this.#options.onData(data, onDone, offset);
  }

  #changed(session: SessionInfo): void {
    if (this.#isOver) return;
    this.#latest = session;
    if (this.#options.onSession?.(session) === true) return this.#end(() => this.#resolve(session));
    this.#endIfOver();
  }

  #endIfOver(): void {
    const session = this.#latest;
    if (!this.#options.isUntilEnd || this.#waiting > 0 || session === undefined || isAlive(session.run.state)) return;
    const end = parseCursor(session.cursor)?.offset ?? 0;
    if (this.#readTo >= end || end === 0) this.#end(() => this.#resolve(session));
  }

  #connectionChanged(): void {
    const { state } = this.#options.client;
    if (state.is !== "closed" || state.reason === "asked") return;
    this.#fail(
      EXIT.failed,
      state.reason === "unauthorized" ? "The server does not accept this credential." : "The server speaks another protocol.",
    );
  }

  #fail(exitCode: number, message: string): void {
    this.#end(() => this.#reject(new CommandFailure(exitCode, message)));
  }

  #end(settle: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const stop of this.#stops) stop();
    settle();
  }
}
