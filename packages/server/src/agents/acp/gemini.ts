/**
 * Gemini CLI: ACP in a chat, its own program in a terminal, and what its files tell.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import type { AgentFailure } from "@perdure/protocol";
import { homeDirectory } from "../../platform/home.ts";
import type {
  Agent,
  AgentConversation,
  AgentHistory,
  AgentLaunch,
  AgentPlace,
  ChatRequest,
  FoundAgent,
  TerminalRequest,
  TerminalWatch,
  Validation,
} from "../agent.ts";
import { newestTurns } from "../newest-turns.ts";
import { unreadableDirectory } from "../unreadable.ts";
import { acpAgent } from "./acp-agent.ts";
import { fieldsOf, textOf } from "./fields.ts";
import { chatFiles, chatFolders, type GeminiConversation, type GeminiFile, geminiDirectory, readGeminiFile } from "./gemini-files.ts";

const MINUTE_MS = 60_000;
/** Copies that are kept of files that gemini was about to open. */
const MAX_COPIES = 50;
const PROJECT_CHATS = 2;
/** Files that are read to find out which conversation a terminal is in. */
const MAX_LOOKED_AT = 8;

const base = acpAgent({
  id: "gemini",
  name: "Gemini CLI",
  command: ["gemini", "--acp"],
  howToGet: "npm install -g @google/gemini-cli, then start gemini once to sign in.",
  versionArgs: ["--version"],
  quirks: {
    classify: classifyGemini,
    // Told as if the model had said it, whenever a mode is chosen.
    isNoise: (update) => textOf(fieldsOf(update["content"])["text"])?.startsWith("[MODE_UPDATE]") ?? false,
  },
});

export const gemini: Agent = {
  ...base,
  find: async (place: AgentPlace, signal: AbortSignal): Promise<FoundAgent> => {
    const found = await base.find(place, signal);
    return found.is === "found" ? { ...found, signIn: isSignedIn(place) ? "signed-in" : "unknown" } : found;
  },
  chat,
  terminal,
  validate,
  conversations,
  history,
  watchTerminal,
};

function classifyGemini(text: string): AgentFailure | null {
  if (/Invalid session identifier|No previous sessions found|Error resuming session/i.test(text)) return "unknown-conversation";
  if (/Session ID ".*" already exists/i.test(text)) return "locked";
  if (/set an Auth method|GEMINI_API_KEY environment variable|Please sign in/i.test(text)) return "auth";
  return null;
}

function isSignedIn(place: AgentPlace): boolean {
  if (place.env["GEMINI_API_KEY"] || place.env["GOOGLE_API_KEY"]) return true;
  return fs.existsSync(path.join(geminiDirectory(place), "oauth_creds.json"));
}

/** Gemini can damage the file of a conversation that it opens: a copy of it stays. */
function chat(request: ChatRequest): AgentLaunch {
  const { resumeId, env, model, mode } = request;
  if (resumeId !== null) keepCopies(resumeId, request, path.join(homeDirectory(undefined, env), "copies", "gemini"));
  const launch = base.chat(request);
  const choices = [...(model === null ? [] : ["--model", model]), ...(mode === null ? [] : ["--approval-mode", cliMode(mode)])];
  return { ...launch, command: [...launch.command, ...choices] };
}

/** A mode's id over ACP is not its name on the command line. */
function cliMode(mode: string): string {
  return mode === "autoEdit" ? "auto_edit" : mode;
}

/** Flags with which gemini says something and ends, or is no terminal program. */
const PASSES = /^(-[vhp]|--(version|help|prompt|session-file|list-sessions|list-extensions|delete-session|acp|experimental-acp))(=|$)/;
/** With a value behind them, as a rule: which conversation, and what is said first. */
const WHICH_CONVERSATION = /^(-r|--resume|--session-id)(=|$)/;
const SAID_FIRST = /^(-i|--prompt-interactive)(=|$)/;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const SUBCOMMANDS = new Set(["mcp", "extensions", "extension", "skills", "skill", "hooks", "hook", "gemma"]);

function terminal({ program, args, newId, resumeId, isAnew = false }: TerminalRequest): AgentLaunch | null {
  if (resumeId !== null) return { command: [program, "--resume", resumeId, ...forLaterRun(args)], env: {}, pinned: resumeId };
  if (args.some((arg) => PASSES.test(arg)) || SUBCOMMANDS.has(args[0] ?? "")) return null;
  if (isAnew) return { command: [program, "--session-id", newId, ...forLaterRun(args)], env: {}, pinned: newId };
  const at = args.findIndex((arg) => WHICH_CONVERSATION.test(arg));
  if (at === -1) return { command: [program, "--session-id", newId, ...args], env: {}, pinned: newId };
  const [, value = args[at + 1] ?? ""] = (args[at] ?? "").split("=", 2);
  return { command: [program, ...args], env: {}, pinned: UUID.test(value) ? value : null };
}

function isOfTheFirst(arg = ""): boolean {
  return WHICH_CONVERSATION.test(arg) || SAID_FIRST.test(arg);
}

/** Which conversation, and the first message, were for the run before. A word behind another flag may be its value: it stays. */
function forLaterRun(args: readonly string[]): readonly string[] {
  return args.filter((arg, index) => {
    if (arg.startsWith("-")) return !isOfTheFirst(arg);
    const before = args[index - 1];
    return (before?.startsWith("-") ?? false) && !isOfTheFirst(before);
  });
}

