/**
 * How much of a conversation is taken over from an agent's own record: its newest turns, each whole. A single turn beyond the bounds is
 * taken from its end.
 */
import type { AgentHistory, ImportedMessage } from "./agent.ts";

export const MAX_HISTORY_MESSAGES = 5_000;
export const MAX_HISTORY_CHARACTERS: number = 4 * 1024 * 1024;

interface Bounds {
  readonly messages: number;
  readonly characters: number;
}

const BOUNDS: Bounds = { messages: MAX_HISTORY_MESSAGES, characters: MAX_HISTORY_CHARACTERS };

/** `isCut`: what was before these messages was not read. */
export function newestTurns(
  messages: readonly ImportedMessage[],
  { isCut, damagedLines }: { readonly isCut: boolean; readonly damagedLines: number },
  bounds: Bounds = BOUNDS,
): AgentHistory {
  const all = turnsOf(messages);
  const whole = isCut && all.length > 1 && all[0]?.[0]?.role === "assistant" ? all.slice(1) : all;
  const kept: (readonly ImportedMessage[])[] = [];
  let room = bounds;
  for (const turn of whole.toReversed()) {
    const size = sizeOf(turn);
    if (size.messages > room.messages || size.characters > room.characters) break;
    room = { messages: room.messages - size.messages, characters: room.characters - size.characters };
    kept.push(turn);
  }
  const last = whole.at(-1);
  if (kept.length === 0 && last) return { messages: endOf(last, bounds), leavesOutOlder: true, damagedLines };
  return { messages: kept.toReversed().flat(), leavesOutOlder: isCut || kept.length < all.length, damagedLines };
}

/** What the user said, and everything until they spoke again. */
export function turnsOf(history: readonly ImportedMessage[]): readonly (readonly ImportedMessage[])[] {
  const turns: ImportedMessage[][] = [];
  for (const message of history) {
    const last = turns.at(-1);
    if (last && message.role === "assistant") last.push(message);
    else turns.push([message]);
  }
  return turns;
}

/** What the user said, and of the answer the newest messages that fit. */
function endOf(turn: readonly ImportedMessage[], bounds: Bounds): readonly ImportedMessage[] {
  const asked = turn.slice(0, turn[0]?.role === "user" ? 1 : 0);
  const told: ImportedMessage[] = [];
  let room = bounds.characters - sizeOf(asked).characters;
  for (const message of turn.slice(asked.length).toReversed()) {
    room -= charactersOf(message);
    if (room < 0 || asked.length + told.length === bounds.messages) break;
    told.push(message);
  }
  return sizeOf(asked).characters > bounds.characters ? [] : [...asked, ...told.toReversed()];
}

function sizeOf(turn: readonly ImportedMessage[]): Bounds {
  return { messages: turn.length, characters: turn.reduce((sum, message) => sum + charactersOf(message), 0) };
}

function charactersOf({ text, tools }: ImportedMessage): number {
  return tools.reduce((sum, { title, output }) => sum + title.length + (output?.length ?? 0), text.length);
}
