/**
 * The list of sessions, newest activity first, kept current by the server while somebody looks at it (PROTOCOL §5). After a
 * reconnect it shows what was last known until the server has sent it anew.
 */
import { encodeControl, type SessionInfo } from "@perdure/protocol";
import { Listeners } from "./listeners.ts";

export class SessionList {
  readonly #send: (frame: Uint8Array) => boolean;
  readonly #listeners = new Listeners();
  #sessions: readonly SessionInfo[] | undefined;
  #isWatched = false;
  /** Parts of the list that have come, while more are on their way. */
  #parts: readonly SessionInfo[] = [];

  constructor(send: (frame: Uint8Array) => boolean) {
    this.#send = send;
  }

  get sessions(): readonly SessionInfo[] | undefined {
    return this.#sessions;
  }

  subscribe(listener: () => void): () => void {
    const remove = this.#listeners.add(listener);
    this.connected();
    return remove;
  }

  connected(): void {
    if (!this.#isWatched && this.#listeners.size > 0) this.#isWatched = this.#send(encodeControl({ type: "watch" }));
  }

  lost(): void {
    this.#isWatched = false;
    this.#parts = [];
  }

  /** The list, or a part of it: shown when it is whole. */
  received(sessions: readonly SessionInfo[], isMore: boolean): void {
    const all = [...this.#parts, ...sessions];
    this.#parts = isMore ? all : [];
    if (!isMore) this.#replace(all);
  }

  #replace(sessions: readonly SessionInfo[]): void {
    this.#sessions = sessions.toSorted(newestFirst);
    this.#listeners.notify();
  }

  /** Without a list there is nothing to change: a single session is not the list. */
  put(session: SessionInfo): void {
    if (this.#sessions) this.#replace([...this.#sessions.filter((one) => one.id !== session.id), session]);
  }

  remove(id: string): void {
    if (this.#sessions) this.#replace(this.#sessions.filter((one) => one.id !== id));
  }
}

function newestFirst(a: SessionInfo, b: SessionInfo): number {
  return b.lastActivityAt - a.lastActivityAt || b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1);
}
