// What an id's free check costs beside starting the agent to find out, and how long waking a sleeping agent takes beside its own start. With
// the real Claude Code, installed from npm, and a model endpoint of the tests' own.

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { claudeAgent } from "../packages/server/src/agents/claude/agent.ts";
import type { Session } from "../packages/server/src/sessions/session.ts";
import { openScratchSessions } from "../packages/server/src/testing/scratch-sessions.ts";
import { FakeModel } from "../test/agents/fake-model.ts";
import { agentPackages, install } from "../test/agents/install.ts";
import { makeScratchHome, type ScratchHome } from "../test/agents/scratch-home.ts";
import { judge, median, type BenchContext, type Finding } from "./bench.ts";

const patienceMs = 60_000;

export async function checkAndWake(context: BenchContext): Promise<readonly Finding[]> {
  const wanted = agentPackages.find(({ agent }) => agent === "claude");
  const installed = wanted && (await install(wanted));
  if (!installed?.ok) {
    context.say(`an id's check and a wake-up are left out: ${installed?.reason ?? "claude is not known"}`);
    return [];
  }
  const model = await FakeModel.start();
  const home = makeScratchHome(model.url, { claude: installed.program });
  try {
    return await measure(context, home, installed.program);
  } finally {
    home.remove();
    await model.close();
  }
}

/** A login shell in the scratch home has the agent's variables: a later run takes what is secret from there. */
function becomeUser({ home, env }: ScratchHome): void {
  const lines = Object.entries(env).map(([name, value]) => `export ${name}='${value}'\n`);
  writeFileSync(join(home, ".profile"), lines.join(""));
  process.env["HOME"] = home;
  process.env["SHELL"] = "/bin/sh";
}

async function measure(context: BenchContext, home: ScratchHome, program: string): Promise<readonly Finding[]> {
  becomeUser(home);
  const scratch = await openScratchSessions(undefined, { agents: [claudeAgent] });
  try {
    const request = { agent: { agent: "claude" }, cwd: home.cwd };
    const { session } = await scratch.sessions.create(request, randomUUID());
    await say(session, "hello");
    const resumeId = session.chat?.events.conversation.resumeId ?? "";
    const times = { check: [] as number[], ask: [] as number[], wake: [] as number[], start: [] as number[] };
    for (let round = 0; round < context.rounds; round += 1) {
      session.commits.askEnd("parked");
      await scratch.sessions.end(session);
      times.ask.push(await timed(() => startUntil(program, home, ["--resume", randomUUID()], "exit")));
      times.check.push(await timed(() => claudeAgent.validate(resumeId, home)));
      times.start.push(await timed(() => startUntil(program, home, ["--resume", resumeId], "answer")));
      times.wake.push(await wake(session));
    }
    const [check, ask, woken, start] = [median(times.check), median(times.ask), median(times.wake), median(times.start)];
    return [
      judge({ name: "checking an id", value: check, unit: "ms", limit: ask, rule: "ratio at most", accept: 0.02 }),
      judge({ name: "waking a parked claude", value: woken, unit: "ms", limit: start, rule: "ratio at most", accept: 1.2 }),
    ];
  } finally {
    await scratch.close();
  }
}

/** Milliseconds from a message until the agent is there and gets it. */
async function wake(session: Session): Promise<number> {
  const startedMs = performance.now();
  const said = say(session, "are you awake?");
  await until(session, () => session.chat?.events.conversation.runs.at(-1)?.state === "ready");
  const ms = performance.now() - startedMs;
  await said;
  return ms;
}

/** Resolves when the message is answered. */
async function say(session: Session, text: string): Promise<void> {
  const id = randomUUID();
  await session.chat?.accept(id, text);
  await until(session, () => session.chat?.events.conversation.inputs[id]?.state === "answered");
}

async function until(session: Session, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`never came: ${JSON.stringify(session.chat?.events.conversation).slice(0, 2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** The agent's own start as a chat: until it answers the first request, or until it gives up by itself. */
async function startUntil(program: string, home: ScratchHome, flags: readonly string[], what: "answer" | "exit"): Promise<void> {
  const launch = claudeAgent.chat({
    ...home,
    program,
    resumeId: flags[1] ?? null,
    newId: randomUUID(),
    model: null,
    mode: null,
    flags: [],
  });
  const [file = "", ...args] = launch.command;
  const child = spawn(file, args, { cwd: home.cwd, env: { ...home.env }, stdio: ["pipe", "pipe", "ignore"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.stdin.on("error", () => undefined);
  child.stdin.write('{"type":"control_request","request_id":"1","request":{"subtype":"initialize"}}\n');
  const answered = new Promise<void>((resolve) => createInterface(child.stdout).once("line", () => resolve()));
  await (what === "exit" ? ended : answered);
  child.kill("SIGKILL");
  await ended;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
