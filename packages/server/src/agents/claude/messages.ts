/**
 * What the model says, from the stream and from the whole blocks that follow it. The stream is shown at once; a whole block
 * confirms its text or corrects it. A message that ends without its last block confirmed was cut on the way: the same comes again
 * as another message.
 */
import { toolEnded } from "./approvals.ts";
import type { ClaudeTurn, OpenBlock, OpenMessage, Work } from "./state.ts";
import { doneDiffs, planOf, shownInput, shownOutput, toolKind, toolTitle } from "./tools.ts";
import type { Block, Line, SaidLine } from "./wire.ts";

/** Helpers that go on, and tools that they use; more are not waited for. */
const MAX_HELPERS = 100;

/** What is remembered of messages that are closed. */
const MAX_CLOSED = 8;
const MAX_OLD = 64;
const MAX_TOLD = 64;
/** What is open at once; the end of the turn closes what is more. */
const MAX_TOOLS = 500;
const MAX_BLOCKS = 200;

const EMPTY_HASH = 0x811c9dc5;

export function messageStarted(work: Work, { message: own, parent }: Extract<Line, { is: "message-start" }>): void {
  const before = work.state.messages.find((one) => one.parent === parent);
  if (own !== "" && before?.own === own) return;
  if (parent === null) ensureTurn(work);
  const { closed, oldMessages } = work.state;
  const isTaken = own === "" || oldMessages.includes(own) || [...closed, ...work.state.messages].some((one) => one.own === own);
  open(work, isTaken ? newName(work, own) : own, own, parent);
}

/** Some services give each message the same id, or none. */
function newName(work: Work, own: string): string {
  const renamed = work.state.renamed + 1;
  work.set({ renamed });
  return `${own || "message"}~${renamed}`;
}

/** Ends a message whose blocks are all confirmed; another may still be cut. */
export function messageStopped(work: Work, parent: string | null): void {
  const message = work.state.messages.find((one) => one.parent === parent);
  if (message && !isUnfinished(message)) close(work, message);
}

export function blockStarted(work: Work, { parent, index, block }: Extract<Line, { is: "block-start" }>): void {
  const message = work.state.messages.find((one) => one.parent === parent);
  if (!message) return;
  if (block.is === "text" || block.is === "reasoning") {
    add(work, message, { index, is: block.is, part: null, tool: null, length: 0, hash: EMPTY_HASH });
    if (block.text !== "") delta(work, { is: "delta", parent, index, text: block.text });
    return;
  }
  if (block.is !== "tool") return;
  const isPlan = planOf(block.name, {}) !== null;
  add(work, message, { index, is: isPlan ? "plan" : "tool", part: work.id(block.id), tool: block.id, length: 0, hash: EMPTY_HASH });
  if (!isPlan) toolStarted(work, message, block);
}

export function delta(work: Work, { parent, index, text }: Extract<Line, { is: "delta" }>): void {
  const message = work.state.messages.find((one) => one.parent === parent);
  const block = message?.blocks.find((one) => one.index === index);
  if (!message || !block || text === "" || (block.is !== "text" && block.is !== "reasoning")) return;
  const part = block.part ?? textStarted(work, message, block.is);
  work.tell({ type: "part.delta", message: work.id(message.id), part, text });
  const grown = { ...block, part, length: block.length + text.length, hash: hash(text, block.hash) };
  change(work, message.id, (one) => ({ ...one, blocks: one.blocks.map((other) => (other.index === index ? grown : other)) }));
}

export function said(work: Work, { message: own, parent, blocks, isError }: SaidLine): void {
  // The end of the turn says the same.
  if (isError && parent === null) return;
  const shown = blocks.filter(({ is }) => is !== "other" && is !== "tool-result");
  if (shown.length > 0) {
    const isLate = parent === null && isBehindTheEnd(work);
    if (parent === null && !isLate) ensureTurn(work);
    const message = whole(work, own, parent);
    if (message) for (const block of shown) confirm(work, message.id, block);
    if (message && isLate) closeMessages(work, false);
  }
  for (const block of blocks) if (block.is === "tool-result") toolResult(work, block, undefined);
}

/** A whole message without a turn, and nothing said that another begins: it is of the one that has just ended. */
function isBehindTheEnd({ state: { turn, lastTurn, isAboutToBegin } }: Work): boolean {
  return turn === null && lastTurn !== null && !isAboutToBegin;
}

/** The message that a whole block is of: the one that is being said, one that is closed already, or another. */
function whole(work: Work, own: string, parent: string | null): OpenMessage | null {
  const { messages, closed, oldMessages } = work.state;
  const now = messages.find((one) => one.parent === parent);
  if (now && (own === "" || now.own === own)) return now;
  const before = closed.find((one) => one.parent === parent && one.own === own && own !== "");
  if (before) return reopen(work, before);
  return open(work, own === "" || oldMessages.includes(own) ? newName(work, own) : own, own, parent);
}

