// One session with an agent, as a person uses it through the HTTP interface, and the ways to hurt it.

import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Conversation, SessionInfo } from "@perdure/protocol";
import type { Answer } from "../harness/api.ts";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { killHard } from "../harness/processes.ts";
import { until } from "../harness/until.ts";
import { installFakeAgents } from "../../packages/server/src/testing/fake-agent/programs.ts";
import { tell, wrongConversation } from "./invariants.ts";
import { ShownConversation } from "./shown-conversation.ts";

export interface SceneOptions {
  /** `mine`: a function of the server's own process. */
  readonly agent?: "demo" | "claude" | "codex" | "mine";
  /** Of the demo agent: milliseconds between two words. */
  readonly paceMs?: number;
  readonly variables?: Readonly<Record<string, string>>;
  /** A conversation from elsewhere that goes on here. */
  readonly resumeId?: string;
  readonly mode?: string;
}

export class ChatScene {
  readonly home: PerdureHome;
  readonly id: string;
  readonly shown: ShownConversation;

  private constructor(home: PerdureHome, id: string) {
    this.home = home;
    this.id = id;
    this.shown = ShownConversation.start(home, id);
  }

  /** Fake agents are found before all others in PATH; they keep their conversations below the scratch directory. */
  static async start(home: PerdureHome, options: SceneOptions = {}): Promise<ChatScene> {
    const { agent = "demo", paceMs = 5, variables = {}, resumeId, mode } = options;
    const programs = home.path("bin");
    if (agent === "claude" || agent === "codex") installFakeAgents(programs);
    const flags = agent === "demo" ? ["--pace", String(paceMs)] : [];
    const path = `${programs}:${home.variables["PATH"] ?? ""}`;
    const environment = { variables: { ...home.variables, PATH: path, ...variables } };
    const request = { agent, flags, ...(resumeId === undefined ? {} : { resumeId }), ...(mode === undefined ? {} : { mode }) };
    const { id } = await home.api.create({ agent: request, cwd: home.path("user"), environment });
    return new ChatScene(home, id);
  }

  /** Of a session that is there. */
  static of(home: PerdureHome, id: string): ChatScene {
    return new ChatScene(home, id);
  }

  /** Sends a message; answers its id. */
  async say(text: string, id: string = randomUUID()): Promise<string> {
    const { status, text: said } = await this.send(text, id);
    if (status !== 200) throw new Error(`the message was refused: ${status} ${said}`);
    return id;
  }

  send(text: string, id: string = randomUUID()): Promise<Answer> {
    return this.home.api.send("PUT", `/api/sessions/${this.id}/messages/${id}`, { body: { text } });
  }

  answer(approval: string, option: string): Promise<Answer> {
    return this.home.api.send("POST", `/api/sessions/${this.id}/approvals/${approval}`, { body: { option } });
  }

  stop(): Promise<Answer> {
    return this.home.api.send("POST", `/api/sessions/${this.id}/stop`, { body: {} });
  }

  /** `input`: the message that it is about; the first that waits, if it is not said. */
  recover(offer: string, input?: string): Promise<Answer> {
    const body = input === undefined ? { offer } : { offer, input };
    return this.home.api.send("POST", `/api/sessions/${this.id}/recover`, { body });
  }

  /** Says what is wanted if the message is held with a question; that it is not is as well. */
  async decide(input: string, offer: string): Promise<void> {
    const { inputs } = await this.until("an answer or a question", ({ inputs: known }) =>
      ["held", "answered", "consumed"].includes(known[input]?.state ?? ""),
    );
    if (inputs[input]?.state !== "held") return;
    const { status, text } = await this.recover(offer, input);
    if (status !== 202) throw new Error(`the offer was not taken: ${status} ${text}`);
  }

  async conversation(): Promise<Conversation> {
    return (await tell(this.home, this.id)).conversation;
  }

  info(): Promise<SessionInfo> {
    return this.home.api.session(this.id);
  }

