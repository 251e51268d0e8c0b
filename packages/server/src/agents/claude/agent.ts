/**
 * Claude Code as perdure knows it: the user's own program and sign-in, its stream of JSON for a chat, its terminal program with an
 * id that we choose, and its files for what can be told without starting it.
 */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { Agent, AgentPlace, FoundAgent, TerminalWatch, Validation } from "../agent.ts";
import { findProgram } from "../find-program.ts";
import { type Unreadable, unreadableDirectory, unreadableFile } from "../unreadable.ts";
import { classifyClaude } from "./classify.ts";
import { claudeDriver } from "./driver.ts";
import { configDirectory, findTranscript, liveClaude, liveWriter, parseLines, transcripts, validateConversation } from "./files.ts";
import { listConversations, readHistory } from "./history.ts";
import { chatLaunch, terminalLaunch } from "./launch.ts";
import { fields } from "./wire.ts";

/** Any of them signs in. */
const SIGN_IN_VARIABLES = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"];
/** With any of them somebody else decides. */
const OTHER_PROVIDERS = ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY", "ANTHROPIC_BASE_URL"];

/** Transcripts that are looked at for the one of a terminal. */
const MAX_WATCHED = 20;

export const claudeAgent: Agent = {
  id: "claude",
  name: "Claude Code",
  program: "claude",
  howToGet: "npm install -g @anthropic-ai/claude-code, with Node 22 or later; then claude, to sign in.",
  driver: claudeDriver,
  knowsInputs: true,
  find,
  chat: chatLaunch,
  terminal: terminalLaunch,
  validate,
  conversations: listConversations,
  history: readHistory,
  classify: classifyClaude,
  watchTerminal,
};

/** One that is not found is gone only if all could be looked at where it may be. */
async function validate(id: string, place: AgentPlace): Promise<Validation> {
  const validation = await validateConversation(id, place);
  if (validation.is !== "unknown-conversation") return validation;
  const root = configDirectory(place.env);
  const projects = path.join(root, "projects");
  const unreadable = (await unreadableDirectory(projects, 1)) ?? (await unreadableTranscript(projects, id));
  if (unreadable !== null) return { is: "unreadable", ...unreadable };
  const why = await whyUnknown(id, place, root);
  return why === null ? validation : { ...validation, why };
}

async function unreadableTranscript(projects: string, id: string): Promise<Unreadable | null> {
  for (const name of await fs.readdir(projects).catch(() => [])) {
    const unreadable = await unreadableFile(path.join(projects, name, `${id}.jsonl`));
    if (unreadable !== null) return unreadable;
  }
  return null;
}

async function whyUnknown(id: string, place: AgentPlace, root: string): Promise<string | null> {
  const isThere = await fs.stat(path.join(root, "projects")).then(
    () => true,
    () => false,
  );
  if (!isThere) return `nothing of Claude Code lies in ${root}`;
  return (await findTranscript(id, place)) === null ? null : "nothing in its record can be understood";
}

async function find(place: AgentPlace, signal: AbortSignal): Promise<FoundAgent> {
  const found = await anyOf([
    async () => findProgram("claude", ["--version"], place, signal),
    ...ownPlaces(place).map((program) => async () => findProgram(program, ["--version"], place, signal)),
  ]);
  return found.is === "missing" ? found : { ...found, signIn: await signIn(place) };
}

/** Where claude's own installer puts it, found even if PATH does not name it. */
function ownPlaces({ env }: AgentPlace): string[] {
  const home = env["HOME"];
  return home === undefined ? [] : [path.join(home, ".local", "bin", "claude"), path.join(home, ".claude", "local", "claude")];
}

async function anyOf(ways: readonly (() => Promise<FoundAgent>)[]): Promise<FoundAgent> {
  for (const way of ways) {
    const found = await way();
    if (found.is === "found") return found;
  }
  return { is: "missing" };
}

async function signIn({ env }: AgentPlace): Promise<"signed-in" | "signed-out" | "unknown"> {
  if (SIGN_IN_VARIABLES.some((name) => (env[name] ?? "") !== "")) return "signed-in";
  if (OTHER_PROVIDERS.some((name) => (env[name] ?? "") !== "")) return "unknown";
  const directory = configDirectory(env);
  if ((await readObject(path.join(directory, ".credentials.json")))["claudeAiOauth"] !== undefined) return "signed-in";
  const global = await readObject(env["CLAUDE_CONFIG_DIR"] ? path.join(directory, ".claude.json") : `${directory}.json`);
  if (typeof global["primaryApiKey"] === "string") return "signed-in";
  const settings = await readObject(path.join(directory, "settings.json"));
  const isElsewhere = settings["apiKeyHelper"] !== undefined || fields(settings["env"])["ANTHROPIC_API_KEY"] !== undefined;
  // On macOS the keychain may have it.
  return isElsewhere || process.platform === "darwin" ? "unknown" : "signed-out";
}

async function readObject(file: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await fs.readFile(file, "utf8").catch(() => "");
  return parseLines(text.replaceAll(/\r?\n/g, " "))[0] ?? {};
}

/** What the process says of itself, also after `/clear` and `/resume`; else the newest transcript here that nobody else writes. */
async function watchTerminal({ pid, since, taken, ...place }: TerminalWatch): Promise<string | null> {
  const live = await liveClaude(pid, place.env);
  if (live !== null) return live.session;
  for (const { id, updatedAt } of (await transcripts(place, false)).slice(0, MAX_WATCHED)) {
    if (updatedAt < since) return null;
    if (!taken.has(id) && (await liveWriter(id, place.env)) === null) return id;
  }
  return null;
}
