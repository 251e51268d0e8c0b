// The terminal interfaces of real agents, installed from npm into a cache outside the repository and recorded without a network: a
// scratch HOME, made-up keys, and an address where nobody answers. What cannot be installed is left out, and that is said.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Random } from "../../test/harness/random.ts";
import { record, type RecordedPiece } from "./recorder.ts";

const nobody = "http://127.0.0.1:9";
const installTimeoutMs = 240_000;

interface Agent {
  readonly name: string;
  readonly packageName: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Files below HOME, so that it begins with its prompt and not with a sign-in. */
  readonly files: (cwd: string) => Readonly<Record<string, string>>;
}

const agents: readonly Agent[] = [
  {
    name: "claude",
    packageName: "@anthropic-ai/claude-code",
    command: "claude",
    args: [],
    variables: {
      ANTHROPIC_BASE_URL: nobody,
      ANTHROPIC_API_KEY: "sk-ant-made-up-0000",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_TELEMETRY: "1",
      DISABLE_AUTOUPDATER: "1",
      IS_SANDBOX: "1",
    },
    files: (cwd) => ({
      ".claude.json": JSON.stringify({
        hasCompletedOnboarding: true,
        theme: "dark",
        customApiKeyResponses: { approved: ["sk-ant-made-up-0000".slice(-20)], rejected: [] },
        projects: { [cwd]: { hasTrustDialogAccepted: true, allowedTools: [] } },
      }),
    }),
  },
  {
    name: "codex",
    packageName: "@openai/codex",
    command: "codex",
    args: [],
    variables: { MADE_UP_KEY: "sk-made-up", RUST_LOG: "error" },
    files: (cwd) => ({
      ".codex/config.toml": [
        'model = "made-up"\nmodel_provider = "nobody"\ncheck_for_update_on_startup = false',
        `[model_providers.nobody]\nname = "nobody"\nbase_url = "${nobody}/v1"\nwire_api = "responses"\nenv_key = "MADE_UP_KEY"`,
        `[analytics]\nenabled = false\n[projects."${cwd}"]\ntrust_level = "trusted"\n`,
      ].join("\n"),
    }),
  },
  {
    name: "gemini",
    packageName: "@google/gemini-cli",
    command: "gemini",
    args: [],
    variables: { GEMINI_API_KEY: "made-up", GOOGLE_GEMINI_BASE_URL: nobody },
    files: () => ({
      ".gemini/settings.json": JSON.stringify({
        security: { auth: { selectedType: "gemini-api-key" }, folderTrust: { enabled: false } },
        general: { enableAutoUpdate: false },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
      }),
    }),
  },
];

export interface AgentRecording {
  readonly name: string;
  readonly pieces: readonly RecordedPiece[];
}

export interface AgentOptions {
  readonly scratch: string;
  readonly seed: number;
  readonly maxBytes: number;
  readonly say: (line: string) => void;
}

/** The recordings of all agents that could be installed. */
export async function recordAgents(options: AgentOptions): Promise<readonly AgentRecording[]> {
  const made = await Promise.all(
    agents.map(async (agent): Promise<AgentRecording | null> => {
      const binary = await install(agent, options.say);
      return binary === null ? null : { name: agent.name, pieces: await recordAgent(agent, binary, options) };
    }),
  );
  return made.filter((each) => each !== null);
}

/** Where it lies; `null` if the registry cannot be reached. */
async function install({ name, packageName, command }: Agent, say: (line: string) => void): Promise<string | null> {
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const folder = join(cache, "perdure-bench", name);
  const binary = join(folder, "node_modules/.bin", command);
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  try {
    const args = ["install", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error", packageName];
    await promisify(execFile)("npm", args, { timeout: installTimeoutMs, cwd: folder });
    return binary;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    say(`left out: ${name}, because ${packageName} could not be installed (${String(error).split("\n")[0] ?? ""})`);
    return null;
  }
}

async function recordAgent(agent: Agent, binary: string, { scratch, seed, maxBytes }: AgentOptions): Promise<readonly RecordedPiece[]> {
  const [home, cwd] = [join(scratch, `${agent.name}-home`), join(scratch, `${agent.name}-work`)];
  mkdirSync(cwd, { recursive: true });
  for (const [name, content] of Object.entries(agent.files(cwd))) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), content);
  }
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? "/usr/bin:/bin"}`,
    HOME: home,
    TERM: "xterm-256color",
    COLORTERM: "truecolor",
    LANG: "C.UTF-8",
    ...agent.variables,
  };
  const command = [binary, ...agent.args];
  return record({ command, cwd, env, keys: typist(), everyMs: 20, settleMs: 2500, seed, maxBytes, maxMs: 75_000 });
}

const words = "explain the tests in this folder then write a plan refactor run lint why does it fail fix commit show diff".split(" ");

/** Words, letter by letter as a person types them, corrections, a message now and then, the menu and back. */
function typist(): (random: Random) => string {
  let rest = "";
  return (random) => {
    if (rest !== "") {
      const [letter = "", ...later] = rest;
      rest = later.join("");
      return letter;
    }
    const chance = random.next();
    if (chance < 0.06) return "\r";
    if (chance < 0.12) return "\u007f";
    if (chance < 0.16) return "/";
    if (chance < 0.2) return "\u001b[B";
    if (chance < 0.22) return "\u001b";
    rest = words[random.between(0, words.length - 1)] ?? "";
    return " ";
  };
}
