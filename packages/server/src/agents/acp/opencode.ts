/**
 * opencode: ACP in a chat, its own program in a terminal. Its conversations lie in a database, which tells for free what is known of
 * one; which of them a terminal shows is told by the title that opencode gives the terminal, and by its log.
 */
import type { AgentFailure } from "@perdure/protocol";
import type { Agent, AgentLaunch, AgentPlace, TerminalRequest, TerminalWatch, Validation } from "../agent.ts";
import { newestTurns } from "../newest-turns.ts";
import { acpAgent } from "./acp-agent.ts";
import { hasConversation, keepsNothing, listConversations, readMessages, sessionsOf, type OpencodeSession } from "./opencode-database.ts";
import { conversationsInLog } from "./opencode-log.ts";

const base = acpAgent({
  id: "opencode",
  name: "opencode",
  command: ["opencode", "acp"],
  howToGet: "npm install -g opencode-ai, then opencode auth login.",
  versionArgs: ["--version"],
  quirks: { classify: classifyOpencode },
});

export const opencode: Agent = {
  ...base,
  terminal,
  validate,
  conversations: async (place, options) => (await listConversations(place, options)) ?? [],
  history: async (resumeId, place) => {
    const read = await readMessages(place, resumeId);
    return read === null || read.messages.length === 0 ? null : newestTurns(read.messages, { isCut: read.isCut, damagedLines: 0 });
  },
  watchTerminal,
};

function classifyOpencode(text: string): AgentFailure | null {
  const isUnknown = /Session not found|Invalid session ID|"?service"?\s*:\s*"?session|OpenCode service failure/i;
  return isUnknown.test(text) ? "unknown-conversation" : null;
}

const SUBCOMMANDS = new Set(
  (
    "acp mcp attach run debug auth providers agent upgrade uninstall serve web models stats export import github pr session plugin db " + // prettier
    "completion login"
  ).split(" "),
);
/** Options with a value behind them that say which conversation, or what is said first. */
const WITH_VALUE = new Set(["-s", "--session", "--prompt"]);
const OF_THE_FIRST_RUN = new Set([...WITH_VALUE, "-c", "--continue", "--fork"]);

/** Its ids are its own: one can only be asked for. */
function terminal({ program, args, resumeId, isAnew = false }: TerminalRequest): AgentLaunch | null {
  if (resumeId !== null) return { command: [program, "-s", resumeId, ...forLaterRun(args)], env: {}, pinned: resumeId };
  const first = args.find((arg, index) => !arg.startsWith("-") && !WITH_VALUE.has(args[index - 1] ?? ""));
  const asksOnly = args.some((arg) => /^(-[vh]|--(version|help))$/.test(arg));
  if (asksOnly || (first !== undefined && SUBCOMMANDS.has(first))) return null;
  if (isAnew) return { command: [program, ...forLaterRun(args)], env: {}, pinned: null };
  return { command: [program, ...args], env: {}, pinned: namedIn(args) };
}

/** The conversation that was typed; a copy of it gets an id of its own. */
function namedIn(args: readonly string[]): string | null {
  if (args.includes("--fork")) return null;
  const at = args.findIndex((arg) => /^(-s|--session)(=|$)/.test(arg));
  if (at === -1) return null;
  const [, value = args[at + 1]] = (args[at] ?? "").split("=", 2);
  return value ?? null;
}

/** What said which conversation, and the first message, were for the run before. */
function forLaterRun(args: readonly string[]): readonly string[] {
  return args.filter((arg, index) => !OF_THE_FIRST_RUN.has(arg.split("=", 1)[0] ?? "") && !WITH_VALUE.has(args[index - 1] ?? ""));
}

async function validate(resumeId: string, place: AgentPlace): Promise<Validation> {
  const isThere = await hasConversation(place, resumeId);
  if (isThere === null && !keepsNothing(place)) return { is: "undecided" };
  return isThere === true ? { is: "ok" } : { is: "unknown-conversation" };
}

const TITLED = "OC | ";
const MAX_TITLE = 40;

/**
 * By the title, where it names one alone; else by what opencode's log says of the terminal's own processes. Where that says nothing, the
 * newest that fits: of that title, or written since the run began; if it can be no other terminal's.
 */
async function watchTerminal({ pid, since, title, taken, isAlone, ...place }: TerminalWatch): Promise<string | null> {
  const sessions = ((await sessionsOf(place)) ?? []).filter(({ id }) => !taken.has(id));
  const isTitled = title.startsWith(TITLED);
  const fitting = sessions.filter((session) => (isTitled ? title === titleOf(session) : session.updatedAt >= since));
  if (isTitled && fitting.length === 1) return fitting[0]?.id ?? null;
  const used = await conversationsInLog(pid, place.env);
  if (used !== null) return used.findLast((id) => fitting.some((session) => session.id === id)) ?? null;
  return isAlone ? (fitting[0]?.id ?? null) : null;
}

/** What opencode makes the terminal's title of. */
function titleOf({ title }: OpencodeSession): string {
  return TITLED + (title.length > MAX_TITLE ? `${title.slice(0, MAX_TITLE - 3)}…` : title);
}
