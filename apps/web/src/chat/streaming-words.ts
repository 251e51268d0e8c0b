/** What the badge above a conversation says of the agent, and what would interrupt it: as far as this page knows, and no further. */
import type { Conversation } from "@perdure/protocol";
import { currentRun } from "@perdure/protocol";
import { clockWords } from "../sessions/relative-time.ts";

export interface StreamingBadge {
  readonly tone: "live" | "needs" | "past" | "quiet";
  readonly words: string;
  /** The truth about interruptions, in sentences. */
  readonly detail: readonly string[];
}

const SAFE =
  "The agent runs on the machine, not in this page: closing the page, losing the network, restarting the server or upgrading it does not interrupt it.";
const SAFE_FUNCTION =
  "The agent is a function of the server, not of this page: closing the page or losing the network does not interrupt it.";
const UNSAFE_FUNCTION =
  "What would interrupt it: Stop, ending or deleting the session, and the end of the server, also by a restart or an upgrade. What it had said is kept.";
const UNSAFE =
  "What would interrupt it: Stop, ending or deleting the session, the end of the agent's own program, its loss of the model, and a restart of the machine.";

/**
 * `lastLiveAt`: since when the page is not connected. `isFunction`: the agent is one of the server's own process. `undefined`: there is
 * nothing to say.
 */
export function streamingBadge(
  conversation: Conversation,
  lastLiveAt: number | undefined,
  isLive: boolean,
  now: number,
  isFunction = false,
): StreamingBadge | undefined {
  const safe = isFunction ? SAFE_FUNCTION : SAFE;
  const stays = isFunction
    ? "The question stays open when you leave, as long as the server runs."
    : "The question stays open when you leave.";
  const turn = conversation.runningTurn === null ? undefined : conversation.turns[conversation.runningTurn];
  const since = lastLiveAt === undefined ? "" : ` at ${clockWords(lastLiveAt, now)}`;
  if (turn !== undefined && !isLive) {
    return {
      tone: "past",
      words: `was streaming${since}`,
      detail: ["There is no connection, so this page does not know whether the agent still answers. What it says meanwhile is kept.", safe],
    };
  }
  if (turn?.isStopping === true) {
    const otherwise = isFunction ? "If it does not follow, its turn ends without it." : "If it does not follow, its program is ended.";
    return { tone: "needs", words: "stopping", detail: [`The agent was asked to stop. ${otherwise}`] };
  }
  if (conversation.openApprovals.length > 0) {
    return {
      tone: "needs",
      words: "waits for you",
      detail: [`The agent asks and waits for the answer. ${stays}`, safe],
    };
  }
  if (turn !== undefined) return { tone: "live", words: "streaming", detail: [safe, isFunction ? UNSAFE_FUNCTION : UNSAFE] };
  const run = currentRun(conversation);
  if (run?.state === "starting" && isLive) {
    return { tone: "quiet", words: "starting", detail: ["The agent's program was started and has not said yet that it is ready."] };
  }
  return undefined;
}
