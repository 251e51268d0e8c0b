// Somebody who talks with the demo agent whatever happens, as a client with an outbox does: what was not acknowledged is sent again.

import { randomUUID } from "node:crypto";
import type { Conversation } from "@perdure/protocol";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { ChatScene, counting, numbersIn, spoken } from "./chat-scene.ts";

const lines = 12;
const paceMs = 5;
const talkTimeoutMs = 10_000;

interface Sent {
  readonly id: string;
  readonly text: string;
  isAcknowledged: boolean;
}

export class ChatLoad {
  readonly #scene: ChatScene;
  readonly #sent: Sent[] = [];
  readonly #checked = new Set<string>();
  #lines = 0;
  #said = 0;

  private constructor(scene: ChatScene) {
    this.#scene = scene;
  }

  static async start(home: PerdureHome): Promise<ChatLoad> {
    const scene = await ChatScene.start(home, { paceMs });
    await scene.untilIdle();
    return new ChatLoad(scene);
  }

  get messages(): number {
    return this.#sent.length;
  }

  /** Lines of answers that were found, each once. */
  get lines(): number {
    return this.#lines;
  }

  /** Answers in which something is missing that was read by a host when it was killed: they say so themselves. */
  get said(): number {
    return this.#said;
  }

  agentPid(): Promise<number> {
    return this.#scene.agentPid();
  }

  /** Sends a message, whatever becomes of it. */
  async say(text: string = counting(lines).text): Promise<Sent> {
    const sent: Sent = { id: randomUUID(), text, isAcknowledged: false };
    this.#sent.push(sent);
    await this.#deliver(sent);
    return sent;
  }

  /** Says something and waits for the answer, with a question in between if that is wanted. `true`: the server is gone. */
  async talk(withQuestion: boolean): Promise<boolean> {
    const { id } = await this.say(withQuestion ? "/approve" : undefined);
    const giveUpAt = performance.now() + talkTimeoutMs;
    while (performance.now() < giveUpAt) {
      const now = await this.#scene.conversation().catch(() => null);
      if (now === null || isSettled(now, id)) return now === null;
      await this.#decide(now);
    }
    return false;
  }

  /** Resolves when everything that was sent has come to an end that a person can see; answers what is wrong then. */
  async settle(): Promise<string[]> {
    try {
      await this.#scene.until("an end of every message", async (now) => {
        for (const sent of this.#sent) if (!sent.isAcknowledged) await this.#deliver(sent);
        await this.#decide(now);
        return now.runningTurn === null && this.#sent.every(({ id }) => isSettled(now, id));
      });
      await this.#scene.untilQuiet();
    } catch (error) {
      return [`stuck: ${String(error)}`];
    }
    const wrong = await this.#scene.wrongNow();
    return [...wrong, ...this.#wrongAnswers(await this.#scene.conversation())];
  }

  async stop(): Promise<void> {
    await this.#scene.shown.stop();
  }

  async #deliver(sent: Sent): Promise<void> {
    const answer = await this.#scene.send(sent.text, sent.id).catch(() => null);
    if (answer?.status === 200) sent.isAcknowledged = true;
  }

  /** Says yes to everything that a person is asked. */
  async #decide({ openApprovals, inputs }: Conversation): Promise<void> {
    for (const approval of openApprovals) await this.#scene.answer(approval, "allow").catch(() => undefined);
    const held = Object.values(inputs).find(({ state }) => state === "held");
    if (held) await this.#scene.recover("retry", held.id).catch(() => undefined);
  }

  /** Every answer that ended well is whole; of one that was cut there is a beginning. */
  #wrongAnswers(now: Conversation): string[] {
    const wrong: string[] = [];
    const { numbers } = counting(lines);
    for (const { id, text } of this.#sent) {
      const input = now.inputs[id];
      if (!input) wrong.push(`message ${id} is lost`);
      if (!input || this.#checked.has(id) || !text.startsWith("/long")) continue;
      this.#checked.add(id);
      for (const turn of Object.values(now.turns).filter((one) => one.input === id)) {
        const said = numbersIn(spoken(now, id, turn.id));
        this.#lines += said.length;
        const isWhole =
          said.every((number, index) => number === numbers[index]) && (turn.state !== "completed" || said.length === numbers.length);
        if (!isWhole && isSubsequence(said, numbers) && saysSo(now, turn.id)) this.#said += 1;
        else if (said.some((number, index) => number !== numbers[index]))
          wrong.push(`lines of ${id} are doubled or lost: ${said.join(" ")}`);
        else if (turn.state === "completed" && said.length < numbers.length) wrong.push(`lines of ${id} are lost behind ${said.length}`);
      }
    }
    return wrong;
  }
}

/** Something is missing, and nothing doubled or out of order. */
function isSubsequence(some: readonly number[], all: readonly number[]): boolean {
  let at = 0;
  for (const each of all) if (some[at] === each) at += 1;
  return at === some.length;
}

/** A line in the turn says that another host went on and that something may be missing. */
function saysSo({ notices }: Conversation, turn: string): boolean {
  return Object.values(notices).some((notice) => notice.code === "host-adopted" && notice.turn === turn);
}

/** Answered, in doubt and said to be, or cut in mid-answer, which its turn says. */
function isSettled({ inputs, turns }: Conversation, id: string): boolean {
  const { state, turn = "" } = inputs[id] ?? {};
  return state === "answered" || state === "unknown" || (state === "consumed" && turns[turn]?.state === "interrupted");
}
