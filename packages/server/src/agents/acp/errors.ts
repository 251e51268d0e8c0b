/**
 * What an agent's errors mean. The codes are not the same from one agent to the next, so its words decide before them.
 */
import type { AgentFailure } from "@perdure/protocol";
import type { RpcError } from "../json-rpc.ts";
import { plainWords } from "../plain-words.ts";
import type { AcpQuirks } from "./quirks.ts";
import { fieldsOf, textOf, words } from "./fields.ts";

/** The protocol's own code for *sign in first*. */
const AUTH_REQUIRED = -32000;

/** Words of models and networks that all agents pass on. */
const COMMON: readonly (readonly [RegExp, AgentFailure])[] = [
  [/active writer|already in use by|is locked/i, "locked"],
  [/unauthori[sz]ed|authenticat|api key|not logged in|sign(ed)? ?(in|out)|\b401\b/i, "auth"],
  [/rate.?limit|quota|resource.?exhausted|usage limit|too many requests|\b429\b/i, "limit"],
  [/overloaded|service unavailable|internal server error|\b(500|502|503|529)\b/i, "overloaded"],
  [/ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|fetch failed|socket hang up|network error/i, "network"],
  [/EACCES|EPERM|permission[ _]denied|forbidden|\b403\b/i, "permission"],
];

export function classifyCommon(text: string): AgentFailure | null {
  const plain = plainWords(text);
  return COMMON.find(([pattern]) => pattern.test(plain))?.[1] ?? null;
}

/** Message and details of an error in one text. */
export function errorText({ message, data }: RpcError): string {
  const { details, message: inner } = fieldsOf(data);
  const more = typeof data === "string" ? data : (textOf(details) ?? textOf(inner));
  const text = more === null || message.includes(more) ? message : `${message}: ${more}`;
  return words(insideJson(text) ?? text, "The agent gave no reason.");
}

/** What a model's error says that is passed on as it came. */
function insideJson(text: string): string | null {
  try {
    const { message, code } = fieldsOf(fieldsOf(JSON.parse(text))["error"]);
    return textOf(message) === null ? null : `${String(message)} (${String(code)})`;
  } catch {
    return null;
  }
}

/** `null`: its words say nothing that is known. */
export function reasonOf(error: RpcError, quirks: AcpQuirks): AgentFailure | null {
  const text = errorText(error);
  return quirks.classify(text) ?? (error.code === AUTH_REQUIRED ? "auth" : classifyCommon(text));
}
