// Installs the real agents that the tests talk to, each in an exact version, into a cache outside of the tree, where it is found again.
// npm runs under this Node, because it picks another version of an agent under an older one, and runs no script of any package: the
// programs are the native ones of this platform. A line that breaks is tried again a few times; then a sentence says what npm said.
//
//   node test/agents/install.ts    installs all and prints where they are

import { execFile } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

export interface AgentPackage {
  readonly agent: string;
  readonly npm: string;
  readonly version: string;
  /** Where its program is below `node_modules`: the first pattern that finds a file. The native one, not a wrapper, so that signals reach it. */
  readonly programs: readonly string[];
}

export type Installed =
  | { readonly ok: true; readonly package: AgentPackage; readonly program: string }
  | { readonly ok: false; readonly package: AgentPackage; readonly reason: string };

const platform = `${process.platform}-${process.arch}`;

/** Packages are named by their platform; npm leaves out those of the other C library where it knows the difference. */
function nativePrograms(before: string, behind: string): readonly string[] {
  return ["", "-musl"].map((libc) => `${before}${platform}${libc}${behind}`);
}

export const agentPackages: readonly AgentPackage[] = [
  {
    agent: "claude",
    npm: "@anthropic-ai/claude-code",
    version: "2.1.329",
    programs: nativePrograms("@anthropic-ai/claude-code-", "/claude"),
  },
  { agent: "codex", npm: "@openai/codex", version: "0.169.0", programs: [`@openai/codex-${platform}/vendor/*/bin/codex`] },
  { agent: "gemini", npm: "@google/gemini-cli", version: "0.61.0", programs: ["@google/gemini-cli/bundle/gemini.js"] },
  { agent: "opencode", npm: "opencode-ai", version: "1.18.33", programs: nativePrograms("opencode-", "/bin/opencode") },
];

/** Longest time for one try of one package, hundreds of megabytes each. */
const installTimeoutMs = 300_000;
/** Waits before the tries behind the first. */
const maxReasonCharacters = 1_000;
const retryAfterMs = [5_000, 30_000];
const npmOptions = "--ignore-scripts --no-audit --no-fund --no-package-lock --no-update-notifier --loglevel=error".split(" ");

/** `$XDG_CACHE_HOME/perdure-agents`. */
export function cacheDirectory(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const base = env["XDG_CACHE_HOME"];
  return path.join(base !== undefined && path.isAbsolute(base) ? base : path.join(homedir(), ".cache"), "perdure-agents");
}

/** The program of this package, installed if it is not there yet. */
export async function install(wanted: AgentPackage, cache: string = cacheDirectory()): Promise<Installed> {
  const directory = path.join(cache, `${wanted.npm.replace("@", "").replaceAll("/", "-")}-${wanted.version}`);
  const present = programIn(directory, wanted);
  if (present !== null) return { ok: true, package: wanted, program: present };
  const failure = await tryInstall(wanted, directory);
  if (failure !== null) {
    const tries = `${retryAfterMs.length + 1} tries`;
    return { ok: false, package: wanted, reason: `npm could not install ${wanted.npm}@${wanted.version} in ${tries}: ${failure}` };
  }
  const program = programIn(directory, wanted);
  if (program !== null) return { ok: true, package: wanted, program };
  return { ok: false, package: wanted, reason: `${wanted.npm}@${wanted.version} has no program for ${platform} in ${directory}` };
}

/** What the last try failed with; `null`: it is there. */
async function tryInstall(wanted: AgentPackage, directory: string): Promise<string | null> {
  let failure: string | null = null;
  for (const waitMs of [0, ...retryAfterMs]) {
    await delay(waitMs);
    try {
      await npmInstall(wanted, directory);
      return null;
    } catch (error) {
      failure = reasonOf(error);
    }
  }
  return failure;
}

/** Installs beside the place and moves it there when it is whole, so that a half one is never found. */
async function npmInstall({ npm, version }: AgentPackage, directory: string): Promise<void> {
  const partial = `${directory}.${process.pid}.partial`;
  mkdirSync(partial, { recursive: true });
  try {
    writeFileSync(path.join(partial, "package.json"), '{ "private": true }\n');
    const args = [npmProgram(), "install", ...npmOptions, `${npm}@${version}`];
    const env = { ...process.env, PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env["PATH"] ?? ""}` };
    await promisify(execFile)(process.execPath, args, { cwd: partial, env, timeout: installTimeoutMs, maxBuffer: 16 * 1024 * 1024 });
    rmSync(directory, { recursive: true, force: true });
    renameSync(partial, directory);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function programIn(directory: string, wanted: AgentPackage): string | null {
  const modules = path.join(directory, "node_modules");
  const manifest = path.join(modules, wanted.npm, "package.json");
  if (!existsSync(manifest)) return null;
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version?: string };
  if (version !== wanted.version) return null;
  const found = wanted.programs.flatMap((pattern) => globSync(pattern, { cwd: modules }))[0];
  return found === undefined ? null : path.join(modules, found);
}

/** The script of npm: the one that runs us, else the one in PATH. */
function npmProgram(): string {
  const running = process.env["npm_execpath"];
  if (running?.endsWith("npm-cli.js") && existsSync(running)) return running;
  for (const directory of (process.env["PATH"] ?? "").split(path.delimiter)) {
    const npm = path.join(directory, "npm");
    if (!existsSync(npm)) continue;
    const script = realpathSync(npm);
    if (script.endsWith(".js")) return script;
  }
  throw new Error("there is no npm in PATH");
}

function reasonOf(error: unknown): string {
  const { killed, stderr, message } = error as { readonly killed?: boolean; readonly stderr?: string; readonly message?: string };
  if (killed) return `it took longer than ${installTimeoutMs / 1000} s`;
  const lines = (stderr ?? "").trim() || (message ?? String(error));
  return lines.slice(0, maxReasonCharacters);
}

if (import.meta.main) {
  for (const wanted of agentPackages) {
    const installed = await install(wanted);
    console.log(installed.ok ? `${wanted.agent} ${wanted.version}  ${installed.program}` : `${wanted.agent}: ${installed.reason}`);
    if (!installed.ok) process.exitCode = 1;
  }
}
