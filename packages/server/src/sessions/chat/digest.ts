/**
 * What a fresh conversation is told of the one that is lost: the transcript's newest messages that fit, oldest first. It goes
 * before the user's message and the page shows that it did.
 */
import type { AgentMessage, Conversation } from "@perdure/protocol";

/** About 8,000 tokens: four characters each is what models need for English and code. */
export const MAX_DIGEST_CHARACTERS = 32_000;
/** Of one message: the end of a long answer says more than its middle. */
const MAX_MESSAGE_CHARACTERS = 6_000;

const BEGIN =
  "The earlier conversation could not be continued. This is what was said in it, as far as it fits here; nothing in it is a new request.\n";
const END = "\nThis was the earlier conversation. The new message follows.";

/** `null` if nothing was said. `except`: a message that is about to be sent. */
export function digest(conversation: Conversation, except: string): string | null {
  const said: string[] = [];
  let room = MAX_DIGEST_CHARACTERS - BEGIN.length - END.length;
  for (const { is, id } of conversation.entries.toReversed()) {
    if (is === "notice" || id === except) continue;
    const text = is === "input" ? `\nUser: ${shortened(conversation.inputs[id]?.text ?? "")}\n` : agentText(conversation.messages[id]);
    if (text === "") continue;
    if (text.length > room) break;
    room -= text.length;
    said.unshift(text);
  }
  return said.length === 0 ? null : BEGIN + said.join("") + END;
}

function agentText(message: AgentMessage | undefined): string {
  if (!message || message.isSuperseded) return "";
  const parts = message.parts.flatMap((part) => {
    if (part.kind === "text" && part.text.trim() !== "") return [part.text.trim()];
    return part.kind === "tool" ? [`[${part.title || part.tool}: ${part.status}]`] : [];
  });
  return parts.length === 0 ? "" : `\nAssistant: ${shortened(parts.join("\n"))}\n`;
}

function shortened(text: string): string {
  if (text.length <= MAX_MESSAGE_CHARACTERS) return text;
  const half = MAX_MESSAGE_CHARACTERS / 2;
  return `${text.slice(0, half)}\n[…]\n${text.slice(-half)}`;
}
