/**
 * `perdure conversations` and `perdure continue`: conversations that were begun outside perdure and lie with the agents, and how to go
 * on with one as a session.
 */
import { Command } from "commander";
import type { OutsideConversation, SessionInfo } from "@perdure/protocol";
import { ListedConversations } from "../chat/listed-conversations.ts";
import { newChat, rememberChat } from "../chat/choose-chat.ts";
import type { Cli } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { reachServer, type Server } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { showInView } from "../show-in-view.ts";
import { plainText, tableLines, type Column } from "../table.ts";
import { timeAgo } from "../times.ts";

interface ListFlags extends ServerFlags {
  readonly agent?: string;
  readonly here?: true;
  readonly json?: true;
}

export function conversationsCommand(cli: Cli): Command {
  const command = new Command("conversations").description("list conversations that lie with the agents, begun outside perdure or here");
  return withServerFlags(command)
    .option("--agent <id>", "of this agent only")
    .option("--here", "of this directory only")
    .option("--json", "one JSON array")
    .action(async (flags: ListFlags) => {
      const server = await reachServer(cli, flags);
      const about = { ...(flags.here ? { cwd: cli.cwd } : {}), ...(flags.agent === undefined ? {} : { agent: flags.agent }) };
      const found = await server.rest.conversations(about);
      new ListedConversations(server.home.directory).remember(found);
      if (flags.json) return cli.printJson(found);
      if (found.length === 0) return cli.note("No conversations were found. `perdure ask --agent ID TEXT` begins one.");
      for (const line of tableLines(
        columns(cli),
        found.map((one, index) => ({ ...one, number: index + 1 })),
        cli.style.dim,
        cli.room,
      ))
        cli.print(line);
    });
}

interface ContinueFlags extends ServerFlags {
  readonly agent?: string;
  readonly terminal?: true;
  readonly name?: string;
  readonly detach?: true;
}

export function continueCommand(cli: Cli): Command {
  const command = new Command("continue").description("go on with a conversation of an agent as a session");
  return withServerFlags(command)
    .argument("<conversation>", "its number in the last `perdure conversations`, or the agent's id of it")
    .option("--agent <id>", "the agent, if several have that id")
    .option("--terminal", "in the agent's own terminal program (default: as a chat)")
    .option("--name <name>", "name of the new session (default: the agent's)")
    .option("-d, --detach", "do not show it; print the session's id")
    .action(async (word: string, flags: ContinueFlags) => {
      const server = await reachServer(cli, flags);
      const session = await continued(cli, server, word, flags);
      rememberChat(cli, server, session.id);
      if (flags.detach || !cli.isInteractive) return cli.print(session.id);
      await showInView(cli, server, session, flags);
    });
}

/** The session that has the conversation, or a new one. */
async function continued(cli: Cli, server: Server, word: string, flags: ContinueFlags): Promise<SessionInfo> {
  const found = await conversationNamed(server, word, flags.agent);
  if (found.session !== null) {
    cli.note(`[it goes on in a session already: ${found.session}]`);
    return server.rest.get(found.session);
  }
  const view = flags.terminal ? "terminal" : "chat";
  const cwd = found.cwd === "" ? {} : { cwd: found.cwd };
  const name = flags.name === undefined ? {} : { name: flags.name };
  return server.rest.create(newChat(cli, found.agent, { view, resumeId: found.resumeId, ...cwd, ...name }));
}

async function conversationNamed(server: Server, word: string, agent: string | undefined): Promise<OutsideConversation> {
  const listed = /^\d{1,4}$/.test(word) ? new ListedConversations(server.home.directory).read()[Number(word) - 1] : undefined;
  const id = listed?.resumeId ?? word;
  const of = agent ?? listed?.agent;
  const all = await server.rest.conversations(of === undefined ? {} : { agent: of });
  const exact = all.filter(({ resumeId }) => resumeId === id);
  const [found, ...others] = exact.length > 0 || listed ? exact : all.filter(({ resumeId }) => word !== "" && resumeId.startsWith(word));
  if (found === undefined)
    throw new CommandFailure(EXIT.unknown, `There is no conversation "${plainText(word)}". \`perdure conversations\` lists them.`);
  if (others.length === 0) return found;
  const list = [found, ...others].map((one) => `\n  ${one.resumeId}  ${one.agent}  ${plainText(one.title)}`).join("");
  throw new CommandFailure(EXIT.unknown, `"${plainText(word)}" could be any of these; use a whole id, or --agent:${list}`);
}

function columns(cli: Cli): readonly Column<OutsideConversation & { readonly number: number }>[] {
  const now = cli.clock.now();
  return [
    { title: "#", text: ({ number }) => String(number), paint: cli.style.bold },
    { title: "AGENT", text: ({ agent }) => agent },
    { title: "TITLE", text: ({ title }) => title || "-", maxWidth: 48, leastWidth: 16 },
    { title: "ACTIVITY", text: ({ updatedAt }) => timeAgo(updatedAt, now) },
    { title: "MESSAGES", text: ({ messages }) => (messages === null ? "-" : String(messages)) },
    { title: "DIRECTORY", text: ({ cwd }) => cwd, maxWidth: 40, leastWidth: 9 },
    { title: "SESSION", text: ({ session }) => session ?? "-", leastWidth: 8, isId: true },
    { title: "ID", text: ({ resumeId }) => resumeId, leastWidth: 8, isId: true, paint: cli.style.dim },
  ];
}