export function toolResults(work: Work, { blocks, detail }: Extract<Line, { is: "tool-results" }>): void {
  for (const block of blocks) if (block.is === "tool-result") toolResult(work, block, blocks.length === 1 ? detail : undefined);
}

/** What did not come to its end is shown as cut; the same will come again. */
export function supersedeUnfinished(work: Work): void {
  const message = work.state.messages.find(({ parent }) => parent === null);
  if (message && isUnfinished(message)) supersede(work, message);
}

/** Another turn begins. */
export function forgetMessages(work: Work): void {
  const { closed, oldMessages } = work.state;
  work.set({ closed: [], oldMessages: [...oldMessages, ...closed.map(({ own }) => own)].slice(-MAX_OLD) });
}

/** Closes whatever the turn leaves open, as it stands. Helpers may go on behind the end of a turn that has come to its own. */
export function closeMessages(work: Work, andHelpers: boolean): void {
  const isClosed = ({ parent }: { readonly parent: string | null }): boolean => andHelpers || parent === null;
  const { tools, messages } = work.state;
  for (const { id, message } of tools.filter(isClosed)) {
    work.tell({ type: "part.updated", message: work.id(message), part: work.id(id), status: "interrupted" });
  }
  work.set({ tools: tools.filter((tool) => !isClosed(tool)).slice(-MAX_HELPERS) });
  for (const message of messages.filter(isClosed)) close(work, message);
  for (const message of work.state.messages.slice(0, -MAX_HELPERS)) close(work, message);
}

/** One line for all retries of a turn. */
export function retried(work: Work, text: string): void {
  work.notice("warning", "retrying", text, `retry.${work.state.turn?.id ?? "own"}`);
}

/** The turn that runs; without one claude begins one by itself. */
export function ensureTurn(work: Work): ClaudeTurn {
  const { turn, ownTurns, run } = work.state;
  if (turn !== null) return turn;
  const id = work.id(`t${ownTurns + 1}`);
  const own = { id, input: null, isBegun: true, isConsumed: true, isStopping: false, knownAt: null };
  work.set({ turn: own, lastTurn: id, ownTurns: ownTurns + 1, isAboutToBegin: false });
  forgetMessages(work);
  work.tell({ type: "turn.started", turn: id, run });
  return own;
}

/** Begins a message; `null` for what belongs to no turn at all. */
function open(work: Work, id: string, own: string, parent: string | null): OpenMessage | null {
  leave(work, parent);
  const turn = work.state.turn?.id ?? work.state.lastTurn;
  if (turn === null) return null;
  const oldest = work.state.messages.length > MAX_HELPERS ? work.state.messages.find((one) => one.parent !== null) : undefined;
  if (oldest) close(work, oldest);
  const message: OpenMessage = { id, own, parent, told: [], parts: 0, blocks: [] };
  work.set({ messages: [...work.state.messages, message] });
  work.tell({ type: "message.started", message: work.id(id), turn, ...(parent === null ? {} : { parent: work.id(parent) }) });
  return message;
}

/** What else was being said is over. */
function leave(work: Work, parent: string | null): void {
  const before = work.state.messages.find((one) => one.parent === parent);
  if (before) (isUnfinished(before) ? supersede : close)(work, before);
}

function reopen(work: Work, message: OpenMessage): OpenMessage {
  leave(work, message.parent);
  work.set({ closed: work.state.closed.filter(({ id }) => id !== message.id), messages: [...work.state.messages, message] });
  return message;
}

function isUnfinished({ blocks }: OpenMessage): boolean {
  return blocks.some(({ part }) => part !== null);
}

function close(work: Work, message: OpenMessage): void {
  for (const block of message.blocks) endText(work, message.id, block);
  work.tell({ type: "message.ended", message: work.id(message.id) });
  const closed = [...work.state.closed, { ...message, blocks: [] }].slice(-MAX_CLOSED);
  work.set({ messages: work.state.messages.filter(({ id }) => id !== message.id), closed });
}

function supersede(work: Work, message: OpenMessage): void {
  const { tools, messages } = work.state;
  for (const { id } of tools.filter((tool) => tool.message === message.id && message.blocks.some((block) => block.tool === tool.id))) {
    work.tell({ type: "part.updated", message: work.id(message.id), part: work.id(id), status: "interrupted" });
    work.set({ tools: work.state.tools.filter((tool) => tool.id !== id) });
  }
  for (const block of message.blocks) endText(work, message.id, block);
  work.tell({ type: "message.superseded", message: work.id(message.id) });
  if (message.parent === null) retried(work, "The model's answer was cut. Claude asks again.");
  // Should it come under the same id, it is another.
  const oldMessages = [...work.state.oldMessages, message.own].slice(-MAX_OLD);
  work.set({ messages: messages.filter(({ id }) => id !== message.id), oldMessages });
}

