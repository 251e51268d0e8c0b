/**
 * The demo agent as perdure knows it: it is always there, and its conversations are files.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { entryFlags } from "../../platform/entry-flags.ts";
import { VERSION } from "../../platform/version.ts";
import type {
  Agent,
  AgentConversation,
  AgentHistory,
  AgentLaunch,
  AgentPlace,
  ChatRequest,
  FoundAgent,
  ImportedMessage,
  Validation,
} from "../agent.ts";
import { readJsonLines } from "../json-lines-file.ts";
import { newestTurns } from "../newest-turns.ts";
import { classifyDemo } from "./classify.ts";
import {
  conversationFile,
  conversationWriter,
  DEMO_DIRECTORY,
  demoDirectory,
  isKept,
  type KeptLine,
  readConversation,
} from "./conversation-file.ts";
import { demoDriver } from "./driver.ts";

const ENTRY = fileURLToPath(new URL(`./demo-agent${path.extname(fileURLToPath(import.meta.url))}`, import.meta.url));
export const demoAgent: Agent = {
  id: "demo",
  name: "Demo agent",
  program: null,
  howToGet: "It comes with perdure.",
  driver: demoDriver,
  knowsInputs: true,
  find: async (): Promise<FoundAgent> => ({ is: "found", path: ENTRY, version: VERSION, signIn: "signed-in" }),
  chat: launch,
  terminal: () => null,
  validate,
  conversations,
  history,
  classify: classifyDemo,
  watchTerminal: async () => null,
};

function launch({ program, env, resumeId, newId, model, mode, flags }: ChatRequest): AgentLaunch {
  const conversation = resumeId === null ? ["--session", newId] : ["--resume", resumeId];
  const choices = [...(model === null ? [] : ["--model", model]), ...(mode === null ? [] : ["--mode", mode])];
  return {
    command: [process.execPath, ...entryFlags(ENTRY), program, ...conversation, ...choices, ...flags],
    env: { [DEMO_DIRECTORY]: demoDirectory(env) },
    pinned: resumeId ?? newId,
  };
}

async function validate(resumeId: string, { env }: AgentPlace): Promise<Validation> {
  const directory = demoDirectory(env);
  if (readConversation(directory, resumeId) === null) return { is: "unknown-conversation" };
  const writer = conversationWriter(directory, resumeId);
  return writer === null ? { is: "ok" } : { is: "locked", pid: writer.pid };
}

async function conversations(
  { env, cwd }: AgentPlace,
  { anywhere, limit }: { readonly anywhere: boolean; readonly limit: number },
): Promise<readonly AgentConversation[]> {
  const directory = demoDirectory(env);
  return newestFiles(directory)
    .flatMap(({ id, updatedAt }) => {
      const lines = readConversation(directory, id) ?? [];
      const about = summary(lines);
      const isWanted = about.messages > 0 && (anywhere || about.cwd === cwd);
      return isWanted ? [{ resumeId: id, updatedAt, ...about }] : [];
    })
    .slice(0, limit);
}

function newestFiles(directory: string): { readonly id: string; readonly updatedAt: number }[] {
  const names = fs.existsSync(directory) ? fs.readdirSync(directory) : [];
  return names
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => {
      const stat = fs.statSync(path.join(directory, name), { throwIfNoEntry: false });
      return stat ? [{ id: name.slice(0, -".jsonl".length), updatedAt: stat.mtimeMs }] : [];
    })
    .toSorted((a, b) => b.updatedAt - a.updatedAt);
}

function summary(lines: readonly KeptLine[]): { readonly cwd: string; readonly title: string; readonly messages: number } {
  const begin = lines.find((line) => line.type === "conversation");
  const title = lines.findLast((line) => line.type === "title");
  return { cwd: begin?.cwd ?? "", title: title?.title ?? "", messages: lines.filter(({ type }) => type === "user").length };
}

async function history(resumeId: string, { env }: AgentPlace): Promise<AgentHistory | null> {
  const file = conversationFile(demoDirectory(env), resumeId);
  const messages: ImportedMessage[] = [];
  const take = (line: unknown): void => {
    if (isKept(line)) messages.push(...messageOf(line));
  };
  const read = file === null ? null : await readJsonLines({ file, worth: /"(?:user|assistant)"/, take });
  return read && newestTurns(messages, read);
}

function messageOf(line: KeptLine): readonly ImportedMessage[] {
  if (line.type === "user") return [{ id: line.id, role: "user", at: line.at, text: line.text, tools: [] }];
  if (line.type !== "assistant") return [];
  return [{ id: line.id, role: "assistant", at: line.at, text: line.text, tools: line.tools, ends: "completed" }];
}
