// A scratch place for an agent: a HOME with its onboarding answered and a made-up key, a directory to work in, and a PATH on which the
// agent is found under its own name. Its model is the fake one.

import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { AgentPlace, Variables } from "../../packages/server/src/agents/agent.ts";

export interface ScratchHome extends AgentPlace {
  readonly home: string;
  /** Programs put here are found before the system's. */
  readonly bin: string;
  readonly env: Variables;
  /** Another working directory of the same user. */
  otherDirectory(name: string): string;
  remove(): void;
}

const SYSTEM_PATH = ["/usr/local/bin", "/usr/bin", "/bin"];
const KEY = "sk-ant-made-up-0000000000000000";

/** `model`: the fake model's address. `programs`: by the name under which each is found. */
export function makeScratchHome(model: string, programs: Readonly<Record<string, string>>): ScratchHome {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), "perdure-agents-")));
  const place = (name: string): string => {
    const directory = path.join(root, name);
    mkdirSync(directory, { recursive: true });
    return directory;
  };
  const home = place("home");
  const cwd = place("work");
  const bin = place("bin");
  for (const [name, program] of Object.entries({ node: process.execPath, ...programs })) symlinkSync(program, path.join(bin, name));
  writeClaude(home, [cwd, path.join(root, "other")]);
  writeCodex(home, model, [cwd, path.join(root, "other")]);
  writeGemini(home);
  writeOpencode(home, model);
  return {
    home,
    cwd,
    bin,
    env: { ...commonVariables(home, bin), ...modelVariables(model) },
    otherDirectory: place,
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  };
}

/** Deletes what an agent has on disk of a conversation, with all others where it keeps them in one file. */
export function forgetConversation({ home }: Pick<ScratchHome, "home">, resumeId: string): void {
  const isOfIt = new RegExp(`${resumeId}|${resumeId.slice(0, 8)}[^/]*\\.jsonl$|\\.(?:sqlite|db)(?:-wal|-shm)?$`);
  const files = readdirSync(home, { recursive: true, encoding: "utf8" }).filter((file) => isOfIt.test(file));
  for (const file of files) rmSync(path.join(home, file), { recursive: true, force: true });
}

function commonVariables(home: string, bin: string): Variables {
  const PATH = [bin, ...SYSTEM_PATH].join(path.delimiter);
  // Where it would be anyhow, for who asks the variable and not HOME.
  const XDG_STATE_HOME = path.join(home, ".local", "state");
  return { HOME: home, XDG_STATE_HOME, PATH, TERM: "xterm-256color", LANG: "C.UTF-8", TMPDIR: tmpdir() };
}

/** What makes each agent ask the fake model and nobody else. */
function modelVariables(model: string): Variables {
  return {
    ANTHROPIC_BASE_URL: model,
    ANTHROPIC_API_KEY: KEY,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_TELEMETRY: "1",
    DISABLE_AUTOUPDATER: "1",
    IS_SANDBOX: "1",
    MADE_UP_KEY: "sk-made-up",
    OPENAI_API_KEY: "sk-made-up",
    CODEX_API_KEY: "sk-made-up",
    RUST_LOG: "error",
    GEMINI_API_KEY: "made-up",
    GOOGLE_GEMINI_BASE_URL: model,
    OPENCODE_DISABLE_AUTOUPDATE: "1",
    OPENCODE_DISABLE_MODELS_FETCH: "1",
    OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
  };
}

function write(file: string, content: unknown): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content, null, 2));
}

function writeClaude(home: string, directories: readonly string[]): void {
  const trusted = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true };
  write(path.join(home, ".claude.json"), {
    hasCompletedOnboarding: true,
    lastOnboardingVersion: "2.1.329",
    theme: "dark",
    customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
    projects: Object.fromEntries(directories.map((directory) => [directory, trusted])),
  });
}

function writeCodex(home: string, model: string, directories: readonly string[]): void {
  const trusted = directories.map((directory) => `[projects."${directory}"]\ntrust_level = "trusted"\n`);
  write(
    path.join(home, ".codex/config.toml"),
    `model = "gpt-5.1-codex"
model_provider = "fake"
approval_policy = "on-request"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false
[model_providers.fake]
name = "fake"
base_url = "${model}/v1"
wire_api = "responses"
env_key = "MADE_UP_KEY"
request_max_retries = 2
stream_max_retries = 2
stream_idle_timeout_ms = 30000
[analytics]
enabled = false
${trusted.join("")}`,
  );
}

function writeGemini(home: string): void {
  write(path.join(home, ".gemini/settings.json"), {
    security: { auth: { selectedType: "gemini-api-key" }, folderTrust: { enabled: false } },
    general: { enableAutoUpdate: false, checkpointing: { enabled: false } },
    privacy: { usageStatisticsEnabled: false },
    telemetry: { enabled: false },
  });
}

function writeOpencode(home: string, model: string): void {
  const options = { baseURL: `${model}/v1`, apiKey: "made-up" };
  const fake = { npm: "@ai-sdk/openai-compatible", name: "Fake", options, models: { "fake-model": { name: "Fake" } } };
  write(path.join(home, ".config/opencode/opencode.json"), {
    autoupdate: false,
    share: "disabled",
    model: "fake/fake-model",
    small_model: "fake/fake-model",
    provider: { fake },
    permission: { bash: "ask" },
  });
}
