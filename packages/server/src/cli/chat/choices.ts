/**
 * What a person can answer with one number key: the approval that is asked first, the offers for a message that waits for a decision, or what
 * to do about an answer that was cut.
 */
import { Recover, type Conversation } from "@perdure/protocol";
import { approvalLines } from "./approval-words.ts";
import { openApprovals } from "./message-end.ts";
import { plainText } from "../table.ts";

export type Choice =
  | { readonly is: "answer"; readonly approval: string; readonly option: string }
  | { readonly is: "recover"; readonly offer: Recover["offer"]; readonly input: string }
  | { readonly is: "say"; readonly text: string };

export interface Choices {
  /** The question, and each answer behind its number. */
  readonly lines: readonly string[];
  /** The first one is number 1. */
  readonly choices: readonly Choice[];
}

const NOTHING: Choices = { lines: [], choices: [] };
const CONTINUE_TEXT = "Please continue where you stopped.";
/** There are as many keys. */
const MAX_CHOICES = 9;

export function choicesIn(conversation: Conversation): Choices {
  const asked = approval(conversation) ?? undecided(conversation) ?? cutAnswer(conversation) ?? NOTHING;
  return { ...asked, choices: asked.choices.slice(0, MAX_CHOICES) };
}

function approval(conversation: Conversation): Choices | undefined {
  const [first, ...others] = openApprovals(conversation);
  if (first === undefined) return undefined;
  const more = others.length > 0 ? [`  (and ${others.length} more after it)`] : [];
  const choices = first.options.map(({ id }): Choice => ({ is: "answer", approval: first.id, option: id }));
  return { lines: [...approvalLines(first), ...more], choices };
}

function undecided(conversation: Conversation): Choices | undefined {
  const inputs = Object.values(conversation.inputs);
  const input = inputs.find(({ state }) => state === "held" || state === "unknown");
  if (input === undefined) return undefined;
  const notice = input.notice === undefined ? undefined : conversation.notices[input.notice];
  const offered = notice?.offers ?? ["send-again", "discard"];
  const offers = offered.flatMap((offer) => (Recover.safeParse({ offer }).success ? [offer as Recover["offer"]] : []));
  const why = input.state === "unknown" ? "It is not known whether the agent got this message" : "This message waits";
  const question = `${why}: ${plainText(input.text).slice(0, 200)}`;
  return { lines: [question, ...numbered(offers)], choices: offers.map((offer) => ({ is: "recover", offer, input: input.id })) };
}

/** Of an answer that nobody stopped on purpose. */
function cutAnswer(conversation: Conversation): Choices | undefined {
  const turn = conversation.lastTurn === null ? undefined : conversation.turns[conversation.lastTurn];
  if (turn === undefined || conversation.runningTurn !== null || conversation.queue.length > 0) return undefined;
  if (turn.state === "running" || turn.state === "completed" || turn.cause === "stopped") return undefined;
  const text = turn.input === undefined ? undefined : conversation.inputs[turn.input]?.text;
  const again: readonly Choice[] = text === undefined ? [] : [{ is: "say", text }];
  const labels = ["continue", ...(text === undefined ? [] : ["ask again"])];
  return { lines: ["The answer was cut", ...numbered(labels)], choices: [{ is: "say", text: CONTINUE_TEXT }, ...again] };
}

function numbered(labels: readonly string[]): readonly string[] {
  return labels.map((label, index) => `  ${index + 1} ${label}`);
}
