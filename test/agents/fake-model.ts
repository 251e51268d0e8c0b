// A model endpoint of the tests' own on a loopback port: Anthropic Messages, OpenAI Responses and Chat Completions, Gemini. What it
// answers is told by the last user text (fake-agent/answers/directives.ts); an echo lists the user's texts that it was sent, which proves the
// history. Tests can hold an answer before any chunk and read every request.
//
//   node test/agents/fake-model.ts    prints its address and serves until it is ended

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { anthropicMessages } from "./model/anthropic-messages.ts";
import type { AnswerNames, Dialect, Question } from "./model/dialect.ts";
import { geminiContent } from "./model/gemini-content.ts";
import { Holds, type Hold } from "./model/holds.ts";
import { openaiCompletions } from "./model/openai-completions.ts";
import { openaiResponses } from "./model/openai-responses.ts";
import { ownWords, planAnswer, sayOnly, userTexts, type Plan } from "../../packages/server/src/testing/fake-agent/answers/plan.ts";
import { streamAnswer } from "./model/streamed-answer.ts";

export { usersSeen } from "../../packages/server/src/testing/fake-agent/answers/plan.ts";

/** Older ones are dropped. */
const MAX_REQUESTS = 1_000;

/** One question to the model. Questions that agents ask beside the conversation are in it, too (`isAside`). */
export interface ModelRequest {
  readonly number: number;
  readonly dialect: string;
  readonly isAside: boolean;
  /** The last text of the user, without what the agent added. */
  readonly text: string;
  /** All of them, oldest first, cut. */
  readonly users: readonly string[];
  readonly body: unknown;
  readonly planned: Plan["is"];
  /** `null` while it is being answered. */
  readonly end: "whole" | "cut" | "hung" | "left" | "error" | null;
}

interface Watcher {
  readonly fits: (request: ModelRequest) => boolean;
  readonly seen: PromiseWithResolvers<ModelRequest>;
}

const DIALECTS: readonly Dialect[] = [anthropicMessages, openaiResponses, openaiCompletions, geminiContent];
const MODELS = {
  data: [{ id: "fake-model", object: "model", type: "model", display_name: "Fake", created: 0 }],
  models: [],
  has_more: false,
};

export class FakeModel {
  readonly #server: Server;
  readonly #holds = new Holds();
  readonly #failures = new Map<string, number>();
  readonly #watchers = new Set<Watcher>();
  readonly #mark = randomBytes(4).toString("hex");
  readonly #requests: ModelRequest[] = [];
  #count = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  static async start(port = 0): Promise<FakeModel> {
    const model = new FakeModel();
    model.#server.listen(port, "127.0.0.1");
    await once(model.#server, "listening");
    return model;
  }

  /** Without a slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The last questions, oldest first. */
  get requests(): readonly ModelRequest[] {
    return this.#requests;
  }

  /** The next answer to a text of the user with these words waits before this chunk (`0`: before the first). */
  hold(words: string | RegExp, chunk = 0): Hold {
    return this.#holds.add(words, chunk);
  }

  /** The first question from now on that fits. */
  async nextRequest(fits: (request: ModelRequest) => boolean): Promise<ModelRequest> {
    const watcher: Watcher = { fits, seen: Promise.withResolvers() };
    this.#watchers.add(watcher);
    return watcher.seen.promise;
  }

  /** Breaks every connection. */
  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const left = new AbortController();
    response.on("close", () => left.abort());
    const raw = await readText(request);
    const path = request.url ?? "/";
    const dialect = DIALECTS.find((each) => each.path.test(path));
    const body: unknown = raw === "" ? {} : JSON.parse(raw);
    if (dialect) return this.#answer(dialect, dialect.read(body, path), body, response, left.signal);
    if (path.startsWith("/v1/messages/count_tokens")) return json(response, 200, { input_tokens: Math.ceil(raw.length / 4) });
    if (path.includes(":countTokens")) return json(response, 200, { totalTokens: Math.ceil(raw.length / 4) });
    if (path.startsWith("/v1/models")) return json(response, 200, MODELS);
    return json(response, 404, { type: "error", error: { type: "not_found_error", message: `The fake model has no ${path}` } });
  }

  async #answer(dialect: Dialect, question: Question, body: unknown, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const plan = question.aside === null ? planAnswer(question.items, this.#failures) : sayOnly(question.aside);
    const number = ++this.#count;
    const text = ownWords(question.items.findLast(({ by, text: said }) => by === "user" && ownWords(said) !== "")?.text ?? "");
    const seen = { number, dialect: dialect.name, isAside: question.aside !== null, text, users: userTexts(question.items), body };
    this.#note({ ...seen, planned: plan.is, end: null });
    const names: AnswerNames = { id: `${this.#mark}${number}`, model: question.model };
    if (plan.is === "error") {
      this.#finish(number, "error");
      return json(response, plan.status, dialect.error(plan.status, `made-up error ${plan.status}`));
    }
    if (!question.wantsStream && plan.is !== "hang") {
      this.#finish(number, "whole");
      return json(response, 200, dialect.whole(names, { text: plan.chunks.join(""), calls: plan.calls }));
    }
    const end = await streamAnswer(response, { dialect, names, plan, text: seen.isAside ? "" : text, holds: this.#holds, signal });
    this.#finish(number, end);
  }

  #note(request: ModelRequest): void {
    this.#requests.push(request);
    if (this.#requests.length > MAX_REQUESTS) this.#requests.shift();
    for (const watcher of this.#watchers) {
      if (!watcher.fits(request)) continue;
      this.#watchers.delete(watcher);
      watcher.seen.resolve(request);
    }
  }

  #finish(number: number, end: ModelRequest["end"]): void {
    const at = this.#requests.findIndex((request) => request.number === number);
    if (at !== -1) this.#requests[at] = { ...this.#requests[at]!, end };
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

if (import.meta.main) {
  const port = Number(process.argv[2] ?? 0);
  console.log((await FakeModel.start(port)).url);
}
