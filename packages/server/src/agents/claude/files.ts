/**
 * Claude's own files: where its conversations lie, which of them there are, and who writes one now. Read only, and leniently:
 * what cannot be read is as if it were not there.
 */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { startTimeOf } from "../../platform/processes.ts";
import type { AgentPlace, Validation, Variables } from "../agent.ts";
import { isUuid } from "./launch.ts";
import { type Fields, isFields, string } from "./wire.ts";

/** Claude cuts longer names of directories and adds something of its own. */
const MAX_DIRECTORY_NAME = 200;
/** Of a conversation, so much tells whether there is one. */
const HEAD_BYTES = 512 * 1024;

export interface Transcript {
  readonly id: string;
  readonly file: string;
  readonly updatedAt: number;
  readonly bytes: number;
}

/** Everything of claude's is below it. */
export function configDirectory(env: Variables): string {
  return env["CLAUDE_CONFIG_DIR"] || path.join(env["HOME"] ?? "/", ".claude");
}

/** As claude names the directory of a project. */
export function projectName(cwd: string): string {
  return cwd.replaceAll(/[^a-zA-Z0-9]/g, "-");
}

/** Conversations, newest first: of one directory, or of all. */
export async function transcripts({ cwd, env }: AgentPlace, anywhere: boolean): Promise<Transcript[]> {
  const projects = path.join(configDirectory(env), "projects");
  const names = await fs.readdir(projects).catch(() => []);
  const wanted = anywhere ? names : names.filter(await isProjectOf(cwd));
  const found = await Promise.all(wanted.map(async (name) => transcriptsIn(path.join(projects, name))));
  return found.flat().toSorted((a, b) => b.updatedAt - a.updatedAt);
}

async function isProjectOf(cwd: string): Promise<(name: string) => boolean> {
  const places = [cwd, await fs.realpath(cwd).catch(() => cwd)].map(projectName);
  return (name) =>
    places.some((place) => (place.length <= MAX_DIRECTORY_NAME ? name === place : name.startsWith(place.slice(0, MAX_DIRECTORY_NAME))));
}

async function transcriptsIn(directory: string): Promise<Transcript[]> {
  const names = await fs.readdir(directory).catch(() => []);
  const found = await Promise.all(
    names.map(async (name): Promise<Transcript[]> => {
      const id = path.basename(name, ".jsonl");
      if (!name.endsWith(".jsonl") || !isUuid(id)) return [];
      const file = path.join(directory, name);
      const stat = await fs.stat(file).catch(() => null);
      return stat?.isFile() ? [{ id, file, updatedAt: stat.mtimeMs, bytes: stat.size }] : [];
    }),
  );
  return found.flat();
}

/** The transcript of a conversation, in whatever project it lies; `isHere`: in the one of this directory. */
export async function findTranscript(
  id: string,
  { cwd, env }: AgentPlace,
): Promise<{ readonly file: string; readonly isHere: boolean } | null> {
  if (!isUuid(id)) return null;
  const projects = path.join(configDirectory(env), "projects");
  const isHere = await isProjectOf(cwd);
  const names = await fs.readdir(projects).catch(() => []);
  for (const name of names.toSorted((a, b) => Number(isHere(b)) - Number(isHere(a)))) {
    const file = path.join(projects, name, `${id}.jsonl`);
    const stat = await fs.stat(file).catch(() => null);
    if (stat?.isFile()) return { file, isHere: isHere(name) };
  }
  return null;
}

/** File and writer; an id that is none may be a title, and some claudes find no conversation of another directory. */
export async function validateConversation(id: string, place: AgentPlace): Promise<Validation> {
  if (!isUuid(id)) return { is: "undecided" };
  const found = await findTranscript(id, place);
  if (found === null) return { is: "unknown-conversation" };
  const writer = await liveWriter(id, place.env);
  if (writer !== null) return { is: "locked", pid: writer };
  const head = await readHead(found.file);
  if (!parseLines(head).some(isMessage)) return head.length < HEAD_BYTES ? { is: "unknown-conversation" } : { is: "undecided" };
  return found.isHere ? { is: "ok" } : { is: "undecided" };
}

/** Only these lines are the conversation; claude writes many others, some with a role as well. */
export function isMessage(line: Fields): boolean {
  return (line["type"] === "user" || line["type"] === "assistant") && typeof line["uuid"] === "string" && line["isSidechain"] !== true;
}

export function parseLines(text: string): Fields[] {
  return text.split("\n").flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return isFields(value) ? [value] : [];
    } catch {
      return [];
    }
  });
}

/** The beginning of a file; its last line may be cut. */
export async function readHead(file: string, bytes: number = HEAD_BYTES): Promise<string> {
  const handle = await fs.open(file).catch(() => null);
  if (handle === null) return "";
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead).toString();
  } finally {
    await handle.close();
  }
}

/** What a living claude says of itself. */
export interface LiveClaude {
  readonly pid: number;
  readonly session: string;
}

/** The process that writes this conversation now. */
export async function liveWriter(id: string, env: Variables): Promise<number | null> {
  const directory = path.join(configDirectory(env), "sessions");
  const names = await fs.readdir(directory).catch(() => []);
  for (const name of names) {
    const live = /^\d+\.json$/.test(name) ? await liveClaude(Number.parseInt(name, 10), env) : null;
    if (live?.session === id) return live.pid;
  }
  return null;
}

/** What claude says of this process; `null` if it is another by now: its file stays behind when it is killed. */
export async function liveClaude(pid: number, env: Variables): Promise<LiveClaude | null> {
  const text = await fs.readFile(path.join(configDirectory(env), "sessions", `${pid}.json`), "utf8").catch(() => "");
  const [said] = parseLines(text);
  const startTime = runningSince(pid);
  if (!said || startTime === null || string(said["sessionId"]) === "") return null;
  const isSame = process.platform !== "linux" || string(said["procStart"]) === "" || string(said["procStart"]) === startTime;
  return isSame ? { pid, session: string(said["sessionId"]) } : null;
}

function runningSince(pid: number): string | null {
  try {
    return startTimeOf(pid) ?? null;
  } catch {
    return null;
  }
}
