/** Codex as perdure knows it: the program in PATH, its directory (`CODEX_HOME`), its files. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { Agent, AgentConversation, AgentHistory, AgentLaunch, AgentPlace, ChatRequest, FoundAgent, Validation } from "../agent.ts";
import { findProgram } from "../find-program.ts";
import { unreadableDirectory } from "../unreadable.ts";
import { codexDriver } from "./driver.ts";
import { classifyCodex } from "./failures.ts";
import { readHistory } from "./history.ts";
import { codexHome, findRollout, isImpossibleId, parseJson, readHead, rolloutFiles } from "./rollouts.ts";
import { terminalLaunch, watchCodex } from "./terminal.ts";
import { conversationWriter } from "./writer.ts";

/** Files that are looked at for one list. */
const MAX_LISTED = 2000;
/** Programs whose version is remembered, for how each is launched. */
const MAX_REMEMBERED = 100;

const YEAR_MONTH_DAY = 3;

const versions = new Map<string, string | null>();

export const codexAgent: Agent = {
  id: "codex",
  name: "Codex",
  program: "codex",
  howToGet: "npm install -g @openai/codex",
  driver: codexDriver,
  knowsInputs: false,
  find,
  chat,
  terminal: (request) => terminalLaunch(request, versions.get(request.program) ?? null),
  validate,
  conversations,
  history,
  classify: classifyCodex,
  watchTerminal: watchCodex,
};

async function find(place: AgentPlace, signal: AbortSignal): Promise<FoundAgent> {
  const found = await findProgram("codex", ["--version"], place, signal);
  if (found.is === "missing") return found;
  if (versions.size >= MAX_REMEMBERED) versions.clear();
  // As it is typed in a terminal, too: by its name alone it is the one that was found.
  for (const program of [found.path, "codex"]) versions.set(program, found.version);
  return { ...found, signIn: await signIn(place) };
}

/** A key in the environment or in codex's own file. Without one, its configuration may name another place for it. */
async function signIn({ env }: AgentPlace): Promise<"signed-in" | "signed-out" | "unknown"> {
  if (env["CODEX_API_KEY"] || env["OPENAI_API_KEY"]) return "signed-in";
  const home = codexHome(env);
  const file = parseJson(await read(path.join(home, "auth.json")));
  if (typeof file === "object" && file !== null) {
    const isSigned = ("tokens" in file && file.tokens !== null) || ("OPENAI_API_KEY" in file && Boolean(file.OPENAI_API_KEY));
    if (isSigned) return "signed-in";
  }
  const configuration = await read(path.join(home, "config.toml"));
  return /^\s*(model_provider|profile|cli_auth_credentials_store|oss_provider)\s*=/m.test(configuration) ? "unknown" : "signed-out";
}

async function read(file: string): Promise<string> {
  return fs.readFile(file, "utf8").catch(() => "");
}

/** The user's flags are codex's general ones, which stand before the command. */
function chat({ program, resumeId, flags }: ChatRequest): AgentLaunch {
  return { command: [program, ...flags, "app-server"], env: {}, pinned: resumeId };
}

async function validate(resumeId: string, { env }: AgentPlace): Promise<Validation> {
  if (isImpossibleId(resumeId)) return { is: "unknown-conversation" };
  const home = codexHome(env);
  if ((await findRollout(home, resumeId)) === null) {
    const unreadable = await unreadableDirectory(path.join(home, "sessions"), YEAR_MONTH_DAY);
    return unreadable === null ? { is: "unknown-conversation" } : { is: "unreadable", ...unreadable };
  }
  const pid = await conversationWriter(home, resumeId);
  return pid === null ? { is: "ok" } : { is: "locked", pid };
}

async function conversations(
  { env, cwd }: AgentPlace,
  { anywhere, limit }: { readonly anywhere: boolean; readonly limit: number },
): Promise<readonly AgentConversation[]> {
  const found: AgentConversation[] = [];
  const here = new Set([cwd, await fs.realpath(cwd).catch(() => cwd)]);
  for (const { file, updatedAt } of await newestFiles(codexHome(env))) {
    if (found.length >= limit) break;
    const head = await readHead(file);
    if (head === null || head.isHelper || head.title === "" || !(anywhere || here.has(head.cwd))) continue;
    found.push({ resumeId: head.id, title: head.title, cwd: head.cwd, updatedAt, messages: null });
  }
  return found;
}

/** By the time of the last change. */
async function newestFiles(home: string): Promise<readonly { readonly file: string; readonly updatedAt: number }[]> {
  const files: { readonly file: string; readonly updatedAt: number }[] = [];
  for await (const { file } of rolloutFiles(home)) {
    const stat = await fs.stat(file).catch(() => null);
    if (stat !== null) files.push({ file, updatedAt: stat.mtimeMs });
    if (files.length >= MAX_LISTED) break;
  }
  return files.toSorted((a, b) => b.updatedAt - a.updatedAt);
}

async function history(resumeId: string, { env }: AgentPlace): Promise<AgentHistory | null> {
  const file = await findRollout(codexHome(env), resumeId);
  return file === null ? null : readHistory(file);
}
