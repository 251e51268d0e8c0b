// What a made-up model answers to a conversation, the same in the fake agent and in the fake model that real agents ask: told by the
// last thing that was said to it, a user's text or a tool's result.

import { readDirectives, type ToolCall } from "./directives.ts";

/** One thing of the conversation that a request carries, whatever its dialect. */
export interface Item {
  readonly by: "user" | "assistant" | "tool";
  readonly text: string;
}

export interface Plan {
  readonly is: "say" | "call" | "error" | "hang";
  readonly thoughts: readonly string[];
  readonly chunks: readonly string[];
  readonly pauseMs: number;
  /** The connection breaks behind the chunks. */
  readonly isCut: boolean;
  readonly calls: readonly ToolCall[];
  readonly status: number;
}

const NOTHING: Plan = { is: "say", thoughts: [], chunks: [], pauseMs: 0, isCut: false, calls: [], status: 200 };

/** Blocks that agents put around the user's own words. */
const WRAPPINGS =
  /<(system-reminder|environment_context|user_instructions|permissions instructions|collaboration_mode|skills_instructions|session_context|hook_context)\b[^>]*>[\s\S]*?<\/\1>/g;

const MAX_TAIL = 60;
const MAX_ECHO = 200;
const BIG_LINE_BYTES = 80;
/** So that what was said before the cut is read before the cut. */
const CUT_PAUSE_MS = 20;

/** What the user typed, without what the agent added. */
export function ownWords(text: string): string {
  return text.replace(WRAPPINGS, "").trim();
}

/** The user's texts in the conversation, oldest first, each without what the agent added and cut to its end. */
export function userTexts(items: readonly Item[]): string[] {
  const texts = items.filter(({ by }) => by === "user").map(({ text }) => ownWords(text));
  return texts.filter((text) => text !== "").map((text) => text.slice(-MAX_TAIL).replaceAll(/\s+/g, " "));
}

/** The user's texts that an echo says the model saw; `null` if it is no echo. */
export function usersSeen(echo: string): readonly string[] | null {
  const list = /\| users (\[.*\])/s.exec(echo)?.[1];
  return list === undefined ? null : (JSON.parse(list) as string[]);
}

/** A plain answer, for questions that an agent asks beside the conversation. */
export function sayOnly(text: string): Plan {
  return { ...NOTHING, chunks: [text] };
}

/** `failures` counts, by text, how often the model has failed on purpose. */
export function planAnswer(items: readonly Item[], failures: Map<string, number>): Plan {
  const last = items.findLast(({ by, text }) => by === "tool" || (by === "user" && ownWords(text) !== ""));
  const seen = ` | users ${JSON.stringify(userTexts(items))}`;
  if (last?.by === "tool") return { ...NOTHING, chunks: ["tool said: ", last.text.slice(0, MAX_ECHO), seen] };

  const text = last ? ownWords(last.text) : "";
  const told = readDirectives(text);
  const thoughts = told.think ? ["I think ", "about it."] : [];
  const failsNow = (times: number): boolean => (failures.get(text) ?? 0) < times;
  if (told.error && failsNow(told.error.times)) return { ...failed(text, failures), is: "error", status: told.error.status };
  if (told.cut && failsNow(told.cut.times)) {
    return { ...failed(text, failures), chunks: numbered(told.cut.chunks), pauseMs: CUT_PAUSE_MS, isCut: true };
  }
  if (told.cut) return { ...NOTHING, chunks: numbered(told.cut.chunks + 2) };
  if (told.tools.length > 0) return { ...NOTHING, is: "call", thoughts, chunks: ["Let me run that."], calls: told.tools };
  if (told.hang) return { ...NOTHING, is: "hang" };
  if (told.slow) return { ...NOTHING, thoughts, chunks: numbered(told.slow.chunks), pauseMs: told.slow.pauseMs };
  if (told.bigBytes !== undefined) return { ...NOTHING, thoughts, chunks: lines(told.bigBytes) };
  return { ...NOTHING, thoughts, chunks: ["echo: ", text.slice(0, MAX_ECHO), seen] };
}

function failed(text: string, failures: Map<string, number>): Plan {
  failures.set(text, (failures.get(text) ?? 0) + 1);
  return NOTHING;
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `chunk${String(at).padStart(4, "0")} `);
}

function lines(bytes: number): string[] {
  const count = Math.ceil(bytes / BIG_LINE_BYTES);
  return Array.from({ length: count }, (_, at) => `line ${String(at).padStart(8, "0")} ${"x".repeat(BIG_LINE_BYTES - 15)}\n`);
}
