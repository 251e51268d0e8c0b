/**
 * opencode: ACP in a chat, its own program in a terminal. Its conversations lie in a database that only it reads, so nothing is
 * known of them for free; over ACP it says at once whether it knows one.
 */
import type { AgentFailure } from "@perdure/protocol";
import type { Agent, AgentLaunch, TerminalRequest } from "../agent.ts";
import { acpAgent } from "./acp-agent.ts";

const base = acpAgent({
  id: "opencode",
  name: "opencode",
  command: ["opencode", "acp"],
  howToGet: "npm install -g opencode-ai, then opencode auth login.",
  versionArgs: ["--version"],
  quirks: { classify: classifyOpencode },
});

export const opencode: Agent = { ...base, terminal };

function classifyOpencode(text: string): AgentFailure | null {
  return /Session not found|"?service"?\s*:\s*"?session|OpenCode service failure/.test(text) ? "unknown-conversation" : null;
}

const SUBCOMMANDS = new Set(
  (
    "acp mcp attach run debug auth providers agent upgrade uninstall serve web models stats export import github pr session plugin db " + // prettier
    "completion login"
  ).split(" "),
);

/** Its ids are its own; in a terminal one can only be asked for. A conversation opens in its own directory alone. */
function terminal({ program, args, resumeId, isAnew = false }: TerminalRequest): AgentLaunch | null {
  if (resumeId !== null) return { command: [program, "-s", resumeId, ...withoutConversation(args)], env: {}, pinned: resumeId };
  const first = args.find((arg) => !arg.startsWith("-"));
  const isTold = args.some((arg) => /^(-[vhsc]|--(version|help|session|continue|fork))(=|$)/.test(arg));
  if (isTold || (first !== undefined && SUBCOMMANDS.has(first))) return null;
  return { command: [program, ...(isAnew ? withoutConversation(args) : args)], env: {}, pinned: null };
}

/** What said which conversation, and the first message, were for the run before. */
function withoutConversation(args: readonly string[]): readonly string[] {
  return args.filter((arg, index) => !/^--prompt(=|$)/.test(arg) && args[index - 1] !== "--prompt");
}
