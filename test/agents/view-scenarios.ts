// A view of an answer is left and opened while the agent speaks: nothing that was shown is missing in the next view, and the answer's stream
// never notices.

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { STREAM_LOG_PREFIX, StreamDiagnostics } from "@perdure/protocol";
import { connectClient } from "../harness/library-client.ts";
import { ChatLook } from "./chat-look.ts";
import { assertAtRest } from "./chat-talk.ts";
import type { ServerLab } from "./server-lab.ts";
import type { ServerScenario } from "./server-scenarios.ts";

const AWAY_MS = 10_000;
const SWITCHES = 5;

function slow(chunks: number, ms: number): { readonly text: string; readonly words: readonly string[] } {
  return { text: `#slow ${chunks} ${ms}`, words: Array.from({ length: chunks }, (_, at) => `chunk${String(at).padStart(4, "0")}`) };
}

/** Left for 10 s in mid-answer, and five times in a row. */
async function leftAndSwitched(lab: ServerLab): Promise<void> {
  const talk = await lab.chat();
  await talk.say("said before");
  const client = connectClient(lab.home);
  try {
    const [long, short] = [slow(400, 20), slow(200, 20)];
    const first = await talk.send(long.text);
    let look = new ChatLook(client, talk.id);
    const shown = await look.untilSaid(first, "chunk0005");
    look.close();
    await delay(AWAY_MS);
    look = new ChatLook(client, talk.id);
    const back = await look.untilSaid(first, "chunk0005");
    assert(back.startsWith(shown), "what was shown is there");
    await talk.untilAnswered(first);
    assert.deepEqual((await look.untilSaid(first, long.words.at(-1)!)).trim().split(/\s+/), long.words);

    const second = await talk.send(short.text);
    let seen = "";
    for (let times = 0; times < SWITCHES; times += 1) {
      const now = await look.untilSaid(second, `chunk${String(times * 5).padStart(4, "0")}`);
      assert(now.startsWith(seen), "what was shown is there");
      seen = now;
      look.close();
      look = new ChatLook(client, talk.id);
    }
    await talk.untilAnswered(second);
    const whole = await look.untilSaid(second, short.words.at(-1)!);
    assert(whole.startsWith(seen));
    assert.deepEqual(whole.trim().split(/\s+/), short.words, "every word, once");
    assert.deepEqual((await look.untilSaid(first, long.words.at(-1)!)).trim().split(/\s+/), long.words, "earlier turns are intact");
  } finally {
    client.close();
  }
  const now = await talk.conversation();
  assertAtRest(now);
  assert.deepEqual(Object.values(now.turns).map(({ state }) => state), ["completed", "completed", "completed"]); // prettier-ignore
  assert.equal(now.runs.length, 1);
  await assertStreams(lab, 3);
}

/** What is said of a stream that did not come to its end as it should; that a client left is said, too, and no harm. */
const NOT_WHOLE = ["stream.abandoned", "stream.aborted.signal", "stream.finalized.error", "stream.reconciled.stale"] as const;

/** By the diagnostics and by the log: so many streams, each to its end. */
async function assertStreams(lab: ServerLab, completed: number): Promise<void> {
  const { text } = await lab.home.api.send("GET", "/api/diagnostics/chat-streams?windowMinutes=10");
  const { counts } = StreamDiagnostics.parse(JSON.parse(text));
  assert.deepEqual([counts["stream.completed"], ...NOT_WHOLE.map((code) => counts[code] ?? 0)], [completed, 0, 0, 0, 0], text);
  const told = lab.home.server.lines.filter((line) => line.includes(STREAM_LOG_PREFIX));
  assert.equal(told.filter((line) => line.includes(`${STREAM_LOG_PREFIX} stream.completed`)).length, completed, told.join("\n"));
  assert(!told.some((line) => NOT_WHOLE.some((code) => line.includes(`${STREAM_LOG_PREFIX} ${code}`))), told.join("\n"));
}

export const viewScenarios: readonly ServerScenario[] = [{ name: "view left for 10 s, five rapid switches", run: leftAndSwitched }];
