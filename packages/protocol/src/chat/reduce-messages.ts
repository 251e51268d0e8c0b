/**
 * What the events of the agent's messages and their parts mean for a conversation. See reduce.ts.
 */
import type { AgentMessage, Part } from "./conversation.ts";
import type { Draft } from "./draft.ts";
import type { ChatEvent } from "./events.ts";

/** Most characters of a tool's output that are kept as it comes. */
export const MAX_TOOL_OUTPUT: number = 256 * 1024;
/** Stands behind what was kept of an output that was longer. */
export const TOOL_OUTPUT_CUT = "\n[cut here: the tool wrote more]";

type MessageType =
  | "message.started"
  | "message.ended"
  | "message.superseded"
  | "part.started"
  | "part.delta"
  | "part.updated"
  | "part.ended";

export const MESSAGE_HANDLERS: { readonly [T in MessageType]: (draft: Draft, event: Extract<ChatEvent, { type: T }>) => void } = {
  "message.started": (draft, { at, message, turn, parent }) => {
    if (Object.hasOwn(draft.now.messages, message)) return;
    const from = parent === undefined ? {} : { parent };
    draft.put("messages", message, { id: message, turn, ...from, parts: [], isOpen: true, isSuperseded: false, startedAt: at });
    draft.push("entries", { is: "message", id: message });
  },
  "message.ended": (draft, { message }) => draft.change("messages", message, (one) => ({ ...one, isOpen: false })),
  "message.superseded": (draft, { message }) =>
    draft.change("messages", message, (one) => ({ ...one, isOpen: false, isSuperseded: true, parts: one.parts.map(closed) })),
  "part.started": (draft, event) => {
    draft.change("messages", event.message, (one) => {
      if (one.parts.some(({ id }) => id === event.part)) return one;
      return { ...one, parts: [...one.parts, newPart(event)] };
    });
  },
  "part.delta": (draft, { message, part, text }) => changePart(draft, message, part, (one) => appended(one, text)),
  "part.updated": (draft, event) => changePart(draft, event.message, event.part, (one) => updated(one, event)),
  "part.ended": (draft, { message, part }) => changePart(draft, message, part, closed),
};

function newPart(event: Extract<ChatEvent, { type: "part.started" }>): Part {
  const id = event.part;
  switch (event.kind) {
    case "text":
    case "reasoning":
      return { id, kind: event.kind, text: "", isOpen: true };
    case "tool": {
      const { tool, toolKind, title, input } = event;
      return { id, kind: "tool", tool, toolKind, title, input, output: "", status: "pending", diffs: [] };
    }
    case "plan":
      return { id, kind: "plan", steps: event.steps };
    case "notice":
    case "error":
      return { id, kind: event.kind, text: event.text };
  }
}

/** The newest part is the one that changes, nearly always. */
function changePart(draft: Draft, message: string, part: string, change: (part: Part) => Part): void {
  draft.change("messages", message, (one): AgentMessage => {
    const index = one.parts.findLastIndex(({ id }) => id === part);
    const before = one.parts[index];
    return before === undefined ? one : { ...one, parts: one.parts.with(index, change(before)) };
  });
}

function appended(part: Part, text: string): Part {
  switch (part.kind) {
    case "text":
    case "reasoning":
      return { ...part, text: part.text + text };
    case "tool":
      return { ...part, output: boundedOutput(part.output, text) };
    case "plan":
    case "notice":
    case "error":
      return part;
  }
}

/** Of a tool's output the beginning is kept, and said that it is not all. */
function boundedOutput(output: string, more: string): string {
  if (output.length + more.length <= MAX_TOOL_OUTPUT) return output + more;
  if (output.length > MAX_TOOL_OUTPUT) return output;
  const room = MAX_TOOL_OUTPUT - output.length;
  return `${output}${more.slice(0, room)}${TOOL_OUTPUT_CUT}`;
}

function updated(part: Part, changes: Extract<ChatEvent, { type: "part.updated" }>): Part {
  const { text, status, title, input, output, diffs, steps } = changes;
  switch (part.kind) {
    case "text":
    case "reasoning":
    case "notice":
    case "error":
      return text === undefined ? part : { ...part, text };
    case "plan":
      return steps === undefined ? part : { ...part, steps };
    case "tool":
      return {
        ...part,
        status: status ?? part.status,
        title: title ?? part.title,
        input: input ?? part.input,
        output: output ?? part.output,
        diffs: diffs ?? part.diffs,
      };
  }
}

function closed(part: Part): Part {
  return (part.kind === "text" || part.kind === "reasoning") && part.isOpen ? { ...part, isOpen: false } : part;
}
