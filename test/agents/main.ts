// Runs the real agents, installed from npm, and the made-up ones through the same scenarios against a made-up model, and prints what
// came of it with their versions. Fails when a scenario fails, when claude or codex cannot be tested, or when a real agent differs from
// the made-up one in kinds or order of what it says.
//
//   npm run test:agents -- [AGENT…] [--scenario WORDS]

import { mkdtempSync, rmSync } from "node:fs";
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
import { difference, sequenceOf } from "./compare.ts";
import { FakeModel } from "./fake-model.ts";
import { agentPackages, install } from "./install.ts";
import { Lab } from "./lab.ts";
import { scenarios, type Scenario } from "./scenarios.ts";
import { makeScratchHome } from "./scratch-home.ts";

/** Nothing is proved without them. */
const REQUIRED: ReadonlySet<string> = new Set(["claude", "codex"]);

interface Outcome {
  readonly ok: boolean;
  readonly text: string;
  readonly sequences: readonly (readonly string[])[];
}

async function play(agent: Agent, program: string, scenario: Scenario): Promise<Outcome> {
  const model = await FakeModel.start();
  const scratch = makeScratchHome(model.url, { [agent.program ?? agent.id]: program });
  // The made-up gemini need not wait for another minute of the clock.
  const home = { ...scratch, env: { ...scratch.env, FAKE_AGENT_MINUTE: "past" } };
  const startedMs = performance.now();
  try {
    const lab = await Lab.open(agent, home);
    try {
      const runs = await scenario.run(lab);
      const sequences = runs.map(({ events }) => sequenceOf(events));
      return { ok: true, text: `${Math.round(performance.now() - startedMs)} ms`, sequences };
    } finally {
      await lab.close();
    }
  } catch (error) {
    return { ok: false, text: error instanceof Error ? error.message : String(error), sequences: [] };
  } finally {
    await model.close();
    home.remove();
  }
}

function wordsOf({ ok, text }: Outcome): string {
  return ok ? text : "FAILED";
}

/** One row of the table; what is wrong is added to the failures. */
async function compare(agent: Agent, real: string, fake: string, scenario: Scenario, failures: string[]): Promise<object> {
  const name = `${agent.id}: ${scenario.name}`;
  const outcome = await play(agent, real, scenario);
  const made = await play(agent, fake, scenario);
  if (!outcome.ok) failures.push(`${name}, real: ${outcome.text}`);
  if (!made.ok) failures.push(`${name}, made up: ${made.text}`);
  const differences = outcome.sequences
    .map((sequence, at) => difference(sequence, made.sequences[at] ?? []))
    .filter((each) => each !== null);
  if (outcome.ok && made.ok) for (const each of differences) failures.push(`${name}: ${each}`);
  const same = !outcome.ok || !made.ok ? "-" : differences.length === 0 ? "the same" : "DIFFERENT";
  return { scenario: scenario.name, real: wordsOf(outcome), "made up": wordsOf(made), events: same };
}

const agents: readonly Agent[] = [claudeAgent, codexAgent, gemini, opencode];
const { values, positionals } = parseArgs({ allowPositionals: true, options: { scenario: { type: "string" } } });
const fakes = mkdtempSync(path.join(tmpdir(), "perdure-made-up-"));
const made: Readonly<Record<string, string>> = installFakeAgents(fakes);
const failures: string[] = [];
const rows: Record<string, string>[] = [];
for (const wanted of agentPackages) {
  if (positionals.length > 0 && !positionals.includes(wanted.agent)) continue;
  const agent = agents.find(({ id }) => id === wanted.agent);
  const installed = await install(wanted);
  const reason = agent === undefined ? "perdure does not know it" : installed.ok ? null : installed.reason;
  if (reason !== null || agent === undefined || !installed.ok) {
    rows.push({ agent: wanted.agent, version: wanted.version, scenario: `not tested: ${reason}`, real: "-", "made up": "-", events: "-" });
    if (REQUIRED.has(wanted.agent)) failures.push(`${wanted.agent} was not tested: ${reason}`);
    continue;
  }
  for (const scenario of scenarios.filter(({ name }) => name.includes(values.scenario ?? ""))) {
    console.error(`${wanted.agent}: ${scenario.name}`);
    const row = await compare(agent, installed.program, made[wanted.agent]!, scenario, failures);
    rows.push({ agent: wanted.agent, version: wanted.version, ...row });
  }
}
rmSync(fakes, { recursive: true, force: true });
console.log(formatTable(rows));
for (const failure of failures) console.log(`FAILED: ${failure}`);
console.log(failures.length === 0 ? "passed" : `failed: ${failures.length}`);
process.exit(failures.length === 0 ? 0 : 1);