async function filesOf(resumeId: string, place: AgentPlace): Promise<readonly GeminiFile[]> {
  const folders = await chatFolders(place, false);
  return (await Promise.all(folders.map(async ({ folder }) => chatFiles(folder, resumeId)))).flat();
}

/** What cannot be read says nothing of a conversation. */
async function readIfPossible(file: GeminiFile): Promise<GeminiConversation | null> {
  return readGeminiFile(file).catch(() => null);
}

/** Loaded in the minute in which one of its files was made, a conversation is wiped: that minute must be over. */
async function validate(resumeId: string, place: AgentPlace): Promise<Validation> {
  const files = await filesOf(resumeId, place);
  const read = await Promise.all(files.map(readIfPossible));
  const isThere = read.some((one) => one?.id === resumeId && one.messages.some(({ role }) => role === "user"));
  if (!isThere) return whyNot(place, read.includes(null));
  const now = Date.now();
  const isSameMinute = files.some(({ minute }) => minute === new Date(now).toISOString().slice(0, 16).replace(":", "-"));
  return isSameMinute ? { is: "ok", notBefore: (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS } : { is: "ok" };
}

/** A file of it that is too large to be looked at, or damaged, may be understood by gemini. */
async function whyNot(place: AgentPlace, isUndecided: boolean): Promise<Validation> {
  const unreadable = await unreadableDirectory(path.join(geminiDirectory(place), "tmp"), PROJECT_CHATS);
  if (unreadable !== null) return { is: "unreadable", ...unreadable };
  return { is: isUndecided ? "undecided" : "unknown-conversation" };
}

async function conversations(
  place: AgentPlace,
  { anywhere, limit }: { readonly anywhere: boolean; readonly limit: number },
): Promise<readonly AgentConversation[]> {
  const folders = await chatFolders(place, anywhere);
  const files = await Promise.all(folders.map(async ({ folder, cwd }) => (await chatFiles(folder)).map((file) => ({ ...file, cwd }))));
  const newest = files.flat().toSorted((a, b) => b.modifiedAt - a.modifiedAt);
  const found = new Map<string, AgentConversation>();
  for (const file of newest) {
    if (found.size >= limit) break;
    const conversation = await readIfPossible(file);
    const { cwd, modifiedAt } = file;
    const said = conversation?.messages.filter(({ role }) => role === "user") ?? [];
    if (conversation === null || said.length === 0 || found.has(conversation.id)) continue;
    const title = said[0]?.text.split("\n", 1)[0]?.slice(0, 80) ?? "";
    found.set(conversation.id, { resumeId: conversation.id, title, cwd, updatedAt: modifiedAt, messages: said.length });
  }
  return [...found.values()];
}

/** The file with most of it: each load may have begun another. */
async function history(resumeId: string, place: AgentPlace): Promise<AgentHistory | null> {
  const read = await Promise.allSettled((await filesOf(resumeId, place)).map(async (file) => readGeminiFile(file)));
  const [fullest] = read
    .flatMap((one) => (one.status === "fulfilled" && one.value?.id === resumeId ? [one.value] : []))
    .toSorted((a, b) => b.messages.length - a.messages.length);
  const failed = read.find((one) => one.status === "rejected");
  if (fullest === undefined && failed) throw failed.reason;
  if (fullest === undefined || fullest.messages.length === 0) return null;
  return newestTurns(fullest.messages, { isCut: false, damagedLines: fullest.damagedLines });
}

/** The newest conversation of this directory that was written since the terminal began, where it can be no other's. */
async function watchTerminal({ since, taken, isAlone, ...place }: TerminalWatch): Promise<string | null> {
  if (!isAlone) return null;
  const folders = await chatFolders(place, false);
  const files = (await Promise.all(folders.map(async ({ folder }) => chatFiles(folder)))).flat();
  const written = files.filter(({ modifiedAt }) => modifiedAt >= since).toSorted((a, b) => b.modifiedAt - a.modifiedAt);
  for (const file of written.slice(0, MAX_LOOKED_AT)) {
    const id = (await readIfPossible(file))?.id ?? null;
    if (id !== null && !taken.has(id)) return id;
  }
  return null;
}

/** Best effort and bounded: the transcript of the session is the truth. */
function keepCopies(resumeId: string, place: AgentPlace, directory: string): void {
  try {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const file of filesOfNow(resumeId, place)) {
      const copy = path.join(directory, path.basename(file));
      const kept = fs.statSync(copy, { throwIfNoEntry: false });
      // A shorter file than the one that is kept may be what is left of it.
      if (!kept || kept.size < fs.statSync(file).size) fs.copyFileSync(file, copy, fs.constants.COPYFILE_FICLONE);
    }
    const copies = fs.readdirSync(directory).toSorted();
    for (const old of copies.slice(0, -MAX_COPIES)) fs.rmSync(path.join(directory, old), { force: true });
  } catch {
    // No place for a copy is no reason not to go on.
  }
}

function filesOfNow(resumeId: string, place: AgentPlace): readonly string[] {
  const tmp = path.join(geminiDirectory(place), "tmp");
  const isOf = (name: string): boolean => name.startsWith("session-") && name.endsWith(`-${resumeId.slice(0, 8)}.jsonl`);
  return fs.readdirSync(tmp).flatMap((project) => {
    const folder = path.join(tmp, project, "chats");
    if (!fs.existsSync(folder)) return [];
    return fs
      .readdirSync(folder)
      .filter(isOf)
      .map((name) => path.join(folder, name));
  });
}
