/**
 * The few members of a WebSocket that the client needs. A browser's `WebSocket` and Node's `ws` (which can send headers) both
 * are one. Event types are `never` so that either's handlers fit; what is read of an event is in {@link SocketMessage} and
 * {@link SocketClose}.
 */
export interface ClientSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: Uint8Array): void;
  close(code?: number, reason?: string): void;
}

export interface SocketMessage {
  readonly data: unknown;
}

export interface SocketClose {
  readonly code: number;
}

/** Opens the platform's own WebSocket. */
export function openWebSocket(url: string): ClientSocket {
  return new WebSocket(url) as ClientSocket;
}

// oxlint-disable unicorn/prefer-add-event-listener -- the smallest interface that `WebSocket` and `ws` share has no listeners.

/** Forgets a socket: nothing of it is heard any more. An error handler stays, because `ws` throws where none is. */
export function abandonSocket(socket: ClientSocket, code: number): void {
  socket.onopen = null;
  socket.onmessage = null;
  socket.onclose = null;
  socket.onerror = () => undefined;
  socket.close(code);
}
