/** Where the streams of a session stand before their first records. */
import type { StreamKey, StreamState } from "../store/store.ts";

export function emptyStream(key: StreamKey): StreamState {
  return { ...key, incarnation: 1, trimmed: 0, tail: 0 };
}

/** Those that a session holds; its events are loaded when they are needed. */
export function emptyStreams(session: string): { readonly terminal: StreamState; readonly wire: StreamState } {
  return { terminal: emptyStream({ session, stream: "terminal" }), wire: emptyStream({ session, stream: "wire" }) };
}
