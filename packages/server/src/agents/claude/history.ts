/**
 * A conversation as claude's own transcript tells it, for a list and for an import. One message of the model is several lines
 * there, one for each block; results of tools come as lines of the user.
 */
import type { TurnEnd } from "@perdure/protocol";
import type { AgentConversation, AgentHistory, AgentPlace, ImportedMessage } from "../agent.ts";
import { readJsonLines } from "../json-lines-file.ts";
import { newestTurns } from "../newest-turns.ts";
import { findTranscript, isMessage, parseLines, readHead, transcripts, type Transcript } from "./files.ts";
import { shownOutput, toolTitle } from "./tools.ts";
import { type Block, type Fields, fields, isFields, readBlocks, string } from "./wire.ts";

/** A larger transcript is listed by its beginning. */
const MAX_LISTED_BYTES = 2 * 1024 * 1024;
const MAX_TITLE = 120;
/** Other lines of a transcript are not parsed; they are many, and some are large. */
const WORTH_PARSING = /"type":\s?"(?:user|assistant)"/;

/** What claude writes in the model's name: reports of failures, which the end of the turn tells. */
const SYNTHETIC = "<synthetic>";
/** With these the model has said all that it wanted to say. */
const LAST_WORDS: ReadonlySet<string> = new Set(["end_turn", "stop_sequence", "max_tokens", "refusal"]);
const INTERRUPTED = /^\s*\[Request interrupted by user/;
/** What claude writes in the user's name. */
const NOT_THE_USERS = /^\s*(?:\[Request interrupted by user|<(?:task-notification|local-command-|system-reminder|command-message))/;
const COMMAND = /^\s*<command-name>([^<]*)<\/command-name>[\s\S]*?(?:<command-args>([^<]*)<\/command-args>|$)/;

export async function listConversations(
  place: AgentPlace,
  { anywhere, limit }: { readonly anywhere: boolean; readonly limit: number },
): Promise<AgentConversation[]> {
  const found: AgentConversation[] = [];
  for (const transcript of await transcripts(place, anywhere)) {
    if (found.length >= limit) break;
    const conversation = await summary(transcript);
    if (conversation !== null) found.push(conversation);
  }
  return found;
}

async function summary({ id, file, updatedAt, bytes }: Transcript): Promise<AgentConversation | null> {
  const isWhole = bytes <= MAX_LISTED_BYTES;
  const lines = parseLines(await readHead(file, Math.min(bytes, MAX_LISTED_BYTES)));
  const users = lines.filter(isMessage).flatMap((line) => userText(line) ?? []);
  if (users.length === 0) return null;
  const cwd = lines.map((line) => string(line["cwd"])).find((one) => one !== "") ?? "";
  const title = givenTitle(lines) ?? users[0]!.replaceAll(/\s+/g, " ").trim().slice(0, MAX_TITLE);
  return { resumeId: id, title, cwd, updatedAt, messages: isWhole ? users.length : null };
}

function givenTitle(lines: readonly Fields[]): string | null {
  const titles = lines.map(
    (line) => string(line["customTitle"]) || string(line["aiTitle"]) || (line["type"] === "summary" ? string(line["summary"]) : ""),
  );
  return titles.findLast((title) => title !== "")?.slice(0, MAX_TITLE) ?? null;
}

/** What the user said in this line; `null`: nothing of theirs. */
function userText(line: Fields): string | null {
  if (line["type"] !== "user" || line["isMeta"] === true || line["isCompactSummary"] === true) return null;
  const texts = readBlocks(fields(line["message"])["content"]).flatMap((block) => (block.is === "text" ? [block.text] : []));
  const text = texts.join("\n");
  const command = COMMAND.exec(text);
  if (command) return `${command[1]!.trim()} ${command[2] ?? ""}`.trim();
  return text.trim() === "" || NOT_THE_USERS.test(text) ? null : text;
}

export async function readHistory(resumeId: string, place: AgentPlace): Promise<AgentHistory | null> {
  const found = await findTranscript(resumeId, place);
  if (!found) return null;
  const told = new Told();
  const take = (line: unknown): void => {
    if (isFields(line) && isMessage(line)) told.take(line);
  };
  const read = await readJsonLines({ file: found.file, worth: WORTH_PARSING, take });
  return read && newestTurns(told.messages, read);
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Tool = Writable<ImportedMessage["tools"][number]>;
type Message = Writable<Omit<ImportedMessage, "tools">> & { readonly tools: Tool[] };

/** The messages that lines of a transcript come to. */
class Told {
  readonly #messages = new Map<string, Message>();
  readonly #tools = new Map<string, Tool>();
  readonly #seen = new Set<string>();
  #last: Message | null = null;

  get messages(): readonly ImportedMessage[] {
    return [...this.#messages.values()].filter(({ text, tools }) => text !== "" || tools.length > 0);
  }

  take(line: Fields): void {
    const uuid = string(line["uuid"]);
    if (this.#seen.has(uuid)) return;
    this.#seen.add(uuid);
    const blocks = readBlocks(fields(line["message"])["content"]);
    const ends = endOf(line, blocks);
    if (line["type"] === "user") this.#takeUser(line, uuid, blocks, ends);
    else if (fields(line["message"])["model"] === SYNTHETIC) this.#endLast(ends);
    else this.#takeAssistant(line, uuid, blocks, ends);
  }

  #takeUser(line: Fields, uuid: string, blocks: readonly Block[], ends: TurnEnd | null): void {
    this.#endLast(ends);
    for (const block of blocks) if (block.is === "tool-result") setOutput(this.#tools, block);
    const text = userText(line);
    if (text === null) return;
    this.#last = { id: uuid, role: "user", at: timeOf(line), text, tools: [] };
    this.#messages.set(uuid, this.#last);
  }

  #takeAssistant(line: Fields, uuid: string, blocks: readonly Block[], ends: TurnEnd | null): void {
    const id = string(fields(line["message"])["id"]) || uuid;
    const message = this.#messages.get(id) ?? { id, role: "assistant", at: timeOf(line), text: "", tools: [] };
    this.#messages.set(id, message);
    this.#last = message;
    this.#endLast(ends);
    for (const block of blocks) addBlock(message, this.#tools, block);
  }

  #endLast(ends: TurnEnd | null): void {
    if (this.#last && ends !== null) this.#last.ends = ends;
  }
}

function timeOf(line: Fields): number {
  return Date.parse(string(line["timestamp"])) || 0;
}

/** How the turn ended, if this line ends one. */
function endOf(line: Fields, blocks: readonly Block[]): TurnEnd | null {
  const { model, stop_reason: reason } = fields(line["message"]);
  if (line["type"] === "user") return blocks.some((block) => block.is === "text" && INTERRUPTED.test(block.text)) ? "interrupted" : null;
  if (model === SYNTHETIC) return line["isApiErrorMessage"] === true ? "failed" : null;
  return typeof reason === "string" && LAST_WORDS.has(reason) ? "completed" : null;
}

function addBlock(message: Message, tools: Map<string, Tool>, block: Block): void {
  if (block.is === "text") message.text += message.text === "" ? block.text : `\n\n${block.text}`;
  if (block.is !== "tool") return;
  const tool: Tool = { id: block.id, tool: block.name, title: toolTitle(block.name, block.input), output: null };
  tools.set(block.id, tool);
  message.tools.push(tool);
}

function setOutput(tools: ReadonlyMap<string, Tool>, { tool: id, output }: Extract<Block, { is: "tool-result" }>): void {
  const tool = tools.get(id);
  if (tool) tool.output = shownOutput(output);
}