/** A block that is whole: it ends what was streamed of it, and of the blocks before it. */
function confirm(work: Work, id: string, block: Block): void {
  const message = work.state.messages.find((one) => one.id === id)!;
  const streamed = message.blocks.find((one) => (block.is === "tool" ? one.tool === block.id : one.is === block.is));
  if (streamed) {
    const earlier = message.blocks.filter(({ index }) => index < streamed.index);
    for (const one of earlier) endText(work, id, one);
    const blocks = message.blocks.filter(({ index }) => index > streamed.index);
    change(work, id, (one) => ({ ...one, blocks }));
  }
  const mark = markOf(block);
  // The same line came twice.
  if (!streamed && message.told.includes(mark)) return;
  change(work, id, (one) => ({ ...one, told: [...one.told, mark].slice(-MAX_TOLD) }));
  if (block.is === "text" || block.is === "reasoning") confirmText(work, id, block.is, block.text, streamed);
  else if (block.is === "tool") confirmTool(work, id, block, streamed !== undefined);
}

function markOf(block: Block): number {
  if (block.is === "tool") return hash(`tool ${block.id}`, EMPTY_HASH);
  return block.is === "text" || block.is === "reasoning" ? hash(block.text, hash(`${block.is} `, EMPTY_HASH)) : EMPTY_HASH;
}

function confirmText(work: Work, id: string, is: "text" | "reasoning", text: string, streamed: OpenBlock | undefined): void {
  if (text === "" && (streamed?.part ?? null) === null) return;
  const part =
    streamed?.part ??
    textStarted(
      work,
      work.state.messages.find((one) => one.id === id)!,
      is,
    );
  const message = work.id(id);
  const length = streamed?.length ?? 0;
  const isContinued = length <= text.length && hash(text.slice(0, length), EMPTY_HASH) === (streamed?.hash ?? EMPTY_HASH);
  if (isContinued && length < text.length) work.tell({ type: "part.delta", message, part, text: text.slice(length) });
  if (!isContinued && text !== "") work.tell({ type: "part.updated", message, part, text });
  work.tell({ type: "part.ended", message, part });
}

function confirmTool(work: Work, id: string, block: Extract<Block, { is: "tool" }>, isStarted: boolean): void {
  const message = work.id(id);
  const part = work.id(block.id);
  const steps = planOf(block.name, block.input);
  if (steps !== null) {
    work.tell({ type: "part.started", message, part, kind: "plan", steps });
    return;
  }
  if (!isStarted)
    toolStarted(
      work,
      work.state.messages.find((one) => one.id === id)!,
      block,
    );
  const title = toolTitle(block.name, block.input);
  work.tell({ type: "part.updated", message, part, status: "running", title, input: shownInput(block.input) });
}

function toolStarted(work: Work, message: OpenMessage, { id, name, input }: Extract<Block, { is: "tool" }>): void {
  const about = { message: work.id(message.id), part: work.id(id), kind: "tool", tool: name, toolKind: toolKind(name) } as const;
  work.tell({ type: "part.started", ...about, title: toolTitle(name, input) });
  work.set({ tools: [...work.state.tools, { id, message: message.id, parent: message.parent }].slice(-MAX_TOOLS) });
}

function toolResult(work: Work, { tool: id, output, isError }: Extract<Block, { is: "tool-result" }>, detail: unknown): void {
  const tool = work.state.tools.find((one) => one.id === id);
  if (!tool) return;
  const diffs = isError ? [] : doneDiffs(detail);
  const about = { message: work.id(tool.message), part: work.id(id), status: isError ? "failed" : "completed" } as const;
  work.tell({ type: "part.updated", ...about, output: shownOutput(output), ...(diffs.length === 0 ? {} : { diffs }) });
  work.set({ tools: work.state.tools.filter((one) => one.id !== id) });
  toolEnded(work, id);
}

function textStarted(work: Work, { id }: OpenMessage, kind: "text" | "reasoning"): string {
  const { parts } = work.state.messages.find((one) => one.id === id)!;
  const part = work.id(`${id}.${parts}`);
  work.tell({ type: "part.started", message: work.id(id), part, kind });
  change(work, id, (one) => ({ ...one, parts: parts + 1 }));
  return part;
}

function endText(work: Work, id: string, { is, part }: OpenBlock): void {
  if (part !== null && (is === "text" || is === "reasoning")) work.tell({ type: "part.ended", message: work.id(id), part });
}

function add(work: Work, { id }: OpenMessage, block: OpenBlock): void {
  change(work, id, (one) => ({ ...one, blocks: [...one.blocks.filter(({ index }) => index !== block.index), block].slice(-MAX_BLOCKS) }));
}

function change(work: Work, id: string, to: (message: OpenMessage) => OpenMessage): void {
  work.set({ messages: work.state.messages.map((one) => (one.id === id ? to(one) : one)) });
}

/** FNV-1a over the characters so far: texts that differ are found to, without being kept. */
function hash(text: string, before: number): number {
  let value = before;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return value;
}
