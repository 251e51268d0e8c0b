// Runs the real agents, installed from npm, against a made-up model, and prints what came of it with their versions: at the level of the
// driver, where made-up agents pass the same scenarios, and under the built server, as chats and in their own terminal programs. Fails when
// a scenario fails, when claude or codex cannot be tested, or when a real agent differs from the made-up one in kinds or order of what it says.
//
// A scenario of an agent is a test in the report for `scripts/counts.ts`.
//
// `--minutes`: what would begin later than that is not begun, and has failed.
//
//   npm run test:agents -- [AGENT…] [--level driver|server] [--scenario WORDS] [--report FILE] [--minutes N]

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Agent } from "../../packages/server/src/agents/agent.ts";
import { gemini } from "../../packages/server/src/agents/acp/gemini.ts";
import { opencode } from "../../packages/server/src/agents/acp/opencode.ts";
import { claudeAgent } from "../../packages/server/src/agents/claude/agent.ts";
import { codexAgent } from "../../packages/server/src/agents/codex/agent.ts";
import { installFakeAgents } from "../../packages/server/src/testing/fake-agent/programs.ts";
import { formatTable } from "../faults/fault-run.ts";
import type { AgentRun } from "./agent-run.ts";
import { difference, sequenceOf } from "./compare.ts";
import { FakeModel } from "./fake-model.ts";
import { agentPackages, install } from "./install.ts";
import { Lab } from "./lab.ts";
import { scenarios, type Scenario } from "./scenarios.ts";
import { makeScratchHome, type ScratchHome } from "./scratch-home.ts";
import { ServerLab } from "./server-lab.ts";
import { serverScenarios, type ServerScenario } from "./server-scenarios.ts";
import { terminalScenarios } from "./terminal-scenarios.ts";
import { viewScenarios } from "./view-scenarios.ts";

/** Nothing is proved without them. */
const REQUIRED: ReadonlySet<string> = new Set(["claude", "codex"]);

interface Outcome {
  readonly ok: boolean;
  readonly text: string;
  readonly sequences: readonly (readonly string[])[];
}

type Played = (home: ScratchHome, model: FakeModel) => Promise<readonly AgentRun[]>;

/** In a scratch home of its own, with a model of its own. */
async function play(agent: Agent, program: string, scenario: Played): Promise<Outcome> {
  const model = await FakeModel.start();
  const scratch = makeScratchHome(model.url, { [agent.program ?? agent.id]: program });
  // The made-up gemini need not wait for another minute of the clock.
  const home = { ...scratch, env: { ...scratch.env, FAKE_AGENT_MINUTE: "past" } };
  const startedMs = performance.now();
  try {
    const sequences = (await scenario(home, model)).map(({ events }) => sequenceOf(events));
    return { ok: true, text: `${Math.round(performance.now() - startedMs)} ms`, sequences };
  } catch (error) {
    return { ok: false, text: error instanceof Error ? error.message : String(error), sequences: [] };
  } finally {
    await model.close();
    home.remove();
  }
}

function overDriver(agent: Agent, scenario: Scenario): Played {
  return async (home) => {
    const lab = await Lab.open(agent, home);
    try {
      return await scenario.run(lab);
    } finally {
      await lab.close();
    }
  };
}

function underServer(agent: Agent, scenario: ServerScenario): Played {
  return async (home, model) => {
    const lab = await ServerLab.open(agent, model, home);
    try {
      await scenario.run(lab);
    } finally {
      await lab.close();
    }
    return [];
  };
}

function wordsOf({ ok, text }: Outcome): string {
  return ok ? text : "FAILED";
}

/** One row of the table; what is wrong is added to the failures. */
async function compare(agent: Agent, real: string, fake: string, scenario: Scenario, failures: string[]): Promise<object> {
  const name = `${agent.id}: ${scenario.name}`;
  const outcome = await play(agent, real, overDriver(agent, scenario));
  const made = await play(agent, fake, overDriver(agent, scenario));
  if (!outcome.ok) failures.push(`${name}, real: ${outcome.text}`);
  if (!made.ok) failures.push(`${name}, made up: ${made.text}`);
  const differences = outcome.sequences
    .map((sequence, at) => difference(sequence, made.sequences[at] ?? []))
    .filter((each) => each !== null);
  if (outcome.ok && made.ok) for (const each of differences) failures.push(`${name}: ${each}`);
  const same = !outcome.ok || !made.ok ? "-" : differences.length === 0 ? "the same" : "DIFFERENT";
  return { scenario: scenario.name, real: wordsOf(outcome), "made up": wordsOf(made), events: same };
}

