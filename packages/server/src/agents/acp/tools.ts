/**
 * Tool calls: an agent tells one by `tool_call`, by an update of a call that was never told, or first by asking for permission.
 * However it comes, it is one part of the message.
 */
import type { DriverEvent, FileDiff, ToolKind, ToolStatus } from "@perdure/protocol";
import { type Fields, fieldsOf, listOf, textOf, under } from "./fields.ts";
import { closePart, openMessage } from "./messages.ts";
import type { AcpStep, AcpTool } from "./state.ts";

/** Texts of files and outputs are cut here. */
const MAX_TEXT = 256 * 1024;
/** Calls of one turn that can still be changed; older ones stay as they are. */
const MAX_TOOLS = 500;

const KINDS: Readonly<Record<string, ToolKind>> = {
  read: "read",
  edit: "edit",
  delete: "edit",
  move: "edit",
  search: "search",
  execute: "execute",
  think: "think",
  fetch: "fetch",
};

const STATUSES: Readonly<Record<string, ToolStatus>> = {
  pending: "pending",
  in_progress: "running",
  completed: "completed",
  failed: "failed",
};

/** What the agent tells of a call; `null` where it has no id. */
export function foldTool(step: AcpStep, update: Fields): AcpTool | null {
  const call = textOf(update["toolCallId"]);
  if (call === null) return null;
  const before = step.state.tools.find((one) => one.call === call);
  const tool = before ?? begin(step, call, update);
  const changes = changesOf(update);
  if (before && textOf(update["title"]) !== null) changes.title = String(update["title"]);
  if (before && update["rawInput"] !== undefined) changes.input = update["rawInput"];
  if (Object.keys(changes).length > 0) step.tell({ type: "part.updated", message: tool.message, part: tool.part, ...changes });
  const isOpen = changes.status === undefined ? tool.isOpen : changes.status === "pending" || changes.status === "running";
  if (isOpen !== tool.isOpen) step.set({ tools: step.state.tools.map((one) => (one.call === call ? { ...one, isOpen } : one)) });
  return tool;
}

/** The changes of files that a call is about. */
export function diffsOf(update: Fields): readonly FileDiff[] {
  return listOf(update["content"]).flatMap((one) => {
    const path = textOf(one["path"]);
    if (one["type"] !== "diff" || path === null) return [];
    const before = typeof one["oldText"] === "string" ? one["oldText"].slice(0, MAX_TEXT) : null;
    return [{ path, before, after: (textOf(one["newText"]) ?? "").slice(0, MAX_TEXT) }];
  });
}

/** What the call says in words, its output or what it is about. */
export function toolText(update: Fields): string | null {
  const texts = listOf(update["content"]).flatMap((one) => {
    const text = one["type"] === "content" ? textOf(fieldsOf(one["content"])["text"]) : null;
    return text === null ? [] : [text];
  });
  if (texts.length > 0) return texts.join("\n").slice(0, MAX_TEXT);
  const raw = update["rawOutput"];
  const text = typeof raw === "string" ? raw : textOf(fieldsOf(raw)["output"]);
  return text === null || text === "" ? null : text.slice(0, MAX_TEXT);
}

function begin(step: AcpStep, call: string, update: Fields): AcpTool {
  closePart(step);
  const message = openMessage(step, null);
  const part = step.newId("t") + `.${call}`;
  const toolKind = under(KINDS, update["kind"]) ?? "other";
  const title = textOf(update["title"]) ?? toolKind;
  const meta = fieldsOf(fieldsOf(update["_meta"])["claudeCode"]);
  const tool = textOf(meta["toolName"]) ?? toolKind;
  const input = update["rawInput"] === undefined ? {} : { input: update["rawInput"] };
  step.tell({ type: "part.started", message, part, kind: "tool", tool, toolKind, title, ...input });
  const made: AcpTool = { call, message, part, isOpen: true };
  step.set({ tools: [...step.state.tools, made].slice(-MAX_TOOLS) });
  return made;
}

type Changes = {
  -readonly [Key in "status" | "title" | "input" | "output" | "diffs"]?: Extract<DriverEvent, { type: "part.updated" }>[Key];
};

function changesOf(update: Fields): Changes {
  const status = under(STATUSES, update["status"]);
  // Before a call runs, its content says what it is about.
  const output = update["status"] === "pending" ? null : toolText(update);
  const diffs = diffsOf(update);
  return {
    ...(status === undefined ? {} : { status }),
    ...(output === null ? {} : { output }),
    ...(diffs.length === 0 ? {} : { diffs }),
  };
}
