// OpenAI Chat Completions, as opencode speaks it with a provider of its own.

import { z } from "zod";
import type { AnswerNames, Dialect, Emit, Question, Speaker } from "./dialect.ts";
import type { ToolCall } from "../../../packages/server/src/testing/fake-agent/answers/directives.ts";
import type { Item } from "../../../packages/server/src/testing/fake-agent/answers/plan.ts";

const Content = z.union([z.string(), z.array(z.looseObject({ text: z.string().default("") }))]).nullish();
const Request = z.looseObject({
  model: z.string().default("fake-model"),
  stream: z.boolean().default(false),
  tools: z.array(z.unknown()).default([]),
  messages: z.array(z.looseObject({ role: z.string(), content: Content })).default([]),
});

const MAX_TITLE_WORDS = 24;

function read(body: unknown): Question {
  const { model, stream, tools, messages } = Request.parse(body);
  const items = messages.flatMap(({ role, content }): Item[] => {
    if (role !== "user" && role !== "assistant" && role !== "tool") return [];
    const parts = typeof content === "string" ? [{ text: content }] : (content ?? []);
    return parts.map(({ text }) => ({ by: role, text }));
  });
  // Without tools it is a question beside the conversation: a title.
  const title = `About ${items.findLast(({ by }) => by === "user")?.text.slice(0, MAX_TITLE_WORDS) ?? "nothing"}`;
  return { model, items, wantsStream: stream, aside: tools.length > 0 ? null : title };
}

const toolCall = (id: string, { name, input }: ToolCall, index: number): object => ({
  index,
  id: `call_${id}_${index}`,
  type: "function",
  function: { name, arguments: JSON.stringify(input) },
});

const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

class CompletionsSpeaker implements Speaker {
  readonly #names: AnswerNames;
  readonly #emit: Emit;
  #finishReason = "stop";

  constructor(names: AnswerNames, emit: Emit) {
    this.#names = names;
    this.#emit = emit;
  }

  begin(): void {
    this.#send({ role: "assistant", content: "" });
  }

  think(text: string): void {
    this.#send({ reasoning_content: text });
  }

  say(text: string): void {
    this.#send({ content: text });
  }

  call(calls: readonly ToolCall[]): void {
    this.#send({ tool_calls: calls.map((call, at) => toolCall(this.#names.id, call, at)) });
    this.#finishReason = "tool_calls";
  }

  end(): void {
    this.#send({}, this.#finishReason, USAGE);
    this.#emit("[DONE]");
  }

  #send(delta: object, finishReason: string | null = null, usage?: object): void {
    const choices = [{ index: 0, delta, finish_reason: finishReason }];
    this.#emit({ ...head(this.#names, "chat.completion.chunk"), choices, ...(usage && { usage }) });
  }
}

function head({ id, model }: AnswerNames, object: string): object {
  return { id: `chatcmpl_${id}`, object, created: 1_700_000_000, model };
}

export const openaiCompletions: Dialect = {
  name: "openai-completions",
  path: /^\/v1\/chat\/completions(?:\?|$)/,
  read,
  speaker: (names, emit) => new CompletionsSpeaker(names, emit),
  whole: (names, { text, calls }) => {
    const toolCalls = calls.map((call, at) => toolCall(names.id, call, at));
    const message = { role: "assistant", content: text, ...(calls.length > 0 && { tool_calls: toolCalls }) };
    const choices = [{ index: 0, message, finish_reason: calls.length > 0 ? "tool_calls" : "stop" }];
    return { ...head(names, "chat.completion"), choices, usage: USAGE };
  },
  error: (status, message) => ({ error: { message, type: status === 401 ? "invalid_api_key" : "server_error", code: status } }),
};
