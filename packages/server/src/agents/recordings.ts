/** The recordings of the real agents, made by this project, for tests: each beside its driver, in `<agent>/fixtures`. */
import { readdirSync, readFileSync } from "node:fs";
import { readRecording, type Recording } from "./acceptance.ts";
import { claudeAgentAcp } from "./acp/claude-agent-acp.ts";
import { gemini } from "./acp/gemini.ts";
import { opencode } from "./acp/opencode.ts";
import { claudeDriver } from "./claude/driver.ts";
import { codexDriver } from "./codex/driver.ts";
import type { Driver, DriverSetup } from "./driver.ts";

export type RecordedAgent = "claude" | "codex" | "acp";

/** One of codex's own files is kept beside them. */
const NO_RECORDINGS: ReadonlySet<string> = new Set(["rollout"]);
const ACP = { gemini, opencode, "claude-agent-acp": claudeAgentAcp };

/** Without their suffix. */
export function recordingNames(agent: RecordedAgent): readonly string[] {
  const names = readdirSync(new URL(`./${agent}/fixtures/`, import.meta.url)).filter((name) => name.endsWith(".jsonl"));
  return names.map((name) => name.slice(0, -".jsonl".length)).filter((name) => !NO_RECORDINGS.has(name));
}

export function recorded(agent: RecordedAgent, name: string): Recording {
  return readRecording(readFileSync(new URL(`./${agent}/fixtures/${name}.jsonl`, import.meta.url), "utf8"));
}

/** The driver of the agent that a recording is of. */
export function driverOf(agent: RecordedAgent, name: string): Driver {
  if (agent === "claude") return claudeDriver;
  if (agent === "codex") return codexDriver;
  const [, made] = Object.entries(ACP).find(([id]) => name.startsWith(id)) ?? [];
  if (!made) throw new Error(`nobody knows whose recording ${name} is`);
  return made.driver;
}

/** All of them, each with its driver. */
export function allRecordings(): readonly (readonly [name: string, driver: Driver, recording: Recording])[] {
  const agents = ["claude", "codex", "acp"] as const;
  return agents.flatMap((agent) =>
    recordingNames(agent).map((name) => [`${agent} ${name}`, driverOf(agent, name), recorded(agent, name)] as const),
  );
}

/** Of a run of which nothing is known before. */
export const FIRST_RUN: DriverSetup = {
  run: "run-1",
  number: 1,
  cwd: "/work",
  conversation: { is: "new", pinned: null },
  model: null,
  mode: null,
  doubtful: [],
  knownMessages: [],
};
