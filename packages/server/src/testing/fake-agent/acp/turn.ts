/** One prompt of an ACP session: what is said comes as updates, tools are asked about, the answer to the request ends it. */
import { randomUUID } from "node:crypto";
import type { ToolCall } from "../answers/directives.ts";
import { planAnswer, type Plan } from "../answers/plan.ts";
import { tell } from "../telling.ts";
import { commandOf, runTool } from "../tool.ts";
import type { AcpProfile } from "./profile.ts";
import type { SessionFile } from "./session-file.ts";

export interface AcpTurnWay {
  readonly profile: AcpProfile;
  readonly file: SessionFile;
  readonly failures: Map<string, number>;
  readonly signal: AbortSignal;
  update(update: object): void;
  /** The chosen option; `null` when it was cancelled. */
  ask(params: object): Promise<string | null>;
}

export type AcpEnd =
  | { readonly stopReason: "end_turn" | "cancelled" }
  | { readonly error: { readonly code: number; readonly message: string } };

export class AcpTurn {
  readonly #way: AcpTurnWay;
  readonly #text: string;

  constructor(way: AcpTurnWay, text: string) {
    this.#way = way;
    this.#text = text;
  }

  async run(): Promise<AcpEnd> {
    this.#way.file.add({ by: "user", text: this.#text });
    for (;;) {
      const plan = planAnswer(this.#way.file.items, this.#way.failures);
      if (plan.is === "error") return { error: { code: plan.status, message: `made-up error ${plan.status}` } };
      const told = await this.#tell(plan);
      if (told === "stopped") return { stopReason: "cancelled" };
      if (told === "cut") return { error: { code: 500, message: "terminated" } };
      for (const call of plan.calls) {
        const ran = await this.#runTool(call);
        if (ran === "cancelled") return { stopReason: "cancelled" };
        if (ran === "rejected" && this.#way.profile.endsAtRejection) return { stopReason: "end_turn" };
      }
      if (plan.calls.length === 0) return { stopReason: "end_turn" };
    }
  }

  async #tell(plan: Plan): Promise<"whole" | "cut" | "stopped"> {
    const id = `msg_${randomUUID()}`;
    const { givesMessageIds, thinksApart } = this.#way.profile;
    const named = givesMessageIds ? { messageId: id } : {};
    const thinking = thinksApart ? { messageId: `prt_${randomUUID()}` } : named;
    let said = "";
    const say = (text: string): void => {
      said += text;
      this.#way.update({ sessionUpdate: "agent_message_chunk", ...named, content: { type: "text", text } });
    };
    const think = (text: string): void =>
      this.#way.update({ sessionUpdate: "agent_thought_chunk", ...thinking, content: { type: "text", text } });
    const told = await tell(plan, this.#text, { think, say }, this.#way.signal);
    if (told === "whole") this.#way.file.add({ by: "assistant", text: said }, id);
    return told;
  }

  async #runTool(call: ToolCall): Promise<"done" | "rejected" | "cancelled"> {
    const { profile, file, signal } = this.#way;
    const toolCallId = `call_${randomUUID()}`;
    const { name, input } = call;
    const command = commandOf(call);
    const what = { toolCallId, title: command, kind: "execute", locations: [], rawInput: input };
    if (profile.announcesTools) {
      this.#way.update({ ...what, sessionUpdate: "tool_call", title: name, status: "pending" });
      this.#way.update({ ...what, sessionUpdate: "tool_call_update", status: "in_progress" });
    }
    const toolCall = { ...what, status: "pending", content: [{ type: "content", content: { type: "text", text: "x" } }] };
    const chosen = await this.#way.ask({ options: profile.options, toolCall });
    if (chosen === null || signal.aborted) return "cancelled";
    if (profile.options.find(({ optionId }) => optionId === chosen)?.kind.startsWith("reject") ?? true) {
      if (profile.announcesTools)
        this.#way.update({
          ...what,
          sessionUpdate: "tool_call_update",
          status: "failed",
          content: contentOf("The user rejected this call."),
        });
      file.add({ by: "tool", text: `Tool "${name}" was canceled by the user.` });
      return "rejected";
    }
    const { output, code, wasStopped } = await runTool(command, signal);
    if (wasStopped) return "cancelled";
    this.#way.update({
      ...what,
      sessionUpdate: "tool_call_update",
      status: code === 0 ? "completed" : "failed",
      content: contentOf(output),
    });
    file.add({ by: "tool", text: output.trim() });
    return "done";
  }
}

function contentOf(text: string): object[] {
  return [{ type: "content", content: { type: "text", text } }];
}
