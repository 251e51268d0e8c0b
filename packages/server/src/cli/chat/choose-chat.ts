/**
 * Which conversation a command is about: the named session, a new one with an agent, or the one last used in this directory. A
 * message is never sent to a conversation of another directory that nobody named.
 */
import * as path from "node:path";
import { isAlive, type CreateSession, type SessionInfo } from "@perdure/protocol";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { LastUsed, terminalName, type LastUse } from "../last-used.ts";
import { runContext } from "../program-context.ts";
import { resolveSession } from "../session-argument.ts";
import type { Server } from "../server.ts";
import { plainText } from "../table.ts";

export interface AgentFlags {
  readonly agent?: string;
  readonly cwd?: string;
  readonly name?: string;
  readonly model?: string;
  readonly mode?: string;
  readonly flag?: readonly string[];
}

/** Adds what a new conversation is made with. */
export function withAgentFlags(command: Command): Command {
  return command
    .option("--agent <id>", "a new conversation with this agent (`perdure agents` lists them)")
    .option("--cwd <directory>", "where its agent works (default: here)")
    .option("--name <name>", "name of the new session (default: the agent's)")
    .option("--model <model>", "model of the agent")
    .option("--mode <mode>", "mode of the agent, such as how much it may do unasked")
    .option("--flag <flag>", "a flag of the agent's own; repeatable", collect);
}

function collect(flag: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), flag];
}

/** `isNew`: it was made for this command. */
export interface ChosenChat {
  readonly session: SessionInfo;
  readonly isNew: boolean;
}

/**
 * Throws, saying what to do, if there is none or it cannot be talked with now. What is chosen is remembered as used here. `key`: a new
 * session is made once under it, however often the command is repeated.
 */
export async function chooseChat(cli: Cli, server: Server, word: string | undefined, flags: AgentFlags, key?: string): Promise<ChosenChat> {
  requireEitherOr(word, flags);
  const session =
    flags.agent === undefined
      ? await existing(cli, server, word)
      : await server.rest.create(newChat(cli, flags.agent, flags), key === undefined ? {} : { key });
  requireChat(session);
  const { model, mode } = flags;
  if (flags.agent === undefined && (model !== undefined || mode !== undefined)) {
    await server.rest.chooseSettings(session.id, { ...(model === undefined ? {} : { model }), ...(mode === undefined ? {} : { mode }) });
  }
  rememberChat(cli, server, session.id);
  return { session, isNew: flags.agent !== undefined };
}

export function rememberChat(cli: Cli, server: Server, session: string): void {
  const here = { directory: cli.cwd, terminal: terminalName(cli.env) };
  new LastUsed(server.home.directory).remember({ session, ...here, at: cli.clock.now() });
}

/** The request for a session with an agent. */
export function newChat(
  cli: Cli,
  agent: string,
  flags: AgentFlags & { readonly view?: "chat" | "terminal"; readonly resumeId?: string },
): CreateSession {
  const { model, mode, flag, view, resumeId, name } = flags;
  const choices = {
    ...(model === undefined ? {} : { model }),
    ...(mode === undefined ? {} : { mode }),
    ...(flag === undefined ? {} : { flags: [...flag] }),
    ...(view === undefined ? {} : { view }),
    ...(resumeId === undefined ? {} : { resumeId }),
  };
  const cwd = path.resolve(cli.cwd, flags.cwd ?? ".");
  return { agent: { agent, ...choices }, cwd, ...(name === undefined ? {} : { name }), ...runContext(cli) };
}

/** The conversation last used in this directory, else the latest that works in it. */
export function chatHere(sessions: readonly SessionInfo[], uses: readonly LastUse[], directory: string): SessionInfo | undefined {
  const chats = sessions.filter(isChat);
  const order = uses.filter((use) => use.directory === directory).map((use) => use.session);
  const used = chats.filter(({ id }) => order.includes(id)).toSorted((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  const here = chats.filter(({ cwd }) => cwd === directory).toSorted((a, b) => b.lastActivityAt - a.lastActivityAt);
  return used[0] ?? here[0];
}

/** Seen as a chat: messages go to it, whether its agent is awake or not. */
export function isChat({ chat }: SessionInfo): boolean {
  return chat?.view === "chat";
}

/** Throws with exit code 5 if messages cannot go to it. */
export function requireChat(session: SessionInfo): void {
  if (isChat(session)) return;
  const name = plainText(session.name);
  if (session.chat === null) throw new CommandFailure(EXIT.refused, `"${name}" is a terminal; messages go to sessions with an agent.`);
  const first = isAlive(session.run.state) ? `\`perdure attach\` shows it, or \`perdure end\` it, then ` : "";
  throw new CommandFailure(EXIT.refused, `"${name}" has its agent in a terminal: ${first}\`perdure start --chat\` goes on as a chat.`);
}

async function existing(cli: Cli, server: Server, word: string | undefined): Promise<SessionInfo> {
  const sessions = await server.rest.list();
  if (word !== undefined) return resolveSession(word, sessions);
  const here = chatHere(sessions, new LastUsed(server.home.directory).read(), cli.cwd);
  if (here !== undefined) return here;
  throw new CommandFailure(
    EXIT.unknown,
    "There is no conversation of this directory. --agent ID begins one; `perdure agents` lists the agents.",
  );
}

function requireEitherOr(word: string | undefined, flags: AgentFlags): void {
  if (word !== undefined && flags.agent !== undefined) {
    throw new CommandFailure(EXIT.usage, "Name a session, or begin a new one with --agent; not both.");
  }
  const isForNew = flags.cwd !== undefined || flags.name !== undefined || flags.flag !== undefined;
  if (flags.agent === undefined && isForNew) {
    throw new CommandFailure(EXIT.usage, "--cwd, --name and --flag belong to a new conversation: they need --agent.");
  }
}