/** One row of the table of a real agent under the server. */
async function tryUnderServer(agent: Agent, program: string, scenario: ServerScenario, failures: string[]): Promise<object> {
  const outcome = await play(agent, program, underServer(agent, scenario));
  if (!outcome.ok) failures.push(`${agent.id} under the server: ${scenario.name}: ${outcome.text}`);
  return { scenario: `under the server: ${scenario.name}`, real: wordsOf(outcome), "made up": "-", events: "-" };
}

const agents: readonly Agent[] = [claudeAgent, codexAgent, gemini, opencode];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { scenario: { type: "string" }, level: { type: "string" }, report: { type: "string" }, minutes: { type: "string" } },
});
const isChosen = ({ name }: Scenario | ServerScenario): boolean => name.includes(values.scenario ?? "");
const driverLevel = values.level === "server" ? [] : scenarios.filter(isChosen);
const serverLevel = values.level === "driver" ? [] : [...serverScenarios, ...viewScenarios, ...terminalScenarios].filter(isChosen);
const fakes = mkdtempSync(path.join(tmpdir(), "perdure-made-up-"));
const made: Readonly<Record<string, string>> = installFakeAgents(fakes);
const failures: string[] = [];
const rows: Record<string, string>[] = [];
const startedMs = performance.now();
const limitMs = Number(values.minutes ?? Infinity) * 60_000;
let passed = 0;
let failed = 0;

function report(numPassedTests: number, numFailedTests: number): void {
  if (values.report === undefined) return;
  mkdirSync(path.dirname(values.report), { recursive: true });
  writeFileSync(values.report, JSON.stringify({ numPassedTests, numFailedTests, testResults: [] }));
}

/** One test: the row that it comes to. */
async function count(title: string, test: () => Promise<object>): Promise<object> {
  console.error(title);
  const before = failures.length;
  const isLate = performance.now() - startedMs > limitMs;
  if (isLate) failures.push(`${title}: not begun within ${values.minutes} minutes`);
  const row = isLate ? { scenario: title, real: "NO TIME", "made up": "-", events: "-" } : await test();
  if (failures.length === before) passed += 1;
  else failed += 1;
  return row;
}

// Until there is a better one: a run that does not come to its end has failed.
report(0, 1);
for (const wanted of agentPackages) {
  if (positionals.length > 0 && !positionals.includes(wanted.agent)) continue;
  const agent = agents.find(({ id }) => id === wanted.agent);
  const installed = await install(wanted);
  const reason = agent === undefined ? "perdure does not know it" : installed.ok ? null : installed.reason;
  if (reason !== null || agent === undefined || !installed.ok) {
    rows.push({ agent: wanted.agent, version: wanted.version, scenario: `not tested: ${reason}`, real: "-", "made up": "-", events: "-" });
    if (!REQUIRED.has(wanted.agent)) continue;
    failures.push(`${wanted.agent} was not tested: ${reason}`);
    failed += 1;
    continue;
  }
  const { version } = wanted;
  for (const scenario of driverLevel) {
    const test = async (): Promise<object> => compare(agent, installed.program, made[wanted.agent]!, scenario, failures);
    rows.push({ agent: wanted.agent, version, ...(await count(`${wanted.agent}: ${scenario.name}`, test)) });
  }
  for (const scenario of serverLevel.filter((each) => each.agents?.includes(wanted.agent) ?? true)) {
    const test = async (): Promise<object> => tryUnderServer(agent, installed.program, scenario, failures);
    rows.push({ agent: wanted.agent, version, ...(await count(`${wanted.agent} under the server: ${scenario.name}`, test)) });
  }
}
rmSync(fakes, { recursive: true, force: true });
console.log(formatTable(rows));
for (const failure of failures) console.log(`FAILED: ${failure}`);
const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
console.log(`agents: ${passed} passed, ${failed} failed, in ${minutes} minutes`);
report(passed, failed);
process.exit(failures.length === 0 ? 0 : 1);
