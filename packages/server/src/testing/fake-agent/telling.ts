/** Tells a planned answer at its pace through a voice of the dialect, with the misbehaviour that the user's text asks for. */
import { setTimeout as delay } from "node:timers/promises";
import { readDirectives } from "./answers/directives.ts";
import type { Plan } from "./answers/plan.ts";
import { printLine, printRaw } from "./output.ts";

export interface Voice {
  think(text: string): void;
  say(text: string): void;
}

export type Told = "whole" | "cut" | "stopped";

/** `text`: what the user said. Without a pause each chunk is still told in a turn of its own, so that signals and input come between. */
export async function tell(plan: Plan, text: string, voice: Voice, signal: AbortSignal): Promise<Told> {
  if (plan.is === "hang") {
    await untilAborted(signal);
    return "stopped";
  }
  for (const thought of plan.thoughts) voice.think(thought);
  for (const [at, chunk] of plan.chunks.entries()) {
    if (at === 1) misbehave(text);
    if (at > 0) await delay(plan.pauseMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return "stopped";
    voice.say(chunk);
  }
  return plan.isCut ? "cut" : "whole";
}

function misbehave(text: string): void {
  const told = readDirectives(text);
  if (told.garbage) printRaw("this is not a message of anything\n");
  if (told.hugeBytes !== undefined) printLine({ type: "unheard_of", method: "unheard/of", text: "x".repeat(told.hugeBytes) });
  if (told.exitCode === undefined) return;
  printRaw('{"type":"stream_event","event":{"type":"content_bl');
  process.exit(told.exitCode);
}

export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const aborted = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => aborted.resolve(), { once: true });
  await aborted.promise;
}
