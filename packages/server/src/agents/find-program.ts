/**
 * Finding an agent's program in the requester's PATH, and the version that it tells. A version is asked for once for each file:
 * agents take up to seconds for it.
 */
import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import type { AgentPlace, FoundAgent } from "./agent.ts";

const VERSION_TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 64 * 1024;
/** Files whose version is remembered. */
const MAX_REMEMBERED = 100;

const versions = new Map<string, string | null>();

/** `versionArgs`: what makes it print its version; `null`: it is not asked. Whether one is signed in is not known here. */
export async function findProgram(
  program: string,
  versionArgs: readonly string[] | null,
  place: AgentPlace,
  signal: AbortSignal,
): Promise<FoundAgent> {
  const found = await programPath(program, place);
  if (found === null) return { is: "missing" };
  const version = versionArgs === null ? null : await versionOf(found, versionArgs, place, signal);
  return { is: "found", path: found, version, signIn: "unknown" };
}

/** Absolute, as PATH gives it; a name with a slash is a path already. */
export async function programPath(program: string, { cwd, env }: AgentPlace): Promise<string | null> {
  const directories = (env["PATH"] ?? "").split(path.delimiter).filter((directory) => directory !== "");
  const candidates = program.includes("/") ? [path.resolve(cwd, program)] : directories.map((one) => path.resolve(cwd, one, program));
  for (const candidate of candidates) if (await isProgram(candidate)) return candidate;
  return null;
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await fs.access(file, fs.constants.X_OK);
    return (await fs.stat(file)).isFile();
  } catch {
    return false;
  }
}

async function versionOf(file: string, args: readonly string[], { cwd, env }: AgentPlace, signal: AbortSignal): Promise<string | null> {
  const stat = await fs.stat(file);
  const key = `${file} ${stat.size} ${stat.mtimeMs}`;
  const known = versions.get(key);
  if (known !== undefined) return known;
  const version = await askVersion(file, args, cwd, env, signal);
  if (signal.aborted) return version;
  if (versions.size >= MAX_REMEMBERED) versions.clear();
  versions.set(key, version);
  return version;
}

async function askVersion(
  file: string,
  args: readonly string[],
  cwd: string,
  env: AgentPlace["env"],
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const options = { cwd, env, signal, timeout: VERSION_TIMEOUT_MS, killSignal: "SIGKILL", maxBuffer: MAX_OUTPUT_BYTES } as const;
    const { stdout } = await promisify(execFile)(file, [...args], options);
    return /\d+\.\d+\S*/.exec(stdout)?.[0] ?? null;
  } catch {
    return null;
  }
}
