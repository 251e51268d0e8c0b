/** Stop: what came of it is said in words, since it may be nothing. */
import type { Conversation, Stopped } from "@perdure/protocol";
import { useServices } from "../live/services.ts";
import { useAttempt, useChat } from "./chat-actions.ts";

/** `undefined`: the transcript says it. */
const OUTCOMES: Readonly<Record<Stopped["outcome"], string | undefined>> = {
  interrupted: undefined,
  completed: "The answer was complete before it could be stopped.",
  failed: undefined,
  held: "Nothing ran yet. Your message waits for your decision.",
  "nothing-running": "Nothing was running.",
  "not-yet": "The agent has not stopped yet; it was asked to.",
};

interface Stop {
  readonly canStop: boolean;
  readonly isStopping: boolean;
  readonly stop: () => Promise<void>;
}

export function useStop(conversation: Conversation | undefined): Stop {
  const { view } = useChat();
  const { toasts } = useServices();
  const { isBusy, attempt } = useAttempt();
  const turn = conversation?.turns[conversation.runningTurn ?? ""];
  const isWaitingForTurn = conversation?.queue.some((id) => conversation.inputs[id]?.state === "accepted") === true;
  const stop = async (): Promise<void> => {
    await attempt(async () => {
      const words = OUTCOMES[await view.stop()];
      if (words !== undefined) toasts.say(words);
    });
  };
  return { canStop: turn !== undefined || isWaitingForTurn, isStopping: isBusy || turn?.isStopping === true, stop };
}
