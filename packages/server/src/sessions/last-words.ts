/** What a terminal program printed last tells why it ended, in words that its agent knows. */
import type { AgentFailure } from "@perdure/protocol";
import type { Agent } from "../agents/agent.ts";

const MAX_CHARACTERS = 500;
// oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
const ESCAPE = /\x1b(?:\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_=>])/g;

/** `null`: nothing that is known. */
export function lastWords(
  agent: Pick<Agent, "classify">,
  output: Uint8Array,
): { readonly reason: AgentFailure; readonly text: string } | null {
  const text = Buffer.from(output).toString().replaceAll(ESCAPE, "");
  const reason = agent.classify(text);
  if (reason === null) return null;
  const line = text.split(/[\r\n]+/).findLast((one) => agent.classify(one) === reason);
  return { reason, text: (line ?? text).trim().slice(0, MAX_CHARACTERS) || reason };
}
