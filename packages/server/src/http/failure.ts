/** How an error becomes an answer: its code and sentence for the caller, everything else for the log, joined by a correlation id. */
import { randomBytes } from "node:crypto";
import { PerdureError, type ErrorBody, type ErrorCode } from "@perdure/protocol";
import type { Log } from "../platform/log.ts";

const MAX_MESSAGE_LENGTH = 4096;

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  "bad-message": 400,
  "bad-request": 400,
  "idempotency-key-missing": 400,
  "cwd-missing": 400,
  "command-missing": 400,
  unauthorized: 401,
  "forbidden-origin": 403,
  "not-found": 404,
  "unknown-session": 404,
  "no-conversation": 409,
  "unknown-agent": 404,
  "unknown-approval": 404,
  "message-sent": 409,
  "approval-closed": 409,
  "already-running": 409,
  "not-running": 409,
  "idempotency-key-reused": 409,
  "session-deleted": 410,
  "cursor-gone": 410,
  "too-large": 413,
  "forbidden-host": 421,
  "rate-limited": 429,
  "host-unavailable": 503,
  "stale-epoch": 503,
  "conversation-unreadable": 409,
  "storage-full": 507,
};

export interface Failure {
  readonly status: number;
  readonly body: ErrorBody;
}

/** The answer to an error. What is not a `PerdureError` is `internal`, and only the log has its details. */
export function describeFailure(error: unknown, log: Log): Failure {
  const correlation = randomBytes(6).toString("hex");
  if (error instanceof PerdureError) {
    const status = STATUS[error.code] ?? 500;
    if (status >= 500) log.error({ correlation, err: error }, "a request failed");
    else log.info({ correlation, code: error.code, err: error.cause }, "a request was refused");
    return { status, body: { error: { code: error.code, message: error.message.slice(0, MAX_MESSAGE_LENGTH), correlation } } };
  }
  log.error({ correlation, err: error }, "a request failed unexpectedly");
  const message = "Something unexpected happened; the server's log has the details under the correlation id.";
  return { status: 500, body: { error: { code: "internal", message, correlation } } };
}
