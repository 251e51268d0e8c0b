/** The lines of Claude Code's stream-json, as the version imitated here prints them. */
import { randomUUID } from "node:crypto";
import type { Message } from "../input-lines.ts";

export const CLAUDE_VERSION: string = process.env["FAKE_CLAUDE_VERSION"] ?? "2.1.329";

const NO_USAGE = { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 };
const USAGE = { ...NO_USAGE, input_tokens: 10, output_tokens: 5 };

export interface LineNames {
  readonly session_id: string;
}

export function lifecycle(names: LineNames, command: string, state: string): object {
  return { type: "command_lifecycle", command_uuid: command, state, uuid: randomUUID(), ...names };
}

export function init(names: LineNames, model: string, permissionMode: string): object {
  const tools = ["Task", "Bash", "Edit", "Read", "Write", "WebFetch"];
  const what = { cwd: process.cwd(), tools, mcp_servers: [], model, permissionMode, slash_commands: ["compact", "context"] };
  return { type: "system", subtype: "init", ...names, ...what, claude_code_version: CLAUDE_VERSION, uuid: randomUUID() };
}

export function requesting(names: LineNames, user: string): object {
  return { type: "system", subtype: "status", status: "requesting", ...names, uuid: randomUUID(), user_message_uuids: [user] };
}

export function retry(names: LineNames, attempt: number, maxRetries: number, status: number | null): object {
  const error = status === null ? "unknown" : status === 529 ? "overloaded" : status === 429 ? "rate_limit" : "server_error";
  const what = { attempt, max_retries: maxRetries, retry_delay_ms: 20, error_status: status, error };
  return { type: "system", subtype: "api_retry", ...what, ...names, uuid: randomUUID() };
}

export function replayed(names: LineNames, uuid: string, message: unknown): object {
  return { type: "user", message, ...names, parent_tool_use_id: null, uuid, timestamp: new Date().toISOString(), isReplay: true };
}

export function streamEvent(names: LineNames, event: object): object {
  return { type: "stream_event", event, ...names, parent_tool_use_id: null, uuid: randomUUID() };
}

export function messageOf(id: string, model: string, content: readonly object[], stopReason: string | null = null): Message {
  return { id, type: "message", role: "assistant", model, content, stop_reason: stopReason, stop_sequence: null, usage: USAGE };
}

export function said(names: LineNames, type: "assistant" | "user", uuid: string, message: Message, more: object = {}): object {
  return { type, message, parent_tool_use_id: null, ...names, uuid, timestamp: new Date().toISOString(), ...more };
}

export interface ResultFacts {
  readonly subtype: "success" | "error_during_execution";
  readonly is_error: boolean;
  readonly terminal_reason: string;
  readonly num_turns: number;
  readonly result?: string;
  readonly errors?: readonly string[];
  readonly api_error_status?: number | null;
  readonly permission_denials?: readonly object[];
}

/** Its keys come in any order, `type` not first. */
export function result(names: LineNames, facts: ResultFacts): object {
  const common = { duration_api_ms: 12, stop_reason: "end_turn", total_cost_usd: 0.0001, usage: USAGE, permission_denials: [] };
  return { ...common, ...names, ...facts, type: "result", duration_ms: 34, uuid: randomUUID() };
}

/** What is printed for a conversation that is not there, before the program ends by itself. */
export function noConversation(sessionId: string, error: string): object {
  const errors = [error];
  const none = { duration_ms: 0, duration_api_ms: 0, num_turns: 0, stop_reason: null, total_cost_usd: 0, usage: NO_USAGE };
  const what = { type: "result", subtype: "error_during_execution", is_error: true, session_id: sessionId };
  return { ...what, ...none, modelUsage: {}, permission_denials: [], uuid: randomUUID(), errors };
}

export function initialized(permissionMode: string): object {
  const models = [
    { value: "default", resolvedModel: "claude-opus-5-5", displayName: "Default (recommended)", description: "Made up" },
    { value: "sonnet", resolvedModel: "claude-sonnet-5-5", displayName: "Sonnet", description: "Made up" },
  ];
  return {
    commands: [
      { name: "compact", description: "Made up", argumentHint: "", builtin: true },
      { name: "context", description: "Made up", argumentHint: "", builtin: true },
    ],
    agents: [],
    output_style: "default",
    models,
    account: { tokenSource: "none", apiKeySource: "ANTHROPIC_API_KEY", apiProvider: "firstParty" },
    pid: process.pid,
    claude_code_version: CLAUDE_VERSION,
    current_permission_mode: permissionMode,
    session_state: "idle",
    capabilities: [],
  };
}
