/**
 * What may be said of an error: never empty, never longer than {@link MAX_ERROR_TEXT}, and without what opens anything: agents and the
 * services behind them put keys, tokens and whole headers into their messages, and a transcript is read by more eyes than a log.
 */
import { MAX_ERROR_TEXT } from "@perdure/protocol";

const NOTHING_SAID = "(Response failed — no error detail available.)";
const CUT = "... (truncated)";
const SECRET = "[secret]";
/** Before the patterns see it: what is cut off afterwards need not be looked at. */
const MAX_LOOKED_AT = 4 * MAX_ERROR_TEXT;

/** Each is linear in the length of the text. The first group, where there is one, stays. */
const SECRETS: readonly RegExp[] = [
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g,
  /\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?/g,
  /\b(?:sk|pk|rk)[-_][\w-]{12,}/g,
  /\b(?:gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|npm_\w{20,}|xox[a-z]-[\w-]{10,}|hf_\w{16,})/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bAIza[\w-]{30,}/g,
  /\bya29\.[\w-]{10,}/g,
  /\b((?:bearer|basic)\s+)[\w.~+/=-]{8,}/gi,
  /\b((?:[\w-]{0,40}[_-])?(?:api[_-]?key|access[_-]?key|secret|token|password|passwd|authorization|cookie)["']?\s{0,3}[:=]\s{0,3}["']?)(?!\[secret\]|bearer\b|basic\b)[^\s"',;&]{6,}/gi,
  /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{0,100}:)[^\s/@]{1,200}(?=@)/gi,
];

/** The text as it may be stored and shown. */
export function errorText(text: string, maxCharacters: number = MAX_ERROR_TEXT): string {
  const said = withoutSecrets(text.slice(0, MAX_LOOKED_AT)).trim();
  if (said === "") return NOTHING_SAID;
  return said.length <= maxCharacters ? said : whole(said.slice(0, maxCharacters - CUT.length)) + CUT;
}

export function withoutSecrets(text: string): string {
  return SECRETS.reduce(
    (rest, secret) => rest.replace(secret, (_, kept: unknown) => (typeof kept === "string" ? kept : "") + SECRET),
    text,
  );
}

/** Without half of a character at its end. */
function whole(text: string): string {
  return text.replace(/[\uD800-\uDBFF]$/, "");
}
