/** One turn of Codex, told as its app server tells it. An interrupted answer is thrown away, as Codex does. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { ToolCall } from "../answers/directives.ts";
import { planAnswer, type Plan } from "../answers/plan.ts";
import type { Message } from "../input-lines.ts";
import { tell } from "../telling.ts";
import { commandOf, runTool } from "../tool.ts";
import { agentMessage, commandExecution, reasoning, turnOf, userMessage } from "./items.ts";
import type { Rollout } from "./rollout.ts";

export interface CodexTurnWay {
  readonly thread: string;
  readonly turn: string;
  readonly rollout: Rollout;
  readonly failures: Map<string, number>;
  readonly asksForApproval: boolean;
  readonly signal: AbortSignal;
  notify(method: string, params: object): void;
  /** The decision of whoever drives it; `null` when it was interrupted meanwhile. */
  ask(method: string, params: object): Promise<string | null>;
}

const STREAM_RETRIES = 2;
const CUT = "stream disconnected before completion: Transport error: network error: error decoding response body";
const BUSY = "We’re currently experiencing high demand, which may cause temporary errors.";

type Ended = { readonly status: "completed" | "interrupted" } | { readonly status: "failed"; readonly error: object };

export class CodexTurn {
  readonly #way: CodexTurnWay;
  readonly #text: string;
  #last: Message[] = [];

  constructor(way: CodexTurnWay, text: string) {
    this.#way = way;
    this.#text = text;
  }

  async run(clientId: string | null): Promise<void> {
    const { turn, rollout } = this.#way;
    this.#notify("thread/status/changed", { status: { type: "active", activeFlags: [] } });
    this.#notify("turn/started", { turn: turnOf({ id: turn, status: "inProgress" }) });
    rollout.append({ type: "event_msg", payload: { type: "task_started", turn_id: turn } });
    this.#remember({ type: "message", role: "user", content: [{ type: "input_text", text: this.#text }] });
    this.#whole(userMessage(this.#text, clientId));
    const ended = await this.#answers();
    const error = ended.status === "failed" ? ended.error : null;
    const over = ended.status === "interrupted" ? "turn_aborted" : "task_complete";
    rollout.append({ type: "event_msg", payload: { type: over, turn_id: turn, failed: error !== null } });
    this.#notify("thread/status/changed", { status: { type: error === null ? "idle" : "systemError" } });
    if (error !== null) this.#notify("error", { error, willRetry: false, turnId: turn });
    const items = ended.status === "completed" ? this.#last : [];
    this.#notify("turn/completed", { turn: turnOf({ id: turn, status: ended.status, items, error }) });
  }

  async #answers(): Promise<Ended> {
    for (let retries = 0; ;) {
      const plan = planAnswer(this.#way.rollout.items(), this.#way.failures);
      const told = plan.is === "error" ? "error" : await this.#tell(plan);
      if (told === "stopped") return { status: "interrupted" };
      if (told === "error" || told === "cut") {
        const { isFinal, error } = failureOf(plan);
        if (isFinal || retries === STREAM_RETRIES) return { status: "failed", error };
        retries++;
        const again = {
          message: `Reconnecting... ${retries}/${STREAM_RETRIES}`,
          codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: null } },
        };
        this.#notify("error", { error: again, willRetry: true, turnId: this.#way.turn });
        await delay(20);
        continue;
      }
      for (const call of plan.calls) if (!(await this.#runTool(call))) return { status: "interrupted" };
      this.#notify("thread/tokenUsage/updated", { turnId: this.#way.turn, tokenUsage: USAGE });
      if (plan.calls.length === 0) return { status: "completed" };
    }
  }

