/**
 * Claude Code's transcript on disk: one JSONL file per conversation, written about 100 ms late, each message with the one before it as
 * its parent. Two processes on one conversation fork it silently: what is read is the chain of the last line.
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import type { Item } from "../answers/plan.ts";
import { asMessage, field, textField, textOfBlocks, type Message } from "../input-lines.ts";

const WRITE_DELAY_MS = 100;

export function configDirectory(): string {
  return process.env["CLAUDE_CONFIG_DIR"] ?? path.join(homedir(), ".claude");
}

const projects = (): string => path.join(configDirectory(), "projects");
const slug = (cwd: string): string => cwd.replaceAll(/[^a-zA-Z0-9]/g, "-");

/** The file of this conversation in any project, or `null`. An old version looks only into this directory's project. */
export function findTranscript(sessionId: string, onlyHere: boolean): string | null {
  const directories = onlyHere ? [slug(process.cwd())] : existsSync(projects()) ? readdirSync(projects()) : [];
  const files = directories.map((directory) => path.join(projects(), directory, `${sessionId}.jsonl`));
  return files.find((file) => existsSync(file)) ?? null;
}

export function newTranscript(sessionId: string): string {
  return path.join(projects(), slug(process.cwd()), `${sessionId}.jsonl`);
}

export interface TranscriptMessage {
  readonly uuid: string;
  readonly type: "user" | "assistant";
  readonly message: Message;
}

export class Transcript {
  readonly #file: string;
  readonly #sessionId: string;
  readonly #version: string;
  #messages: TranscriptMessage[];
  #waiting: string[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(file: string, sessionId: string, version: string) {
    this.#file = file;
    this.#sessionId = sessionId;
    this.#version = version;
    this.#messages = existsSync(file) ? readChain(readFileSync(file, "utf8")) : [];
  }

  /** In the order of the conversation. */
  get messages(): readonly TranscriptMessage[] {
    return this.#messages;
  }

  has(uuid: string): boolean {
    return this.#messages.some((message) => message.uuid === uuid);
  }

  /** The message is there and something came after it. */
  isAnswered(uuid: string): boolean {
    const at = this.#messages.findIndex((message) => message.uuid === uuid);
    return at !== -1 && this.#messages.slice(at + 1).some(({ type }) => type === "assistant");
  }

  /** What the model is told: a message that was sent again says what it says now, whatever the file keeps. */
  items(again?: { readonly uuid: string; readonly message: Message }): Item[] {
    return this.#messages.flatMap(({ uuid, type, message }): Item[] => {
      return itemsOf(type, (uuid === again?.uuid ? again.message : message)["content"]);
    });
  }

  append(type: "user" | "assistant", uuid: string, message: Message): void {
    const parentUuid = this.#messages.at(-1)?.uuid ?? null;
    this.#messages = [...this.#messages, { uuid, type, message }];
    const common = { isSidechain: false, userType: "external", entrypoint: "sdk-cli", cwd: process.cwd(), gitBranch: "HEAD" };
    const named = { sessionId: this.#sessionId, version: this.#version, timestamp: new Date().toISOString() };
    if (type === "user") this.#later({ type: "queue-operation", operation: "dequeue", ...named });
    this.#later({ parentUuid, type, message, uuid, ...common, ...named });
    if (type === "user") this.#later({ type: "api-request-blob", sessionId: this.#sessionId, hash: uuid, message });
  }

  /** Writes what waits, now. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting.length === 0) return;
    mkdirSync(path.dirname(this.#file), { recursive: true });
    appendFileSync(this.#file, this.#waiting.join(""), { mode: 0o600 });
    this.#waiting = [];
  }

  #later(line: object): void {
    this.#waiting.push(`${JSON.stringify(line)}\n`);
    this.#timer ??= setTimeout(() => this.flush(), WRITE_DELAY_MS);
  }
}

function readChain(text: string): TranscriptMessage[] {
  const lines = text.split("\n").filter(Boolean).map(parseLine);
  const messages = lines.filter((line) => line !== null);
  const byUuid = new Map(messages.map((line) => [textField(line, "uuid"), line]));
  const chain: TranscriptMessage[] = [];
  for (let line = messages.at(-1); line; line = byUuid.get(textField(line, "parentUuid"))) {
    chain.push({ uuid: textField(line, "uuid"), type: line["type"] as "user" | "assistant", message: field(line, "message") });
  }
  return chain.toReversed();
}

function parseLine(text: string): Message | null {
  try {
    const line = asMessage(JSON.parse(text));
    const isMessage = line !== null && (line["type"] === "user" || line["type"] === "assistant") && textField(line, "uuid") !== "";
    return isMessage ? line : null;
  } catch {
    return null;
  }
}

function itemsOf(by: "user" | "assistant", content: unknown): Item[] {
  if (!Array.isArray(content)) return [{ by, text: textOfBlocks(content) }];
  return content.flatMap((each): Item[] => {
    const block = asMessage(each) ?? {};
    if (block["type"] === "tool_result") return [{ by: "tool", text: textOfBlocks(block["content"]) }];
    return block["type"] === "text" ? [{ by, text: textField(block, "text") }] : [];
  });
}
