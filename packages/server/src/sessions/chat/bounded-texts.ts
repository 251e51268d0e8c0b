/**
 * No event has a text without a bound: every event passes here before it is committed, whoever wrote it. What the agent says is never
 * cut, only told in several events; what a tool got and gave, and what an approval is about, is cut with a mark that says so. The
 * program's own bytes stay as they are while its run lives.
 */
import type { ChatEvent } from "@perdure/protocol";
import { isDeeperThan, MAX_DEPTH } from "../../agents/depth.ts";

/** Most characters of a text in one event. */
export const MAX_EVENT_TEXT: number = 256 * 1024;
const MAX_TITLE = 4096;

type Delta = Extract<ChatEvent, { type: "part.delta" }>;
type Question = Extract<ChatEvent, { type: "approval.requested" }>;
type Updated = Extract<ChatEvent, { type: "part.updated" }>;

/** The same event, or what stands for it. */
export function bounded(event: ChatEvent): readonly ChatEvent[] {
  switch (event.type) {
    case "part.delta":
      return inPieces(event);
    case "part.updated":
      return boundedUpdate(event);
    case "input.accepted": // nobody sends a longer one here; elsewhere one may have been
      return event.text.length <= MAX_EVENT_TEXT ? [event] : [{ ...event, text: cut(event.text) }];
    case "part.started":
      return event.kind === "tool" ? [{ ...event, title: cut(event.title, MAX_TITLE), ...boundedInput(event.input) }] : [event];
    case "approval.requested":
      return [boundedQuestion(event)];
    case "session.title":
      return event.title.length <= MAX_TITLE ? [event] : [{ ...event, title: cut(event.title, MAX_TITLE) }];
    default:
      return [event];
  }
}

function boundedQuestion(event: Question): Question {
  const { title, detail, options } = event;
  return {
    ...event,
    title: cut(title, MAX_TITLE),
    ...(detail === undefined ? {} : { detail: cut(detail) }),
    options: options.map((option) => (option.label.length <= MAX_TITLE ? option : { ...option, label: cut(option.label, MAX_TITLE) })),
  };
}

function inPieces(event: Delta): readonly ChatEvent[] {
  if (event.text.length <= MAX_EVENT_TEXT) return [event];
  return pieces(event.text).map((text) => ({ ...event, text }));
}

/** A text that is replaced by a long one begins anew and goes on in pieces. */
function boundedUpdate(event: Updated): readonly ChatEvent[] {
  const { text, title, output, input } = event;
  const isShort = [text, title, output].every((one) => (one?.length ?? 0) <= MAX_TITLE) && input === undefined;
  if (isShort) return [event];
  const [first, ...rest] = text === undefined ? [] : pieces(text);
  const { message, part, at } = event;
  const updated: Updated = {
    ...event,
    ...(first === undefined ? {} : { text: first }),
    ...(title === undefined ? {} : { title: cut(title, MAX_TITLE) }),
    ...(output === undefined ? {} : { output: cut(output) }),
    ...boundedInput(input),
  };
  return [updated, ...rest.map((piece): Delta => ({ type: "part.delta", message, part, text: piece, at }))];
}

/** What a tool was called with, as it is, or as the beginning of its JSON. */
function boundedInput(input: unknown): { readonly input?: unknown } {
  if (input === undefined) return {};
  if (typeof input === "string") return { input: cut(input) };
  const json = JSON.stringify(input) ?? "";
  // One that is nested too deep is told as its text: within others it could not be written.
  return { input: json.length <= MAX_EVENT_TEXT && !isDeeperThan(input, MAX_DEPTH) ? input : cut(json) };
}

function pieces(text: string): string[] {
  const all: string[] = [];
  let at = 0;
  do {
    const end = endWithin(text, at + MAX_EVENT_TEXT);
    all.push(text.slice(at, end));
    at = end;
  } while (at < text.length);
  return all;
}

function cut(text: string, most = MAX_EVENT_TEXT): string {
  if (text.length <= most) return text;
  const end = endWithin(text, most);
  return `${text.slice(0, end)}\n[cut here: ${text.length - end} of ${text.length} characters are not kept]`;
}

/** Not between the two halves of one character. */
function endWithin(text: string, end: number): number {
  if (end >= text.length) return text.length;
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}
