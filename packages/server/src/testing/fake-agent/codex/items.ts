/** Codex's items and turns in the shapes of its app server. */
import { randomUUID } from "node:crypto";
import type { Message } from "../input-lines.ts";

export const CODEX_VERSION = "0.169.0";

const nowMs = (): number => Date.now();

export function userMessage(text: string, clientId: string | null): Message {
  const content = [{ type: "text", text, text_elements: [] }];
  return { type: "userMessage", id: randomUUID(), clientId, content, startedAtMs: nowMs(), completedAtMs: null };
}

export function agentMessage(id: string, text: string): Message {
  const none = { moderation: null, phase: null, memoryCitation: null, delivery: null, questions: null };
  return { type: "agentMessage", ...none, id, text, startedAtMs: nowMs(), completedAtMs: null };
}

export function reasoning(id: string, summary: readonly string[]): Message {
  return { type: "reasoning", id, summary, content: [], startedAtMs: nowMs(), completedAtMs: null };
}

export interface CommandFacts {
  readonly status: "inProgress" | "completed" | "declined" | "failed";
  readonly output: string | null;
  readonly exitCode: number | null;
}

export function commandExecution(id: string, command: string, { status, output, exitCode }: CommandFacts): Message {
  const what = { command: `/bin/bash -c '${command}'`, cwd: process.cwd(), processId: null, source: "agent", status };
  const done = { aggregatedOutput: output, exitCode, durationMs: exitCode === null ? null : 1 };
  return { type: "commandExecution", id, ...what, commandActions: [{ type: "unknown", command }], ...done, startedAtMs: nowMs() };
}

export interface TurnFacts {
  readonly id: string;
  readonly status: "inProgress" | "completed" | "interrupted" | "failed";
  readonly items?: readonly Message[];
  readonly error?: object | null;
}

export function turnOf({ id, status, items = [], error = null }: TurnFacts): object {
  const seconds = Math.floor(nowMs() / 1000);
  const isOver = status !== "inProgress";
  const view = items.length === 0 ? "notLoaded" : "summary";
  const times = { startedAt: seconds, completedAt: isOver ? seconds : null, durationMs: isOver ? 5 : null };
  return { id, rootTurnId: id, items, itemsView: view, status, error, ...times };
}

export function threadOf(id: string, file: string, cwd: string, turns: readonly object[]): object {
  const seconds = Math.floor(nowMs() / 1000);
  const times = { createdAt: seconds, updatedAt: seconds, recencyAt: seconds };
  const model = { modelProvider: "fake", model: "gpt-5.1-codex", reasoningEffort: null };
  const where = { path: file, cwd, cliVersion: CODEX_VERSION, originator: "perdure", source: "vscode" };
  return { id, sessionId: id, preview: "", ephemeral: false, ...model, ...times, status: { type: "idle" }, ...where, name: null, turns };
}
