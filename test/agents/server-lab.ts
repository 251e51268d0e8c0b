// One agent under the real, built server: a state directory of its own, and a HOME whose login profile names the agent's program, its made-up
// keys and the fake model, because the server asks the login shell for what a page cannot tell it.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { ConversationList, type OutsideConversation } from "@perdure/protocol";
import type { Agent } from "../../packages/server/src/agents/agent.ts";
import { PerdureHome } from "../harness/perdure-home.ts";
import { killHard, processesWith } from "../harness/processes.ts";
import { until } from "../harness/until.ts";
import { AgentTerminal } from "./agent-terminal.ts";
import { ChatTalk } from "./chat-talk.ts";
import { usersSeen, type FakeModel, type ModelRequest } from "./fake-model.ts";
import { habits, type Habits } from "./lab.ts";
import type { ScratchHome } from "./scratch-home.ts";

/** Longer than the slowest agent takes to start, to answer, or to be resumable. */
export const AGENT_MS = 90_000;
const SHELL = "/bin/sh";

export interface TalkOptions {
  readonly cwd?: string;
  /** A conversation that was begun elsewhere. */
  readonly resumeId?: string;
}

export class ServerLab {
  readonly agent: Agent;
  readonly model: FakeModel;
  readonly place: ScratchHome;
  readonly habits: Habits;
  readonly home: PerdureHome = new PerdureHome();
  readonly #terminals: AgentTerminal[] = [];

  private constructor(agent: Agent, model: FakeModel, place: ScratchHome) {
    this.agent = agent;
    this.model = model;
    this.place = place;
    this.habits = habits[agent.id]!;
  }

  /** Its server is ready. */
  static async open(agent: Agent, model: FakeModel, place: ScratchHome): Promise<ServerLab> {
    const lines = Object.entries(place.env).map(([name, value]) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'\n`);
    writeFileSync(path.join(place.home, ".profile"), lines.join(""));
    const lab = new ServerLab(agent, model, place);
    try {
      await lab.start();
      return lab;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  /** Starts a server; `env` is its own, for crash points. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.home.start({ env: { HOME: this.place.home, SHELL, ...env } });
  }

  /** SIGKILL to the server, then another one; what happens meanwhile is done in between. */
  async killServer(meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> {
    await this.home.server.kill();
    await meanwhile();
    await this.start();
  }

  /** A conversation as a chat. */
  async chat({ cwd = this.place.cwd, resumeId }: TalkOptions = {}): Promise<ChatTalk> {
    const { mode } = this.habits;
    const agent = { agent: this.agent.id, ...(mode === null ? {} : { mode }), ...(resumeId === undefined ? {} : { resumeId }) };
    const { id } = await this.home.api.create({ agent, cwd });
    return new ChatTalk(() => this.home.api, id);
  }

  /** The agent's own terminal program, as somebody types its name. */
  async terminal(): Promise<AgentTerminal> {
    const terminal = await this.terminalAtOnce([]);
    await terminal.untilReady();
    return terminal;
  }

  /** The same with arguments, whatever comes of it. */
  async terminalAtOnce(args: readonly string[]): Promise<AgentTerminal> {
    const size = { cols: AgentTerminal.cols, rows: AgentTerminal.rows };
    const { id } = await this.home.api.create({ command: [this.agent.id, ...args], cwd: this.place.cwd, ...size });
    const terminal = await AgentTerminal.open(this.home, this.model, id, this.habits.prompt);
    this.#terminals.push(terminal);
    return terminal;
  }

  /** What the server lists of conversations that lie with the agent. */
  async outside(): Promise<readonly OutsideConversation[]> {
    const { text } = await this.home.api.send("GET", `/api/conversations?agent=${this.agent.id}`);
    return ConversationList.parse(JSON.parse(text)).conversations;
  }

  /** The words are in the agent's own files, which are written late. */
  async untilOnDisk(resumeId: string, words: string): Promise<void> {
    if (!this.habits.hasHistory) return;
    await until(`${this.agent.id} to have "${words}" in its files`, async () => {
      const history = await this.agent.history(resumeId, this.place);
      return history?.messages.some(({ text }) => text.includes(words)) ?? false;
    });
  }

  /** The newest question with these words, when it was answered to its end. */
  async untilAnswered(words: string): Promise<ModelRequest> {
    const find = (): ModelRequest | undefined =>
      this.model.requests.findLast(({ isAside, text, end }) => !isAside && text.includes(words) && end === "whole");
    return until(`a whole answer to "${words}"`, find, { timeoutMs: AGENT_MS });
  }

  /** Ends every process that was started here. */
  async close(): Promise<void> {
    for (const terminal of this.#terminals) terminal.close();
    await this.home.close();
    const { home, cwd } = this.place;
    const left = [home, cwd].flatMap((directory) => processesWith(directory));
    await Promise.all(left.map(({ pid }) => killHard(pid)));
    this.place.remove();
  }
}

/** The user's texts that an echo says it was sent. */
export function usersIn(said: string): readonly string[] {
  const seen = usersSeen(said);
  if (!seen) throw new Error(`no echo: ${said.slice(0, 300)}`);
  return seen;
}
