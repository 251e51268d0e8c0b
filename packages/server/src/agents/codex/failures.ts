/** Codex's own words and marks for what went wrong, put into ours. */
import type { AgentFailure } from "@perdure/protocol";
import { plainWords, saysNotThere } from "../plain-words.ts";
import type { TurnError } from "./messages.ts";

/** The first that fits. Codex says these in answers, on stderr and on its terminal. */
const WORDS: readonly (readonly [RegExp, AgentFailure])[] = [
  [
    /no rollout found for (thread|conversation) id|invalid session id|no saved session found|thread not (found|loaded)/i,
    "unknown-conversation",
  ],
  [/already has an active writer/i, "locked"],
  [/401 unauthorized|403 forbidden|not logged in|codex login|sign in again|invalid.?api.?key|missing environment variable/i, "auth"],
  [/429 too many requests|usage limit|rate.?limit|quota/i, "limit"],
  [/overloaded|at capacity|50[0234] \w|529/i, "overloaded"],
  [/stream disconnected|error sending request|connection (refused|reset|failed)|dns error|network error|timed out/i, "network"],
  [/permission denied|operation not permitted|read-only file system/i, "permission"],
];

export function classifyCodex(text: string): AgentFailure | null {
  const plain = plainWords(text);
  return WORDS.find(([words]) => words.test(plain))?.[1] ?? null;
}

/** Before it is ready, a line that names the conversation and says that it is not there can mean nothing else. */
export function classifyStart(text: string, wanted: string | null): AgentFailure | null {
  return classifyCodex(text) ?? (wanted !== null && saysNotThere(text, wanted) ? "unknown-conversation" : null);
}

const MARKS: Readonly<Record<string, AgentFailure>> = {
  unauthorized: "auth",
  usageLimitExceeded: "limit",
  rateLimitExceeded: "limit",
  sessionBudgetExceeded: "limit",
  serverOverloaded: "overloaded",
  policyCapacityUnavailable: "overloaded",
  flexUnavailable: "overloaded",
  internalServerError: "overloaded",
  httpConnectionFailed: "network",
  responseStreamConnectionFailed: "network",
  responseStreamDisconnected: "network",
  responseTooManyFailedAttempts: "network",
  sandboxError: "permission",
};

/** The mark decides, with the status that it carries; then the words. */
export function failureOf({ message, codexErrorInfo }: TurnError): AgentFailure {
  const { mark, status } = readMark(codexErrorInfo);
  return (
    (status === null ? null : ofStatus(status)) ?? (Object.hasOwn(MARKS, mark) ? MARKS[mark] : null) ?? classifyCodex(message) ?? "unknown"
  );
}

function readMark(info: unknown): { readonly mark: string; readonly status: number | null } {
  if (typeof info === "string") return { mark: info, status: null };
  if (typeof info !== "object" || info === null) return { mark: "", status: null };
  const [mark, details] = Object.entries(info)[0] ?? ["", null];
  const status: unknown = typeof details === "object" && details !== null && "httpStatusCode" in details ? details.httpStatusCode : null;
  return { mark, status: typeof status === "number" ? status : null };
}

function ofStatus(status: number): AgentFailure | null {
  if (status === 401 || status === 403) return "auth";
  if (status === 429 || status === 402) return "limit";
  return status >= 500 ? "overloaded" : null;
}
