// Writes one planned answer as server-sent events, chunk by chunk, at the planned pace, with holds and cuts.

import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { AnswerNames, Dialect } from "./dialect.ts";
import type { Holds } from "./holds.ts";
import type { Plan } from "../../../packages/server/src/testing/fake-agent/answers/plan.ts";

export interface AnswerWay {
  readonly dialect: Dialect;
  readonly names: AnswerNames;
  readonly plan: Plan;
  /** The text that holds look at. */
  readonly text: string;
  readonly holds: Holds;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** Resolves when the answer is written, was cut, or nobody reads it any more. */
export async function streamAnswer(response: ServerResponse, way: AnswerWay): Promise<"whole" | "cut" | "hung" | "left"> {
  const { dialect, names, plan, signal } = way;
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache", "request-id": `req_${names.id}` });
  response.flushHeaders();
  const speaker = dialect.speaker(names, (data, event) => {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    if (!response.destroyed) response.write(`${event === undefined ? "" : `event: ${event}\n`}data: ${text}\n\n`);
  });
  speaker.begin();
  if (plan.is === "hang") return "hung";
  for (const thought of plan.thoughts) speaker.think(thought);
  for (const [at, chunk] of plan.chunks.entries()) {
    await way.holds.pass(way.text, at, signal);
    if (at > 0 && plan.pauseMs > 0) await delay(plan.pauseMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return "left";
    speaker.say(chunk);
    if (response.writableNeedDrain) await once(response, "drain", { signal }).catch(() => undefined);
  }
  await way.holds.pass(way.text, plan.chunks.length, signal);
  if (signal.aborted) return "left";
  if (plan.isCut) {
    await flushed(response);
    response.destroy();
    return "cut";
  }
  if (plan.calls.length > 0) speaker.call(plan.calls);
  speaker.end();
  response.end();
  return "whole";
}

/** Resolves when everything written so far is with the kernel. */
async function flushed(response: ServerResponse): Promise<void> {
  const written = Promise.withResolvers<void>();
  response.write("\n", () => written.resolve());
  await written.promise;
}
