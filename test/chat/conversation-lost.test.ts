// What an agent keeps of a conversation is taken away from it: the words that were shown stay, and a fresh conversation says that it is one.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { homeForEachTest } from "../harness/set-up.ts";
import { ChatScene, noticeCodes, spoken } from "./chat-scene.ts";
import { transcripts, untilTranscript } from "./transcripts.ts";

let home: PerdureHome;

homeForEachTest(async (made) => {
  home = made;
  await home.start();
});

test.for(["demo", "claude", "codex"] as const)(
  "the transcript of %s is deleted while it waits: the next run begins anew and says so",
  async (agent) => {
    const scene = await ChatScene.start(home, { agent });
    const first = await scene.say("remember me");
    const before = await scene.untilAnswered(first);
    await untilTranscript(home);
    await scene.killAgent();
    for (const file of transcripts(home)) rmSync(file);
    const next = await scene.say("are you there?");
    const now = await scene.untilAnswered(next);
    expect(noticeCodes(now)).toEqual(["restarted"]);
    expect(now.oldResumeId).toBe(before.resumeId);
    expect(spoken(now, first)).toBe(spoken(before, first));
    expect(spoken(now, next)).toContain("are you there?");
    expect(await scene.wrong()).toEqual([]);
  },
);

test.for(["demo", "claude", "codex"] as const)(
  "the transcript of %s is deleted in mid-answer and the agent dies: nothing that was shown is gone",
  async (agent) => {
    const scene = await ChatScene.start(home, { agent });
    const first = await scene.say(agent === "demo" ? "/long 300" : "#slow 300 10");
    await scene.shown.untilSaid(agent === "demo" ? "line 5 " : "chunk0005");
    await untilTranscript(home);
    for (const file of transcripts(home)) rmSync(file);
    await scene.killAgent();
    const said = scene.shown.said;
    for (const file of transcripts(home)) rmSync(file);
    const next = await scene.say("are you there?");
    const now = await scene.untilAnswered(next);
    expect(spoken(now, first).startsWith(said)).toBe(true);
    expect(noticeCodes(now)).toEqual(["restarted"]);
    expect(await scene.wrong()).toEqual([]);
  },
);

test("a transcript of garbage is as good as none, and a made-up id begins anew with one line", async () => {
  const scene = await ChatScene.start(home);
  const first = await scene.say("remember me");
  await scene.untilAnswered(first);
  await scene.killAgent();
  for (const file of transcripts(home)) writeFileSync(file, "\u0000\u0001 not a line of anything\n{");
  const next = await scene.say("are you there?");
  const now = await scene.untilAnswered(next);
  expect(noticeCodes(now)).toEqual(["restarted"]);
  expect(await scene.wrong()).toEqual([]);
});

test.for(["demo", "claude", "codex"] as const)(
  "%s is to go on with an id that is garbage: it begins anew or asks, and does not try for ever",
  async (agent) => {
    const scene = await ChatScene.start(home, { agent, resumeId: "no such conversation" });
    const input = await scene.say("hello");
    const now = await scene.until("an answer or a question", ({ inputs }) => ["answered", "held"].includes(inputs[input]?.state ?? ""));
    expect(now.runs.length).toBeLessThanOrEqual(3);
    expect(await scene.wrong()).toEqual([]);
  },
);

test("the id of a conversation becomes garbage: the agent does not know it, and a fresh one is begun with one line", async () => {
  const variables = { PATH: `${replaceFirstId("garbage")}:${home.path("bin")}:${home.variables["PATH"] ?? ""}` };
  const scene = await ChatScene.start(home, { agent: "claude", variables });
  const first = await scene.say("remember me");
  const before = await scene.untilAnswered(first);
  expect(before.resumeId).toBe("garbage");
  await scene.killAgent();
  const next = await scene.say("are you there?");
  const now = await scene.untilAnswered(next);
  expect(noticeCodes(now)).toEqual(["restarted"]);
  expect(spoken(now, first)).toBe(spoken(before, first));
  expect(await scene.wrong()).toEqual([]);
});

/** A directory with a claude that gives its conversation, when it runs first, an id that it does not know later. */
function replaceFirstId(id: string): string {
  const directory = home.path("odd");
  mkdirSync(directory);
  const real = '"$SCRATCH/bin/claude" "$@"';
  const lines = [
    "#!/bin/sh",
    `if [ "$1" = --version ] || [ -e "$SCRATCH/replaced" ]; then exec ${real}; fi`,
    ': > "$SCRATCH/replaced"',
    `${real} | sed -u 's/"session_id":"[^"]*"/"session_id":"${id}"/'`,
  ];
  writeFileSync(join(directory, "claude"), `${lines.join("\n")}\n`, { mode: 0o755 });
  return directory;
}