  /** An item of thoughts and one of text. */
  async #tell(plan: Plan): Promise<"whole" | "cut" | "stopped"> {
    const id = `msg_${randomUUID()}`;
    const thoughts = new Thoughts((method, params) => this.#item(method, params));
    let said = "";
    const say = (delta: string): void => {
      thoughts.end();
      if (said === "") this.#item("item/started", { item: agentMessage(id, "") });
      said += delta;
      this.#item("item/agentMessage/delta", { itemId: id, delta });
    };
    const told = await tell(plan, this.#text, { think: (text) => thoughts.think(text), say }, this.#way.signal);
    if (told !== "whole") return told;
    const item = agentMessage(id, said);
    this.#last = [item];
    this.#completed(item);
    this.#remember({ type: "message", role: "assistant", content: [{ type: "output_text", text: said }] });
    return told;
  }

  /** `false`: it was interrupted. */
  async #runTool(call: ToolCall): Promise<boolean> {
    const id = `call_${randomUUID()}`;
    const command = commandOf(call);
    const started = commandExecution(id, command, { status: "inProgress", output: null, exitCode: null });
    if (this.#way.asksForApproval) {
      this.#notify("thread/status/changed", { status: { type: "active", activeFlags: ["waitingOnApproval"] } });
      this.#item("item/started", { item: started });
      const question = { kind: "command", itemId: id, command: started["command"], cwd: process.cwd(), startedAtMs: Date.now() };
      const what = { ...question, availableDecisions: ["accept", "cancel"] };
      const decision = await this.#way.ask("item/commandExecution/requestApproval", { ...this.#names(), ...what });
      if (decision === null || this.#way.signal.aborted) return false;
      this.#notify("thread/status/changed", { status: { type: "active", activeFlags: [] } });
      if (decision === "cancel") return false;
      if (!decision.startsWith("accept")) {
        this.#completed(commandExecution(id, command, { status: "declined", output: null, exitCode: null }));
        this.#toolSaid(id, 'exec_command failed: CreateProcess { message: "Rejected(\\"rejected by user\\")" }');
        return true;
      }
    } else this.#item("item/started", { item: started });
    const { code, output, wasStopped } = await runTool(command, this.#way.signal);
    if (wasStopped) return false;
    this.#completed(commandExecution(id, command, { status: code === 0 ? "completed" : "failed", output, exitCode: code }));
    this.#toolSaid(id, `Process exited with code ${code}\nOutput:\n${output}`);
    return true;
  }

  #toolSaid(callId: string, output: string): void {
    this.#remember({ type: "function_call_output", call_id: callId, output });
  }

  #whole(item: Message): void {
    this.#item("item/started", { item });
    this.#completed(item);
  }

  #completed(item: Message): void {
    const done = { ...item, completedAtMs: Date.now() };
    this.#item("item/completed", { item: done, completedAtMs: Date.now() });
    const payload = { type: "item_completed", thread_id: this.#way.thread, turn_id: this.#way.turn };
    this.#way.rollout.append({ type: "event_msg", payload: { ...payload, item: inRollout(done), told: done } });
  }

  #remember(payload: object): void {
    this.#way.rollout.append({ type: "response_item", payload });
  }

  #item(method: string, params: object): void {
    this.#way.notify(method, { ...params, ...this.#names() });
  }

  #names(): object {
    return { threadId: this.#way.thread, turnId: this.#way.turn };
  }

  #notify(method: string, params: object): void {
    this.#way.notify(method, { threadId: this.#way.thread, ...params });
  }
}

const TOKENS = { totalTokens: 15, inputTokens: 10, cachedInputTokens: 0, outputTokens: 5, reasoningOutputTokens: 0 };
const USAGE = { total: TOKENS, last: TOKENS, modelContextWindow: 258_400 };

/** The item of reasoning before an answer. */
class Thoughts {
  readonly #id = `rs_${randomUUID()}`;
  readonly #item: (method: string, params: object) => void;
  #text = "";

  constructor(item: (method: string, params: object) => void) {
    this.#item = item;
  }

  think(delta: string): void {
    if (this.#text === "") {
      this.#item("item/started", { item: reasoning(this.#id, []) });
      this.#item("item/reasoning/summaryPartAdded", { itemId: this.#id, summaryIndex: 0 });
    }
    this.#text += delta;
    this.#item("item/reasoning/summaryTextDelta", { itemId: this.#id, delta, summaryIndex: 0 });
  }

  end(): void {
    if (this.#text !== "") this.#item("item/completed", { item: reasoning(this.#id, [this.#text]) });
    this.#text = "";
  }
}

/** How the rollout names an item: capitals, and content in parts. */
function inRollout(item: Message): object {
  const type = String(item["type"]);
  const capital = type.slice(0, 1).toUpperCase() + type.slice(1);
  const { id, clientId, content, text } = item;
  if (type === "userMessage") return { type: capital, id, client_id: clientId, content };
  if (type === "agentMessage") return { type: capital, id, content: [{ type: "Text", text }] };
  return { ...item, type: capital };
}

function failureOf({ is, status }: Plan): { readonly isFinal: boolean; readonly error: object } {
  const none = { additionalDetails: null, misalignment: null };
  if (is !== "error") return { isFinal: false, error: { message: CUT, codexErrorInfo: "other", ...none } };
  if (status === 429) {
    const info = { responseTooManyFailedAttempts: { httpStatusCode: status } };
    return { isFinal: true, error: { message: "exceeded retry limit, last status: 429 Too Many Requests", codexErrorInfo: info, ...none } };
  }
  if (status === 401) {
    const info = { httpConnectionFailed: { httpStatusCode: status } };
    return { isFinal: false, error: { message: "unexpected status 401 Unauthorized: made-up error 401", codexErrorInfo: info, ...none } };
  }
  if (status >= 500) return { isFinal: false, error: { message: BUSY, codexErrorInfo: "internalServerError", ...none } };
  const message = JSON.stringify({ error: { message: `made-up error ${status}`, type: "server_error", code: "server_error" } });
  return { isFinal: true, error: { message, codexErrorInfo: "other", ...none } };
}
