/** The approvals that are open in all sessions, and which of them a word names. */
import type { Client } from "@perdure/client";
import type { Approval, SessionInfo } from "@perdure/protocol";
import type { Cli } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { connectClient, type Server } from "../server.ts";
import { resolveSession } from "../session-argument.ts";
import { plainText } from "../table.ts";
import { ConversationLink } from "./conversation-link.ts";
import { openApprovals } from "./message-end.ts";

const READ_MS = 20_000;

export interface AskedApproval {
  readonly session: SessionInfo;
  readonly approval: Approval;
}

/** The oldest first. */
export async function readApprovals(cli: Cli, server: Server): Promise<readonly AskedApproval[]> {
  const asking = (await server.rest.list()).filter(({ chat }) => chat !== null && chat.approvals > 0);
  if (asking.length === 0) return [];
  const client = connectClient(server.home, () => server.url);
  try {
    const signal = AbortSignal.any([cli.signal, AbortSignal.timeout(READ_MS)]);
    const lists = await Promise.all(asking.map((session) => approvalsOf(client, session, signal)));
    return lists.flat().toSorted((a, b) => a.approval.requestedAt - b.approval.requestedAt);
  } finally {
    client.close();
  }
}

async function approvalsOf(client: Client, session: SessionInfo, signal: AbortSignal): Promise<readonly AskedApproval[]> {
  const link = new ConversationLink(client, session.id, false);
  try {
    const conversation = await link.until((now) => now, signal);
    return openApprovals(conversation).map((approval) => ({ session, approval }));
  } finally {
    link.close();
  }
}

/** The one approval that a word names, by its session or by its own id. Throws with exit code 4 or 5 if there is not exactly one. */
export function findApproval(word: string, asked: readonly AskedApproval[], sessions: readonly SessionInfo[]): AskedApproval {
  const byId = asked.filter(({ approval }) => approval.id === word);
  const [found, ...others] = byId.length > 0 ? byId : ofSession(word, asked, sessions);
  if (found === undefined) throw new CommandFailure(EXIT.refused, `Nothing is asked in "${plainText(word)}".`);
  if (others.length === 0) return found;
  const list = [found, ...others].map(
    ({ session, approval }) => `\n  ${approval.id}  ${plainText(session.name)}  ${plainText(approval.title)}`,
  );
  throw new CommandFailure(EXIT.unknown, `More than one thing is asked there; use an id:${list.join("")}`);
}

function ofSession(word: string, asked: readonly AskedApproval[], sessions: readonly SessionInfo[]): readonly AskedApproval[] {
  const { id } = resolveSession(word, sessions);
  return asked.filter(({ session }) => session.id === id);
}
