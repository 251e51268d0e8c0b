// Gemini's generateContent and streamGenerateContent, as Gemini CLI speaks them.

import { z } from "zod";
import type { AnswerNames, Dialect, Emit, Question, Speaker } from "./dialect.ts";
import type { ToolCall } from "../../../packages/server/src/testing/fake-agent/answers/directives.ts";
import type { Item } from "../../../packages/server/src/testing/fake-agent/answers/plan.ts";

const Part = z.looseObject({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  functionResponse: z.looseObject({ response: z.unknown() }).optional(),
});
const Request = z.looseObject({
  contents: z.array(z.looseObject({ role: z.string().default("user"), parts: z.array(Part).default([]) })).default([]),
  tools: z.array(z.unknown()).default([]),
  generationConfig: z.looseObject({ responseSchema: z.unknown(), responseJsonSchema: z.unknown() }).partial().default({}),
});

/** What the router and the check for the next speaker ask for. */
const ROUTE = {
  reasoning: "made up",
  model_choice: "flash",
  next_speaker: "user",
  complexity_score: 1,
  complexity_reasoning: "made up",
};

function read(body: unknown, path: string): Question {
  const { contents, tools, generationConfig } = Request.parse(body);
  const model = /\/models\/([^:/?]+):/.exec(path)?.[1] ?? "fake-model";
  const schema = generationConfig.responseSchema ?? generationConfig.responseJsonSchema;
  const aside = tools.length === 0 && schema !== undefined ? JSON.stringify(ROUTE) : null;
  return { model, items: contents.flatMap(itemsOf), wantsStream: path.includes(":stream"), aside };
}

function itemsOf({ role, parts }: { readonly role: string; readonly parts: readonly z.infer<typeof Part>[] }): Item[] {
  return parts.flatMap((part): Item[] => {
    if (part.functionResponse) return [{ by: "tool", text: JSON.stringify(part.functionResponse.response) }];
    if (part.text === undefined || part.thought) return [];
    return [{ by: role === "model" ? "assistant" : "user", text: part.text }];
  });
}

function answer(parts: readonly object[], finishReason?: string): object {
  const candidate = { index: 0, content: { role: "model", parts }, ...(finishReason !== undefined && { finishReason }) };
  const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 };
  return { candidates: [candidate], usageMetadata, modelVersion: "fake-model" };
}

const functionCall = ({ name, input }: ToolCall): object => ({ functionCall: { name, args: input } });

class ContentSpeaker implements Speaker {
  readonly #emit: Emit;

  constructor(_names: AnswerNames, emit: Emit) {
    this.#emit = emit;
  }

  /** An answer has no head of its own. */
  begin(): void {}

  think(text: string): void {
    this.#emit(answer([{ text, thought: true }]));
  }

  say(text: string): void {
    this.#emit(answer([{ text }]));
  }

  call(calls: readonly ToolCall[]): void {
    this.#emit(answer(calls.map(functionCall)));
  }

  end(): void {
    this.#emit(answer([{ text: "" }], "STOP"));
  }
}

export const geminiContent: Dialect = {
  name: "gemini-content",
  path: /:(?:streamG|g)enerateContent/,
  read,
  speaker: (names, emit) => new ContentSpeaker(names, emit),
  whole: (_names, { text, calls }) => answer([{ text }, ...calls.map(functionCall)], "STOP"),
  error: (status, message) => {
    const names: Readonly<Record<number, string>> = { 400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED" };
    return { error: { code: status, message, status: names[status] ?? "INTERNAL" } };
  },
};
