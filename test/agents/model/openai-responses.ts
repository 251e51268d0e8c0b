// OpenAI Responses, as Codex speaks it.

import { z } from "zod";
import type { AnswerNames, Dialect, Emit, Question, Speaker } from "./dialect.ts";
import type { ToolCall } from "../../../packages/server/src/testing/fake-agent/answers/directives.ts";
import type { Item } from "../../../packages/server/src/testing/fake-agent/answers/plan.ts";

const Part = z.looseObject({ text: z.string().default("") });
const Input = z.looseObject({
  type: z.string().default("message"),
  role: z.string().optional(),
  content: z.union([z.string(), z.array(Part)]).nullish(),
  output: z.unknown().optional(),
});
const Request = z.looseObject({
  model: z.string().default("fake-model"),
  stream: z.boolean().default(false),
  input: z.union([z.string(), z.array(Input)]).default([]),
});

function read(body: unknown): Question {
  const { model, stream, input } = Request.parse(body);
  const items = typeof input === "string" ? [{ by: "user" as const, text: input }] : input.flatMap(itemOf);
  return { model, items, wantsStream: stream, aside: null };
}

function itemOf(input: z.infer<typeof Input>): Item[] {
  if (input.type.endsWith("_output")) {
    return [{ by: "tool", text: typeof input.output === "string" ? input.output : JSON.stringify(input.output) }];
  }
  const isSaid = input.type === "message" && (input.role === "user" || input.role === "assistant");
  if (!isSaid) return [];
  const parts = typeof input.content === "string" ? [{ text: input.content }] : (input.content ?? []);
  return parts.map(({ text }) => ({ by: input.role as "user" | "assistant", text }));
}

class ResponsesSpeaker implements Speaker {
  readonly #names: AnswerNames;
  readonly #emit: Emit;
  readonly #output: object[] = [];
  #sequence = 0;
  #thought = "";
  #said = "";

  constructor(names: AnswerNames, emit: Emit) {
    this.#names = names;
    this.#emit = emit;
  }

  begin(): void {
    this.#send("response.created", { response: response(this.#names, "in_progress", []) });
  }

  think(text: string): void {
    const at = { item_id: `rs_${this.#names.id}`, output_index: this.#output.length, summary_index: 0 };
    if (this.#thought === "") {
      this.#added({ type: "reasoning", id: at.item_id, summary: [] });
      this.#send("response.reasoning_summary_part.added", { ...at, part: { type: "summary_text", text: "" } });
    }
    this.#thought += text;
    this.#send("response.reasoning_summary_text.delta", { ...at, delta: text });
  }

  say(text: string): void {
    this.#endThought();
    const at = { item_id: `msg_${this.#names.id}`, output_index: this.#output.length, content_index: 0 };
    if (this.#said === "") {
      this.#added({ type: "message", id: at.item_id, role: "assistant", status: "in_progress", content: [] });
      this.#send("response.content_part.added", { ...at, part: { type: "output_text", text: "", annotations: [] } });
    }
    this.#said += text;
    this.#send("response.output_text.delta", { ...at, delta: text });
  }

  call(calls: readonly ToolCall[]): void {
    this.#endThought();
    this.#endSaying();
    for (const [at, call] of calls.entries()) {
      const item = functionCall(this.#names.id, call, at);
      this.#added(item);
      this.#done(item);
    }
  }

  end(): void {
    this.#endThought();
    this.#endSaying();
    this.#send("response.completed", { response: response(this.#names, "completed", this.#output) });
  }

  #endThought(): void {
    if (this.#thought === "") return;
    this.#done({ type: "reasoning", id: `rs_${this.#names.id}`, summary: [{ type: "summary_text", text: this.#thought }] });
    this.#thought = "";
  }

  #endSaying(): void {
    if (this.#said === "") return;
    const content = [{ type: "output_text", text: this.#said, annotations: [] }];
    this.#done({ type: "message", id: `msg_${this.#names.id}`, role: "assistant", status: "completed", content });
    this.#said = "";
  }

  #added(item: object): void {
    this.#send("response.output_item.added", { output_index: this.#output.length, item });
  }

  #done(item: object): void {
    this.#send("response.output_item.done", { output_index: this.#output.length, item });
    this.#output.push(item);
  }

  #send(type: string, data: object): void {
    this.#emit({ type, sequence_number: this.#sequence++, ...data }, type);
  }
}

function functionCall(id: string, { name, input }: ToolCall, at: number): object {
  const ids = { id: `fc_${id}_${at}`, call_id: `call_${id}_${at}` };
  return { type: "function_call", ...ids, name, arguments: JSON.stringify(input), status: "completed" };
}

function response({ id, model }: AnswerNames, status: string, output: readonly object[]): object {
  const usage = {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 5,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 15,
  };
  return { id: `resp_${id}`, object: "response", created_at: 1_700_000_000, status, model, output, usage };
}

export const openaiResponses: Dialect = {
  name: "openai-responses",
  path: /^\/v1\/responses(?:\?|$)/,
  read,
  speaker: (names, emit) => new ResponsesSpeaker(names, emit),
  whole: (names, { text, calls }) => {
    const said = { type: "message", id: `msg_${names.id}`, role: "assistant", content: [{ type: "output_text", text, annotations: [] }] };
    return response(names, "completed", [said, ...calls.map((call, at) => functionCall(names.id, call, at))]);
  },
  error: (status, message) => {
    const type = status === 429 ? "rate_limit_exceeded" : status === 401 ? "invalid_api_key" : "server_error";
    return { error: { message, type, code: type } };
  },
};
