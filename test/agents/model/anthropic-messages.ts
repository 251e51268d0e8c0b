// Anthropic Messages, as Claude Code speaks it.

import { z } from "zod";
import type { Dialect, Emit, AnswerNames, Question, Speaker } from "./dialect.ts";
import type { ToolCall } from "../../../packages/server/src/testing/fake-agent/answers/directives.ts";
import type { Item } from "../../../packages/server/src/testing/fake-agent/answers/plan.ts";

const Block = z.looseObject({ type: z.string(), text: z.string().optional(), content: z.unknown().optional() });
const Content = z.union([z.string(), z.array(Block)]);
const Request = z.looseObject({
  model: z.string().default("fake-model"),
  stream: z.boolean().default(false),
  tools: z.array(z.unknown()).default([]),
  messages: z.array(z.looseObject({ role: z.string(), content: Content })).default([]),
});

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  429: "rate_limit_error",
  529: "overloaded_error",
};

function read(body: unknown): Question {
  const request = Request.parse(body);
  const items = request.messages.flatMap(({ role, content }) => itemsOf(role, content));
  // Without tools it is a question beside the conversation: a title, a topic.
  const aside = request.tools.length > 0 ? null : '{"title": "A made-up title", "isNewTopic": true}';
  return { model: request.model, items, wantsStream: request.stream, aside };
}

/** What the agent says of itself in the middle of a conversation (role `system`) is no item. */
function itemsOf(role: string, content: z.infer<typeof Content>): Item[] {
  if (role !== "user" && role !== "assistant") return [];
  if (typeof content === "string") return [{ by: role, text: content }];
  return content.flatMap((block): Item[] => {
    if (block.type === "tool_result") return [{ by: "tool", text: textOf(Content.safeParse(block.content).data ?? "") }];
    return block.text === undefined ? [] : [{ by: role, text: block.text }];
  });
}

function textOf(content: z.infer<typeof Content>): string {
  return typeof content === "string" ? content : content.map((block) => block.text ?? "").join("\n");
}

function message(names: AnswerNames, content: unknown, stopReason: string | null): object {
  const usage = { input_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 };
  const { id, model } = names;
  return { id: `msg_${id}`, type: "message", role: "assistant", model, content, stop_reason: stopReason, stop_sequence: null, usage };
}

const toolUse = (id: string, call: ToolCall, at: number, input: unknown): object => ({
  type: "tool_use",
  id: `toolu_${id}_${at}`,
  name: call.name,
  input,
});

class MessagesSpeaker implements Speaker {
  readonly #names: AnswerNames;
  readonly #emit: Emit;
  #block = -1;
  #open: "text" | "thinking" | null = null;
  #stopReason = "end_turn";
  #tokens = 0;

  constructor(names: AnswerNames, emit: Emit) {
    this.#names = names;
    this.#emit = emit;
  }

  begin(): void {
    this.#send("message_start", { message: message(this.#names, [], null) });
  }

  think(text: string): void {
    this.#enter("thinking", { type: "thinking", thinking: "", signature: "" });
    this.#delta({ type: "thinking_delta", thinking: text });
  }

  say(text: string): void {
    this.#enter("text", { type: "text", text: "" });
    this.#delta({ type: "text_delta", text });
  }

  call(calls: readonly ToolCall[]): void {
    for (const [at, call] of calls.entries()) {
      this.#leave();
      this.#block++;
      this.#send("content_block_start", { index: this.#block, content_block: toolUse(this.#names.id, call, at, {}) });
      this.#delta({ type: "input_json_delta", partial_json: JSON.stringify(call.input) });
      this.#send("content_block_stop", { index: this.#block });
    }
    this.#stopReason = "tool_use";
  }

  end(): void {
    this.#leave();
    const delta = { stop_reason: this.#stopReason, stop_sequence: null };
    this.#send("message_delta", { delta, usage: { output_tokens: this.#tokens } });
    this.#send("message_stop", {});
  }

  #enter(kind: "text" | "thinking", block: object): void {
    if (this.#open === kind) return;
    this.#leave();
    this.#open = kind;
    this.#block++;
    this.#send("content_block_start", { index: this.#block, content_block: block });
  }

  #leave(): void {
    if (this.#open === null) return;
    if (this.#open === "thinking") this.#delta({ type: "signature_delta", signature: "bWFkZS11cA==" });
    this.#open = null;
    this.#send("content_block_stop", { index: this.#block });
  }

  #delta(delta: object): void {
    this.#tokens++;
    this.#send("content_block_delta", { index: this.#block, delta });
  }

  #send(type: string, data: object): void {
    this.#emit({ type, ...data }, type);
  }
}

export const anthropicMessages: Dialect = {
  name: "anthropic-messages",
  path: /^\/v1\/messages(?:\?|$)/,
  read,
  speaker: (names, emit) => new MessagesSpeaker(names, emit),
  whole: (names, { text, calls }) => {
    const uses = calls.map((call, at) => toolUse(names.id, call, at, call.input));
    return message(names, [{ type: "text", text }, ...uses], calls.length > 0 ? "tool_use" : "end_turn");
  },
  error: (status, text) => ({ type: "error", error: { type: ERROR_TYPES[status] ?? "api_error", message: text } }),
};
