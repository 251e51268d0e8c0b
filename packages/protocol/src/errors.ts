/**
 * The one list of error codes and close codes, and the error class that carries them. A message says what to do; details
 * stay in the server's log, found by the correlation id (PROTOCOL §8).
 */

/** Every code an answer, a refusal or an exception can carry, with what it means. */
export const ERROR_CODES = {
  "bad-message": "A message could not be read; the message says what was expected.",
  "wrong-protocol": "The peers speak different protocol numbers; upgrade the older one.",
  unauthorized: "No valid credential was sent; sign in again with `perdure pair`.",
  "forbidden-origin": "The request came from a page of another site.",
  "forbidden-host": "The request named a host that is not allowed; start the server with `--allow-host NAME`.",
  "rate-limited": "Too many attempts; wait before trying again.",
  "not-found": "There is no such thing.",
  "unknown-session": "There is no such session.",
  "session-deleted": "The session was deleted.",
  "already-running": "The session has a living run.",
  "not-running": "The session has no living run.",
  "conversation-unreadable": "Where the agent keeps the conversation cannot be read; the message says which place.",
  "no-conversation": "The session has no conversation with an agent.",
  "unknown-agent": "There is no such agent; `perdure agents` lists those that were found.",
  "message-sent": "The message is on its way to the agent and can no longer be changed.",
  "unknown-approval": "There is no such approval, or it does not offer that answer.",
  "approval-closed": "The approval was answered before, or has expired.",
  "idempotency-key-missing": "Creating needs an Idempotency-Key header.",
  "idempotency-key-reused": "The key was used before with another request.",
  "bad-request": "The request could not be read; the message says what was expected.",
  "too-large": "The request or frame is larger than allowed.",
  "cwd-missing": "The working directory does not exist or cannot be entered.",
  "command-missing": "The command was not found or cannot be executed.",
  "spawn-failed": "The program could not be started.",
  "server-unreachable": "The server cannot be reached; is it running, and is the network there?",
  "host-unavailable": "The host process cannot be reached.",
  "host-protocol": "The running host speaks another protocol number.",
  "stale-epoch": "Another server has taken over this state directory.",
  "cursor-gone": "That part of the history is no longer kept.",
  "storage-full": "The disk is full; free some space, nothing was dropped.",
  "database-newer": "The database was written by a newer release.",
  "home-unusable": "The state directory cannot be used.",
  "port-in-use": "The port is taken by another program.",
  internal: "Something unexpected happened; see the server's log with the correlation id.",
} as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Close codes of the WebSocket (PROTOCOL §7). `gone` ones stop the client's reconnect loop. */
export const CLOSE = {
  badMessage: 4400,
  unauthorized: 4401,
  wrongProtocol: 4409,
  tooLarge: 4413,
  /** The peer did not answer a ping in time. */
  silent: 4408,
  /** This server was replaced by another one of the same state directory: reconnect. */
  superseded: 4410,
  /** The client does not read and its control messages have filled the ceiling: reconnect. */
  overloaded: 4429,
  /** The server is shutting down as it was told to: reconnect. */
  shutdown: 4503,
} as const;

/** Close codes after which a client does not try again by itself. */
export const FINAL_CLOSE_CODES: readonly number[] = [CLOSE.unauthorized, CLOSE.wrongProtocol];

/** The error of perdure: a code of the list, a sentence that says what to do, the cause kept. */
export class PerdureError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string = ERROR_CODES[code], options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "PerdureError";
    this.code = code;
  }
}

/** Tells whether a value is one of the codes. */
export function isErrorCode(value: string): value is ErrorCode {
  return Object.hasOwn(ERROR_CODES, value);
}
