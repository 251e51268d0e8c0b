/**
 * Claude's own words, on stderr, in a result or on its terminal, put into a reason. What merely speaks of an error must not count:
 * the reasons that end a conversation need the whole line as claude prints it.
 */
import type { AgentFailure } from "@perdure/protocol";
import type { Classify } from "../driver.ts";
import { plainWords } from "../plain-words.ts";

const WORDS: readonly (readonly [AgentFailure, RegExp])[] = [
  ["unknown-conversation", /^\W*(?:Error: )?No conversation found with session ID: [0-9A-Za-z._-]+\W*$/im],
  ["unknown-conversation", /is not a UUID and does not match any session title/],
  ["locked", /^\W*(?:Error: )?Session ID \S+ is already in use\.?\W*$/im],
  ["limit", /(?:usage|session|weekly|5-hour|Opus|credit) limit|rate.?limit|hit your limit|credit balance is too low|\b429\b/i],
  ["overloaded", /overloaded|\b529\b|\b503\b/i],
  ["auth", /please run \/login|not logged in|invalid api key|failed to authenticate|authentication_error|oauth token|\b401\b/i],
  ["permission", /permission_error|\b403\b|EACCES|EPERM|permission denied|operation not permitted|cannot be used with root/i],
  ["cwd-missing", /current working directory.*(?:deleted|exist)|uv_cwd|chdir.*ENOENT|ENOENT.*(?:chdir|getcwd)/i],
  [
    "network",
    /unable to connect|failed to connect|connection error|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|request timed out/i,
  ],
];

export const classifyClaude: Classify = (text) => {
  const plain = plainWords(text);
  return WORDS.find(([, pattern]) => pattern.test(plain))?.[0] ?? null;
};

/** What the service answered, where claude passes on its number; else its words. */
export function classifyAnswer(status: number | null, text: string): AgentFailure {
  if (status === 401) return "auth";
  // Who has to sign in anew is told so, whatever the number.
  if (status === 403) return classifyClaude(text) === "auth" ? "auth" : "permission";
  if (status === 429) return "limit";
  if (status !== null && status >= 500) return "overloaded";
  return classifyClaude(text) ?? "unknown";
}
