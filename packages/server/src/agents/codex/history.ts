/**
 * A conversation as codex's own file tells it. Only items that were completed are read, by their ids, which are the driver's as well;
 * files of older versions have no items, and tell what was said in events without ids. Everything else in the file is passed over.
 */
import type { TurnEnd } from "@perdure/protocol";
import * as z from "zod/mini";
import type { AgentHistory, ImportedMessage } from "../agent.ts";
import { readJsonLines } from "../json-lines-file.ts";
import { newestTurns } from "../newest-turns.ts";
import { cutLine, MAX_OUTPUT_CHARACTERS } from "./tools.ts";

/** Lines without these words hold nothing that is read, and are many. */
const WORTH_PARSING = /"(item_completed|user_message|agent_message|task_complete|turn_aborted)"/;

const Line = z.object({ timestamp: z.string(), type: z.literal("event_msg"), payload: z.looseObject({ type: z.string() }) });
const Said = z.object({ text: z.optional(z.string()) });
const content = z._default(z.array(Said), []);
const Item = z.discriminatedUnion("type", [
  z.object({ type: z.literal("UserMessage"), id: z.string(), client_id: z.nullish(z.string()), content }),
  z.object({ type: z.literal("AgentMessage"), id: z.string(), content }),
  z.object({
    type: z.literal("CommandExecution"),
    id: z.string(),
    command: z._default(z.array(z.string()), []),
    aggregated_output: z.nullish(z.string()),
  }),
  z.object({
    type: z.literal("FileChange"),
    id: z.string(),
    changes: z._default(z.record(z.string(), z.unknown()), {}),
    stdout: z.nullish(z.string()),
  }),
  z.object({ type: z.literal("McpToolCall"), id: z.string(), server: z.string(), tool: z.string() }),
]);
type Item = z.infer<typeof Item>;
type Tool = ImportedMessage["tools"][number];

/** `null`: the file is gone. */
export async function readHistory(file: string): Promise<AgentHistory | null> {
  const items: ImportedMessage[] = [];
  const events: ImportedMessage[] = [];
  const take = (line: unknown, from: number): void => takeLine(line, from, items, events);
  const read = await readJsonLines({ file, worth: WORTH_PARSING, take });
  return read && newestTurns(items.length > 0 ? items : events, read);
}

function takeLine(line: unknown, from: number, items: ImportedMessage[], events: ImportedMessage[]): void {
  const { success, data } = Line.safeParse(line);
  if (!success) return;
  const { timestamp, payload } = data;
  const at = Date.parse(timestamp) || 0;
  if (payload.type === "item_completed") {
    const item = Item.safeParse(payload["item"]);
    if (item.success) takeItem(item.data, at, items);
  } else if (payload.type === "task_complete" || payload.type === "turn_aborted") {
    for (const list of [items, events]) endTurn(list, payload.type === "task_complete" ? "completed" : "interrupted");
  } else if (payload.type === "user_message" || payload.type === "agent_message") {
    const role = payload.type === "user_message" ? "user" : "assistant";
    const said = payload["message"];
    if (typeof said === "string") events.push({ id: `at.${from}`, role, at, text: said, tools: [] });
  }
}

function endTurn(messages: ImportedMessage[], ends: TurnEnd): void {
  const last = messages.at(-1);
  if (last) messages[messages.length - 1] = { ...last, ends };
}

/** It goes on. */
function withoutEnd({ id, role, at, text, tools }: ImportedMessage): ImportedMessage {
  return { id, role, at, text, tools };
}

/** A tool belongs to what was said before it. */
function takeItem(item: Item, at: number, messages: ImportedMessage[]): void {
  switch (item.type) {
    case "UserMessage":
      return void messages.push({ id: item.client_id ?? item.id, role: "user", at, text: textOf(item.content), tools: [] });
    case "AgentMessage":
      return void messages.push({ id: item.id, role: "assistant", at, text: textOf(item.content), tools: [] });
    default: {
      const tool = toolOf(item);
      const last = messages.at(-1);
      if (last?.role === "assistant") messages[messages.length - 1] = { ...withoutEnd(last), tools: [...last.tools, tool] };
      else messages.push({ id: `tools.${item.id}`, role: "assistant", at, text: "", tools: [tool] });
    }
  }
}

function toolOf(item: Exclude<Item, { type: "UserMessage" | "AgentMessage" }>): Tool {
  switch (item.type) {
    case "CommandExecution": {
      const title = cutLine(item.command.at(-1) ?? "") || "shell";
      return { id: item.id, tool: "shell", title, output: item.aggregated_output?.slice(0, MAX_OUTPUT_CHARACTERS) ?? null };
    }
    case "FileChange":
      return {
        id: item.id,
        tool: "apply_patch",
        title: cutLine(`Change ${Object.keys(item.changes).join(", ")}`),
        output: item.stdout ?? null,
      };
    case "McpToolCall":
      return { id: item.id, tool: `${item.server}.${item.tool}`, title: `${item.server}: ${item.tool}`, output: null };
  }
}

function textOf(parts: z.infer<typeof content>): string {
  return parts.map(({ text }) => text ?? "").join("\n");
}
