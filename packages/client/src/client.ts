/**
 * What an application sees of the client library: one connection per page, all sessions on it (PROTOCOL §2–§6). The client
 * reconnects by itself, continues every attachment where it stood, and keeps numbered input until the server has
 * acknowledged it.
 */
import type { AttachedHow, AttachMode, InputRefusal, ScreenColours, LinePlace, SessionInfo } from "@perdure/protocol";

/** The one connection, in words that are never wrong. Times are milliseconds since 1970. */
export type ConnectionState =
  | { readonly is: "connecting"; readonly attempt: number }
  | { readonly is: "connected"; readonly since: number }
  /** The next attempt is at `until`; `attempt` counts failures in a row (10 and more: show the failure screen). */
  | { readonly is: "waiting"; readonly until: number; readonly attempt: number }
  /** The device says that it has no network; tried again as soon as it does. */
  | { readonly is: "offline"; readonly attempt: number }
  /** Will not try again by itself. */
  | { readonly is: "closed"; readonly reason: "asked" | "unauthorized" | "wrong-protocol" };

/** Where the first row of a snapshot is in the count of lines, and the first line that is still kept (PROTOCOL §13.1). */
export interface SnapshotLines extends LinePlace {
  readonly first: number;
}

/** What the application draws. Called in stream order; `done` must be called once the bytes are parsed (that is the acknowledgement). */
export interface Viewer {
  /** Draw this instead of everything so far. */
  snapshot(
    snapshot: {
      readonly cols: number;
      readonly rows: number;
      readonly data: Uint8Array;
      readonly offset: number;
      readonly lines?: SnapshotLines;
    },
    done: () => void,
  ): void;
  output(data: Uint8Array, offset: number, done: () => void): void;
  /** The session's terminal has this size now. */
  resized(cols: number, rows: number): void;
  /** Attached, or attached again. `awayMs`: how long the connection was gone (0 the first time). */
  attached(how: AttachedHow, session: SessionInfo, awayMs: number): void;
  session(session: SessionInfo): void;
  /** Input that will never be applied: offer it back to the user. */
  refused(text: Uint8Array, reason: InputRefusal): void;
  /** The session was deleted, or does not exist. No further calls. */
  gone(reason: "deleted" | "unknown"): void;
}

export interface AttachOptions {
  readonly session: string;
  readonly mode: AttachMode;
  readonly viewer: Viewer;
  /** Continue from here, if it is still valid. */
  readonly cursor?: string;
  readonly cols?: number;
  readonly rows?: number;
  /** What programs are told when they ask for colours, while this viewer controls. */
  readonly colours?: ScreenColours;
  readonly visible: boolean;
  readonly readOnly?: boolean;
  /** Of a conversation its newest part is enough to begin with (mode `chat`). */
  readonly newestPart?: boolean;
}

/** One session as seen by one viewer. */
export interface Attachment {
  /** Where the viewer stands: everything before it is parsed. `undefined` before the first data. */
  readonly cursor: string | undefined;
  /** Bytes typed and not yet acknowledged. */
  readonly pendingBytes: number;
  /**
   * Sends input to the current run; before the first answer, to the run that is then there. Kept until acknowledged; `false` if it was not taken
   * because no run is alive, the viewer is read-only or 1 MiB is waiting.
   */
  send(data: Uint8Array): boolean;
  resize(cols: number, rows: number): void;
  recolour(colours: ScreenColours): void;
  /** This viewer's size and colours are the session's from now on, as if it had typed. Has no effect without a connection. */
  takeControl(): void;
  setVisible(visible: boolean): void;
  /** Calls back on every change of `pendingBytes`; returns the unsubscribe. */
  onPending(listener: () => void): () => void;
  detach(): void;
}

export interface Client {
  readonly state: ConnectionState;
  /** Calls back on every change; returns the unsubscribe. */
  subscribe(listener: () => void): () => void;
  /** All sessions, newest first, kept current while somebody is subscribed; `undefined` before the first answer. */
  readonly sessions: readonly SessionInfo[] | undefined;
  subscribeSessions(listener: () => void): () => void;
  attach(options: AttachOptions): Attachment;
  /** Try at once: the user pressed *retry now*. */
  retryNow(): void;
  close(): void;
}
