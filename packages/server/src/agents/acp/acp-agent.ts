/**
 * An agent that is known by its command alone: whatever speaks ACP. The others of this folder are built from it and say what more
 * is known of them.
 */
import type { AgentFailure } from "@perdure/protocol";
import type { Agent, AgentLaunch, AgentPlace, ChatRequest, FoundAgent, Variables } from "../agent.ts";
import type { Driver } from "../driver.ts";
import { findProgram } from "../find-program.ts";
import { plainWords } from "../plain-words.ts";
import { acpDriver } from "./driver.ts";
import { classifyCommon } from "./errors.ts";
import type { AcpQuirks } from "./quirks.ts";

/** A command that was registered under a name. */
export interface AcpCommand {
  readonly id: string;
  readonly name: string;
  /** Program and arguments that make it speak ACP. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly howToGet?: string;
  readonly env?: Variables;
  readonly quirks?: Partial<AcpQuirks>;
  /** What the program prints its version for; asked at most once for a file. */
  readonly versionArgs?: readonly string[];
}

export function acpAgent(about: AcpCommand): Agent {
  const { id, name, env = {}, versionArgs = null } = about;
  const [program, ...args] = about.command;
  const own = about.quirks?.classify ?? (() => null);
  const quirks: AcpQuirks = { isNoise: () => false, ...about.quirks, classify: (text) => own(plainWords(text)) };
  const classify = (text: string): AgentFailure | null => quirks.classify(text) ?? classifyCommon(text);
  const driver: Driver = acpDriver(quirks);
  return {
    id,
    name,
    program,
    howToGet: about.howToGet ?? `Install ${program} and put it in PATH.`,
    driver,
    knowsInputs: false,
    find: async (place: AgentPlace, signal: AbortSignal): Promise<FoundAgent> => findProgram(program, versionArgs, place, signal),
    chat: ({ program: path, resumeId, flags }: ChatRequest): AgentLaunch => ({ command: [path, ...args, ...flags], env, pinned: resumeId }),
    terminal: () => null,
    validate: async () => ({ is: "undecided" }),
    conversations: async () => [],
    history: async () => null,
    classify,
    watchTerminal: async () => null,
  };
}
