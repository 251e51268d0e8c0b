// The fault matrix of conversations: what is broken while one is open in a browser. What must be true afterwards is the same for all
// (row-scene.ts): the words that were shown are there, each message has one effect or is marked, no turn runs, and a reload shows the same.

import { randomUUID } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { killHard } from "../../harness/processes.ts";
import { until } from "../../harness/until.ts";
import { transcripts, untilTranscript } from "../transcripts.ts";
import type { MatrixRow, RowScene } from "./row-scene.ts";

/** Long enough to be broken, in either length. */
const answer = "#slow 50 10";
const seen = "chunk0005";
/** As browsers' tools imitate it: 400 kbit/s each way, 400 ms between request and answer. */
const slow3G = { bytesPerSecond: 50_000, latencyMs: 200 };
const fast = {};

async function midAnswer(scene: RowScene, text = answer): Promise<void> {
  await scene.send(text);
  await scene.untilShown(seen);
}

async function killServer({ room }: RowScene): Promise<void> {
  await room.web.home.killServerAndRestart();
}

/** The server dies at this point of what is done, which the page does again by itself. */
function dyingAt(point: string): MatrixRow["act"] {
  return async (scene) => {
    const { home } = scene.room.web;
    await scene.chat.untilIdle();
    await home.server.kill();
    await home.start({ env: { PERDURE_CRASH: `${point}:1` } });
    await scene.send(answer);
    await home.server.exit();
    await home.start();
  };
}

const page: readonly MatrixRow[] = [
  {
    name: "the page is reloaded in mid-answer, three times",
    act: async (scene) => {
      await midAnswer(scene);
      for (let times = 0; times < 3; times += 1) await scene.reload();
    },
  },
  {
    name: "the view is left for 10 s in mid-answer",
    act: async (scene) => {
      await midAnswer(scene, `#slow ${scene.lasting({ long: 400, short: 60 })} 20`);
      await scene.leaveFor(scene.lasting({ long: 10_000, short: 500 }));
    },
  },
  {
    name: "five rapid view switches in mid-answer",
    act: async (scene) => {
      await midAnswer(scene);
      for (let times = 0; times < 5; times += 1) await scene.leaveFor(0);
    },
  },
  {
    name: "the same message from two clients, and again",
    act: async (scene) => {
      const id = randomUUID();
      const text = `${answer} twice`;
      await Promise.all([scene.sendFromElsewhere(text, id), scene.sendFromElsewhere(text, id)]);
      await scene.untilShown(seen);
      await scene.sendFromElsewhere(text, id);
    },
  },
];

const line: readonly MatrixRow[] = [
  {
    name: "30 s without network",
    act: async (scene) => {
      await midAnswer(scene);
      scene.room.line.swallow();
      await scene.send("said without network");
      await delay(scene.lasting({ long: 30_000, short: 800 }));
      scene.room.line.flow();
    },
  },
  {
    name: "slow 3G",
    act: async (scene) => {
      const { line: between } = scene.room;
      for (const way of ["up", "down"] as const) between.shape(way, slow3G);
      await scene.send(answer);
      await scene.untilShown(seen);
      await scene.send("said on a slow line");
      await scene.untilShown("echo: said on a slow line");
      await scene.leaveFor(0);
      if (scene.length === "long") await scene.reload();
      for (const way of ["up", "down"] as const) between.shape(way, fast);
    },
  },
  {
    name: "the acknowledgement is lost",
    act: async (scene) => {
      await scene.chat.untilIdle();
      scene.room.line.cutAfter("down", 1);
      await scene.send(answer);
      await scene.inputOf(answer);
    },
  },
];

