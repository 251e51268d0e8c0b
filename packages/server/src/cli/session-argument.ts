/**
 * Which session a word on the command line names: its exact id, its exact name, or the unique beginning of either. Never a guess:
 * more than one is an error that lists them.
 */
import type { SessionInfo } from "@perdure/protocol";
import { didYouMean } from "./did-you-mean.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { plainText } from "./table.ts";

/** Most candidates an error lists. */
const MAX_LISTED = 8;

/** The session meant by a word. Throws with exit code 4, and with what to do, if there is none or more than one. */
export function resolveSession(word: string, sessions: readonly SessionInfo[]): SessionInfo {
  const isExact = (session: SessionInfo) => session.id === word || session.name === word;
  const startsSo = (session: SessionInfo) => session.id.startsWith(word) || session.name.startsWith(word);
  const byId = sessions.find((session) => session.id === word);
  if (byId !== undefined) return byId;
  for (const isMeant of [isExact, startsSo]) {
    const found = word === "" ? [] : sessions.filter(isMeant);
    if (found.length > 1) throw ambiguous(word, found);
    if (found[0] !== undefined) return found[0];
  }
  throw unknown(word, sessions);
}

function ambiguous(word: string, found: readonly SessionInfo[]): CommandFailure {
  const listed = found.slice(0, MAX_LISTED).map((session) => `\n  ${session.id}  ${plainText(session.name)}`);
  const more = found.length > MAX_LISTED ? `\n  and ${found.length - MAX_LISTED} more` : "";
  return new CommandFailure(EXIT.unknown, `"${word}" could be any of these; use an id:${listed.join("")}${more}`);
}

function unknown(word: string, sessions: readonly SessionInfo[]): CommandFailure {
  const hint = didYouMean(
    word,
    sessions.map((session) => plainText(session.name)),
  );
  return new CommandFailure(EXIT.unknown, `There is no session "${plainText(word)}".${hint || " `perdure ls` lists them."}`);
}

/** How a session is written in a command that a person may copy. */
export function wordFor({ id, name }: Pick<SessionInfo, "id" | "name">): string {
  return /^[\w.][\w.-]*$/.test(name) ? name : id;
}
