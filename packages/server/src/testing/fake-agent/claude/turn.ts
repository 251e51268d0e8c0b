/** One turn of Claude Code: answers of the model and tools until the model has nothing more to call, then one `result`. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { readDirectives, type ToolCall } from "../answers/directives.ts";
import { planAnswer, type Plan } from "../answers/plan.ts";
import type { Message } from "../input-lines.ts";
import { printLine } from "../output.ts";
import { tell } from "../telling.ts";
import { runTool } from "../tool.ts";
import type { ClaudeArguments } from "./arguments.ts";
import { init, lifecycle, messageOf, replayed, requesting, result, retry, said, type LineNames, type ResultFacts } from "./lines.ts";
import type { Permission, Permissions } from "./permissions.ts";
import { Speaker } from "./speaker.ts";
import type { Transcript } from "./transcript.ts";

export interface UserMessage {
  readonly uuid: string;
  readonly text: string;
  readonly message: Message;
}

export interface TurnWay {
  readonly names: LineNames;
  readonly args: ClaudeArguments;
  readonly model: string;
  readonly permissionMode: string;
  readonly transcript: Transcript;
  readonly permissions: Permissions;
  /** How often the model failed on purpose, by text. */
  readonly failures: Map<string, number>;
  readonly signal: AbortSignal;
}

const INTERRUPTED = "[Request interrupted by user]";
const REJECTED =
  "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file edit, the new_string was NOT written to the file). STOP what you are doing and wait for the user to tell you how to proceed.";
const DEFAULT_RETRIES = 10;

type Ended = "completed" | "api_error" | "aborted_streaming" | "aborted_tools";

export class Turn {
  readonly #way: TurnWay;
  readonly #user: UserMessage;
  readonly #denials: object[] = [];
  #isReplayed = false;
  #rounds = 0;
  #lastText = "";
  #errorStatus: number | null = null;

  constructor(way: TurnWay, user: UserMessage) {
    this.#way = way;
    this.#user = user;
  }

