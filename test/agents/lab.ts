// One agent, real or made up, in a scratch home of its own: runs are started here and ended with it.

import type { Agent } from "../../packages/server/src/agents/agent.ts";
import { AgentRun, type AgentRunOptions } from "./agent-run.ts";
import type { ScratchHome } from "./scratch-home.ts";

/** What differs between the agents: how they are asked for a tool, and what makes them ask before it. */
export interface Habits {
  readonly mode: string | null;
  /** Its own files tell what was said. */
  readonly hasHistory: boolean;
  /** The row in which its terminal program says that it takes a message. */
  readonly prompt: RegExp;
  tool(command: string): string;
}

const tool =
  (name: string, key: string, more: object) =>
  (command: string): string =>
    `#tool ${name} ${JSON.stringify({ [key]: command, ...more })}`;

export const habits: Readonly<Record<string, Habits>> = {
  claude: { mode: "default", hasHistory: true, prompt: /^❯(?:$| Try )/, tool: tool("Bash", "command", { description: "x" }) },
  codex: { mode: "ask", hasHistory: true, prompt: /^› Ask Codex/, tool: tool("exec_command", "cmd", { login: false }) },
  gemini: {
    mode: "default",
    hasHistory: true,
    prompt: /Type your message/,
    tool: tool("run_shell_command", "command", { description: "x" }),
  },
  opencode: { mode: null, hasHistory: true, prompt: /ctrl\+p commands/, tool: tool("bash", "command", { description: "x" }) },
};

export class Lab {
  readonly agent: Agent;
  readonly home: ScratchHome;
  readonly habits: Habits;
  readonly #program: string;
  readonly #runs: AgentRun[] = [];

  private constructor(agent: Agent, home: ScratchHome, program: string) {
    this.agent = agent;
    this.home = home;
    this.habits = habits[agent.id]!;
    this.#program = program;
  }

  /** Finds the agent as the product does. */
  static async open(agent: Agent, home: ScratchHome): Promise<Lab> {
    const found = await agent.find(home, AbortSignal.timeout(60_000));
    if (found.is === "missing") throw new Error(`${agent.id} is not found in ${home.env["PATH"]}`);
    return new Lab(agent, home, found.path);
  }

  start(options: Partial<AgentRunOptions> = {}): AgentRun {
    const run = new AgentRun({ agent: this.agent, place: this.home, program: this.#program, mode: this.habits.mode, ...options });
    this.#runs.push(run);
    return run;
  }

  /** Started and ready. */
  async ready(options: Partial<AgentRunOptions> = {}): Promise<AgentRun> {
    const run = this.start(options);
    await run.ready();
    return run;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#runs.map((run) => run.close()));
    this.home.remove();
  }
}
