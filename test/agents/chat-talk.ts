// Somebody who talks with an agent through the server's HTTP interface, and looks at the conversation until it is as it should be.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Stopped, type Approval, type Conversation, type Notice } from "@perdure/protocol";
import { parseError, type Api } from "../harness/api.ts";
import { until } from "../harness/until.ts";

/** The slowest agent starts, waits until it may open its conversation, and answers in it. */
const TALK_MS = 90_000;
const LOOK_MS = 30;

export class ChatTalk {
  readonly id: string;
  readonly #api: () => Api;

  /** `api`: of the server that there is now. */
  constructor(api: () => Api, id: string) {
    this.#api = api;
    this.id = id;
  }

  async conversation(): Promise<Conversation> {
    const answer = await this.#send("GET", "/conversation");
    return (answer as { readonly conversation: Conversation }).conversation;
  }

  /** Hands over a message; its id. */
  async send(text: string, id: string = randomUUID()): Promise<string> {
    await this.#send("PUT", `/messages/${id}`, { text });
    return id;
  }

  /** Says it and waits until it is answered; what the agent said. */
  async say(text: string, id: string = randomUUID()): Promise<string> {
    await this.send(text, id);
    return this.untilAnswered(id);
  }

  async untilAnswered(input: string): Promise<string> {
    const now = await this.until(`an answer to ${input}`, ({ inputs, runningTurn }) => {
      return inputs[input]?.state === "answered" && runningTurn === null;
    });
    return saidTo(now, input);
  }

  /** The conversation as soon as it is so; fails at once when a message is held or in doubt that nobody waits for. */
  async until(what: string, isSo: (now: Conversation) => boolean): Promise<Conversation> {
    let last: Conversation | undefined;
    return until(
      what,
      async () => {
        last = await this.conversation();
        return isSo(last) ? last : undefined;
      },
      { timeoutMs: TALK_MS, everyMs: LOOK_MS, report: () => outlineOf(last) },
    );
  }

  async untilAsked(): Promise<Approval> {
    const now = await this.until("an approval", ({ openApprovals }) => openApprovals.length === 1);
    return now.approvals[now.openApprovals[0]!]!;
  }

  async answer(approval: Approval, kind: "allow-once" | "reject-once"): Promise<void> {
    const option = approval.options.find((each) => each.kind === kind);
    assert(option, `no option ${kind} in ${JSON.stringify(approval.options)}`);
    await this.#send("POST", `/approvals/${encodeURIComponent(approval.id)}`, { option: option.id });
  }

  async stop(): Promise<Stopped["outcome"]> {
    return Stopped.parse(await this.#send("POST", "/stop", {})).outcome;
  }

  async #send(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await this.#api().send(method, `/api/sessions/${this.id}${path}`, body === undefined ? {} : { body });
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${parseError(answer).error.message}`);
    return answer.text === "" ? undefined : JSON.parse(answer.text);
  }
}

/** What the agent said in the turn of this message, in all its tries. */
export function saidTo({ turns, messages, entries }: Conversation, input: string): string {
  const parts = entries.flatMap(({ is, id }) => {
    const message = is === "message" ? messages[id] : undefined;
    return message && !message.isSuperseded && turns[message.turn]?.input === input ? message.parts : [];
  });
  return parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
}

/** The visible lines of this kind. */
export function noticesOf({ notices }: Conversation, code: string): readonly Notice[] {
  return Object.values(notices).filter((notice) => notice.code === code);
}

/** Nothing is open or in doubt, and no turn runs. */
export function assertAtRest({ runningTurn, openApprovals, queue, inputs, turns }: Conversation): void {
  assert.deepEqual({ runningTurn, openApprovals, queue }, { runningTurn: null, openApprovals: [], queue: [] });
  assert(!Object.values(turns).some(({ state }) => state === "running"), "no turn stays running");
  assert(!Object.values(inputs).some(({ state }) => state === "unknown" || state === "held"), "no message is in doubt");
}

function outlineOf(conversation: Conversation | undefined): string {
  if (conversation === undefined) return "no conversation was read";
  const { runs, turns, inputs, notices, openApprovals, recoveries, resumeId } = conversation;
  return JSON.stringify({ resumeId, runs, turns, inputs, notices, openApprovals, recoveries }).slice(0, 3_000);
}