  async run(): Promise<Ended> {
    const { names, model, permissionMode, transcript } = this.#way;
    printLine(lifecycle(names, this.#user.uuid, "started"));
    printLine(init(names, model, permissionMode));
    if (!transcript.has(this.#user.uuid)) transcript.append("user", this.#user.uuid, this.#user.message);
    const ended = await this.#answers();
    printLine(result(names, this.#facts(ended)));
    printLine(lifecycle(names, this.#user.uuid, ended === "completed" ? "completed" : "cancelled"));
    if (readDirectives(this.#user.text).late) this.#speaker().say("said when all was over");
    return ended;
  }

  async #answers(): Promise<Ended> {
    for (;;) {
      this.#rounds++;
      printLine(requesting(this.#way.names, this.#user.uuid));
      const plan = await this.#planned();
      if (plan === null) return "api_error";
      const speaker = this.#speaker();
      speaker.begin();
      const told = await tell(plan, this.#user.text, speaker, this.#way.signal);
      if (told === "stopped") return this.#interrupted(speaker);
      if (told === "cut") {
        speaker.abandon();
        printLine(retry(this.#way.names, 1, DEFAULT_RETRIES, null));
        continue;
      }
      this.#lastText = plan.chunks.join("");
      const calls = plan.calls.map((call) => ({ call, id: speaker.call(call) }));
      const [first] = calls;
      let asked: Promise<Permission> | null = null;
      speaker.end(first ? "tool_use" : "end_turn", () => {
        if (first) asked = this.#ask(first.call, first.id);
      });
      if (!first) return "completed";
      for (const { call, id } of calls) {
        const permission = await (asked ?? this.#ask(call, id));
        asked = null;
        if (!(await this.#runTool(call, id, permission))) return "aborted_tools";
      }
    }
  }

  /** The model's plan behind the retries of its errors; `null` when it failed for good. */
  async #planned(): Promise<Plan | null> {
    const maxRetries = Number(process.env["CLAUDE_CODE_MAX_RETRIES"] ?? DEFAULT_RETRIES);
    for (let attempt = 1; ; attempt++) {
      const plan = planAnswer(this.#way.transcript.items(this.#user), this.#way.failures);
      if (plan.is !== "error") return plan;
      if (plan.status < 429 || attempt > maxRetries || this.#way.signal.aborted) return this.#failed(plan.status);
      printLine(retry(this.#way.names, attempt, maxRetries, plan.status));
      await delay(20);
    }
  }

  #failed(status: number): null {
    this.#replay();
    this.#errorStatus = status;
    this.#lastText = `API Error: ${status} made-up error ${status}`;
    const message = messageOf(randomUUID(), "<synthetic>", [{ type: "text", text: this.#lastText }], "stop_sequence");
    const uuid = randomUUID();
    this.#way.transcript.append("assistant", uuid, message);
    printLine(said(this.#way.names, "assistant", uuid, message, { is_api_error_message: true, api_error_status: status }));
    return null;
  }

  #interrupted(speaker: Speaker): "aborted_streaming" {
    speaker.interrupt(() => this.#userSays([{ type: "text", text: INTERRUPTED }]));
    return "aborted_streaming";
  }

  async #ask(call: ToolCall, id: string): Promise<Permission> {
    const { permissions, args, permissionMode } = this.#way;
    if (args.asksForPermission && permissionMode === "default") return permissions.ask(call, id);
    return { is: "allow", input: call.input };
  }

  /** `false`: somebody interrupted. */
  async #runTool(call: ToolCall, id: string, permission: Permission): Promise<boolean> {
    const { signal } = this.#way;
    if (permission.is === "cancelled" || signal.aborted) return this.#toolStopped(id);
    if (permission.is === "deny") {
      this.#denials.push({ tool_name: call.name, tool_use_id: id, tool_input: call.input });
      this.#toolSays(id, permission.message, true);
      return true;
    }
    const { command } = permission.input;
    const done = typeof command === "string" ? await runTool(command, signal) : { code: 0, output: "done", wasStopped: false };
    if (done.wasStopped) return this.#toolStopped(id);
    this.#toolSays(id, done.output.trim() || `(${call.name} completed with no output)`, done.code !== 0);
    return true;
  }

  #toolStopped(id: string): false {
    this.#toolSays(id, REJECTED, true);
    this.#userSays([{ type: "text", text: "[Request interrupted by user for tool use]" }]);
    return false;
  }

  #toolSays(id: string, content: string, isError: boolean): void {
    const more = { tool_use_result: isError ? `Error: ${content}` : { stdout: content, stderr: "", interrupted: false } };
    this.#userSays([{ type: "tool_result", content, is_error: isError, tool_use_id: id }], more);
  }

  #userSays(content: readonly object[], more: object = {}): void {
    const uuid = randomUUID();
    const message: Message = { role: "user", content };
    this.#way.transcript.append("user", uuid, message);
    printLine(said(this.#way.names, "user", uuid, message, more));
  }

  #speaker(): Speaker {
    const { names, model, transcript, args } = this.#way;
    return new Speaker({ names, model, transcript, withDeltas: args.withDeltas, before: () => this.#replay() });
  }

  #replay(): void {
    if (this.#isReplayed || !this.#way.args.withReplay) return;
    this.#isReplayed = true;
    printLine(replayed(this.#way.names, this.#user.uuid, this.#user.message));
  }

  #facts(ended: Ended): ResultFacts {
    const common = { terminal_reason: ended, num_turns: this.#rounds, permission_denials: this.#denials };
    if (ended === "completed") return { ...common, subtype: "success", is_error: false, result: this.#lastText, api_error_status: null };
    if (ended === "api_error") {
      return { ...common, subtype: "success", is_error: true, result: this.#lastText, api_error_status: this.#errorStatus };
    }
    const errors = ["[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=null"];
    return { ...common, subtype: "error_during_execution", is_error: true, errors };
  }
}