  /** The conversation as soon as it is so. */
  async until(what: string, isSo: (now: Conversation) => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<Conversation> {
    let last: Conversation | undefined;
    const look = async (): Promise<Conversation | null> => {
      last = await this.conversation();
      return (await isSo(last)) ? last : null;
    };
    return until(what, look, { timeoutMs, everyMs: 20, report: () => reportOf(last) });
  }

  untilAnswered(...inputs: readonly string[]): Promise<Conversation> {
    const isAnswered = ({ inputs: known, runningTurn }: Conversation): boolean =>
      runningTurn === null && inputs.every((id) => known[id]?.state === "answered");
    return this.until(`an answer to ${inputs.length} messages`, isAnswered);
  }

  untilIdle(): Promise<Conversation> {
    return this.until("an agent that waits", ({ runs, runningTurn }) => runs.at(-1)?.state === "ready" && runningTurn === null);
  }

  /** The approval that is open, as soon as there is one. */
  async untilAsked(): Promise<string> {
    const { openApprovals } = await this.until("a question", (now) => now.openApprovals.length > 0);
    return openApprovals[0] ?? "";
  }

  async agentPid(): Promise<number> {
    return until("an agent that runs", async () => {
      const { run } = await this.info();
      return run.state.is === "running" ? run.state.pid : undefined;
    });
  }

  /** SIGKILL to the agent; resolves when the conversation says that its run is over. */
  async killAgent(): Promise<void> {
    const before = (await this.conversation()).runs.length;
    await killHard(await this.agentPid());
    await this.until("the end of the run", ({ runs }) => runs.length > before || runs.at(-1)?.state === "ended");
  }

  /** What is wrong with the conversation, now that all is quiet. The reader stops. */
  async wrong(): Promise<string[]> {
    await this.untilQuiet();
    await this.shown.stop();
    return this.wrongNow();
  }

  /** The same while the reader goes on. */
  wrongNow(): Promise<string[]> {
    return wrongConversation(this.home, this.id, [this.shown]);
  }

  /** Resolves when two looks one after the other are the same. */
  async untilQuiet(): Promise<void> {
    let last: unknown;
    await until("a quiet conversation", async () => {
      const now = await tell(this.home, this.id);
      const isSame = isDeepStrictEqual(now, last);
      last = now;
      return isSame;
    });
  }
}

/** All text that the agent said, or what it said in turns for a message, or in one turn. */
export function spoken(conversation: Conversation, input?: string, inTurn?: string): string {
  const isWanted = (turn: string): boolean =>
    (input === undefined || conversation.turns[turn]?.input === input) && (inTurn === undefined || turn === inTurn);
  return conversation.entries
    .flatMap(({ is, id }) => (is === "message" ? (conversation.messages[id] ?? []) : []))
    .filter(({ turn, isSuperseded }) => isWanted(turn) && !isSuperseded)
    .flatMap(({ parts }) => parts.map((part) => (part.kind === "text" ? part.text : "")))
    .join("");
}

export function inputStates(conversation: Conversation): string[] {
  return Object.values(conversation.inputs).map(({ state }) => state);
}

export function turnStates(conversation: Conversation): string[] {
  return Object.values(conversation.turns).map(({ state, cause }) => (cause === undefined ? state : `${state} ${cause}`));
}

export function noticeCodes(conversation: Conversation): string[] {
  return Object.values(conversation.notices).map(({ code }) => code);
}

function reportOf(conversation: Conversation | undefined): string {
  if (!conversation) return "nothing was answered";
  const { inputs, turns, runs, notices, queue, openApprovals } = conversation;
  return JSON.stringify({ inputs, turns, runs, notices, queue, openApprovals }, null, 1).slice(0, 4000);
}

/** A message whose answer of the demo agent can be checked for what is missing and what is doubled. */
export function counting(lines: number): { readonly text: string; readonly numbers: readonly number[] } {
  return { text: `/long ${lines}`, numbers: Array.from({ length: lines }, (_, index) => index + 1) };
}

/** The lines of such an answer that are there. */
export function numbersIn(text: string): number[] {
  return [...text.matchAll(/line (\d+) of/g)].map(([, number]) => Number(number));
}