const server: readonly MatrixRow[] = [
  {
    name: "server killed in mid-answer",
    act: async (scene) => {
      await midAnswer(scene);
      await killServer(scene);
    },
  },
  {
    name: "server killed with an approval open",
    options: () => ({ agent: "demo" }),
    act: async (scene) => {
      await scene.send("/approve rm -r one");
      await scene.chat.untilAsked();
      await killServer(scene);
      await scene.allow();
    },
  },
  { name: "server killed between accept and dispatch", act: dyingAt("server-after-message-accepted") },
  { name: "server killed between dispatch and delivery", act: dyingAt("server-after-message-dispatched") },
  {
    name: "server frozen for 15 s",
    act: async (scene) => {
      const { home } = scene.room.web;
      await midAnswer(scene, `#slow ${scene.lasting({ long: 400, short: 50 })} 10`);
      home.server.freeze();
      await scene.send("said to a frozen server");
      await delay(scene.lasting({ long: 15_000, short: 800 }));
      home.server.thaw();
    },
  },
  {
    name: "host killed in mid-answer",
    act: async (scene) => {
      await midAnswer(scene);
      await killHard(await scene.room.web.home.hostPid());
    },
  },
  {
    name: "everything killed at once in mid-answer",
    act: async (scene) => {
      await midAnswer(scene, "#slow 300 10");
      await untilTranscript(scene.room.web.home, (await scene.chat.conversation()).resumeId ?? "");
      await scene.room.web.home.killEverything();
      await scene.room.web.home.start();
    },
  },
];

const agent: readonly MatrixRow[] = [
  {
    name: "agent killed in its first 100 ms",
    act: async (scene) => {
      await scene.send(answer);
      await killHard(await scene.chat.agentPid());
    },
  },
  ...(["claude", "codex"] as const).map((name): MatrixRow => ({
    name: `${name} killed in mid-answer`,
    options: () => ({ agent: name }),
    act: async (scene) => {
      await midAnswer(scene, "#slow 300 10");
      await scene.chat.killAgent();
    },
  })),
  {
    name: "agent killed with a tool at work",
    act: async (scene) => {
      const marker = scene.room.web.home.path(`at-work-${scene.chat.id}`);
      await scene.send(`#tool Bash {"command":"touch ${marker}; sleep 60"}`);
      await scene.chat.until("a tool or a question", ({ openApprovals }) => openApprovals.length > 0 || existsSync(marker));
      if (!existsSync(marker)) await scene.allow();
      await until("a tool at work", () => existsSync(marker));
      await untilTranscript(scene.room.web.home, marker);
      await scene.chat.killAgent();
    },
  },
  {
    name: "agent killed with an approval open",
    options: () => ({ agent: "demo" }),
    act: async (scene) => {
      await scene.send("/approve rm -r one");
      await scene.chat.untilAsked();
      await scene.chat.killAgent();
    },
  },
  {
    name: "transcript deleted while idle",
    act: async (scene) => {
      await scene.send(answer);
      await scene.untilShown("chunk0049");
      await scene.chat.untilIdle();
      await untilTranscript(scene.room.web.home, answer);
      await scene.chat.killAgent();
      for (const file of transcripts(scene.room.web.home)) rmSync(file);
    },
  },
  {
    name: "transcript deleted in mid-answer",
    act: async (scene) => {
      await midAnswer(scene, "#slow 300 10");
      for (const file of transcripts(scene.room.web.home)) rmSync(file);
      await scene.chat.killAgent();
      for (const file of transcripts(scene.room.web.home)) rmSync(file);
    },
  },
  {
    name: "the id of the conversation is garbage",
    options: () => ({ agent: "claude", resumeId: "garbage" }),
    act: async (scene) => scene.send(answer),
  },
];

const odd: readonly MatrixRow[] = [
  {
    name: "agent hangs at its start",
    options: (home) => ({ agent: "claude", variables: { FAKE_AGENT_START: "hang", FAKE_AGENT_STARTED: home.path("started-hang") } }),
    act: async (scene) => {
      await scene.send(answer);
      await until("an agent that hangs", () => existsSync(scene.room.web.home.path("started-hang")));
      await scene.chat.killAgent();
    },
  },
  { name: "agent prints garbage and a line of 5 MB", act: async (scene) => midAnswer(scene, "#slow 40 5 #garbage #huge 5000000") },
  {
    name: "agent ends in the middle of a line",
    act: async (scene) => {
      await scene.send("#slow 8 5 #exit 7");
      await scene.chat.until("the end", ({ runs }) => runs.at(-1)?.state === "ended");
    },
  },
  { name: "agent answers after its turn's end", act: async (scene) => scene.send("#slow 8 5 #late") },
  ...[401, 429, 500, 529].map((status): MatrixRow => ({
    name: `the model answers ${status}`,
    act: async (scene) => scene.send(`#error ${status}`),
  })),
];

export const matrixRows: readonly MatrixRow[] = [...page, ...line, ...server, ...agent, ...odd];
