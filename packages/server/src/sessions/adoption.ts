/**
 * What is said when the host that read a program's output was killed and the next one went on with the program: what had been read and
 * not yet spooled in that moment is gone, and nobody can know whether there was any. Said only where the program was at work.
 */
import { currentRun, type ChatEvent, type Conversation } from "@perdure/protocol";
import type { Adoption } from "./records.ts";

/** The program was at work if it wrote so shortly before the next host came: within the last second, and what a host takes to start. */
const AT_WORK_MS = 2000;
const KILLED = "The process that reads the agent's output was killed and another went on.";

/** The words for a run without a conversation; `null`: it rested. */
export function adoptionWords(adoption: Adoption | undefined): string | null {
  if (!adoption || !wroteJustNow(adoption)) return null;
  return "The process that reads this program's output was killed and another went on. A few characters of its output may be missing.";
}

/** The line in a conversation, as it was when the former host died: the same again is the same line. */
export function adoptionNotice(adoption: Adoption | undefined, conversation: Conversation): ChatEvent[] {
  const run = currentRun(conversation);
  const turn = conversation.runningTurn;
  if (!adoption || !run || (turn === null && !wroteJustNow(adoption))) return [];
  const about = turn === null ? "what it wrote last" : "this answer";
  const text = `${KILLED} A few characters of ${about} may be missing.`;
  const notice = { type: "notice", notice: `host-adopted.${run.id}.${adoption.index}`, level: "warning", code: "host-adopted" } as const;
  return [{ ...notice, text, at: adoption.at, ...(turn === null ? {} : { turn }) }];
}

function wroteJustNow({ quietMs }: Adoption): boolean {
  return quietMs !== null && quietMs <= AT_WORK_MS;
}
