// What the fake model needs of a dialect: how a request of it is read and how an answer in it is spoken.

import type { ToolCall } from "../../../packages/server/src/testing/fake-agent/answers/directives.ts";
import type { Item } from "../../../packages/server/src/testing/fake-agent/answers/plan.ts";

export interface Question {
  readonly model: string;
  readonly items: readonly Item[];
  readonly wantsStream: boolean;
  /** Set for what an agent asks beside the conversation (a title, a route): the whole answer. */
  readonly aside: string | null;
}

/** Where a spoken answer is written: one server-sent event, with or without a name. */
export type Emit = (data: unknown, event?: string) => void;

/** Names of one answer; `id` is unique among all answers of all fake models. */
export interface AnswerNames {
  readonly id: string;
  readonly model: string;
}

/** Speaks one streamed answer; called in this order, each but `begin` and `end` any number of times. */
export interface Speaker {
  begin(): void;
  think(text: string): void;
  say(text: string): void;
  call(calls: readonly ToolCall[]): void;
  end(): void;
}

export interface WholeAnswer {
  readonly text: string;
  readonly calls: readonly ToolCall[];
}

export interface Dialect {
  readonly name: string;
  /** Of the request's path. */
  readonly path: RegExp;
  read(body: unknown, path: string): Question;
  speaker(names: AnswerNames, emit: Emit): Speaker;
  whole(names: AnswerNames, answer: WholeAnswer): unknown;
  error(status: number, message: string): unknown;
}
