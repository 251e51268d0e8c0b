/** A message that is only on its way: at the end of the transcript, where it will stand. */
import { Clock3 } from "lucide-react";
import type { ReactElement } from "react";
import { useConnection } from "../live/services.ts";
import { useNow } from "../ui/use-now.ts";
import { INPUT_MARKS, outgoingMark } from "./chat-words.ts";
import { Bubble, MarkLine } from "./user-message.tsx";
import { useAttempt, useChat } from "./chat-actions.ts";
import type { Waiting } from "./waiting-messages.ts";

export function SendingMessage({ waiting }: { readonly waiting: Waiting }): ReactElement {
  const isLive = useConnection().is === "connected";
  const { view, compose } = useChat();
  const { isBusy, attempt } = useAttempt();
  const now = useNow(60_000);
  const mark = waiting.is === "outgoing" ? outgoingMark(waiting.message, isLive, now) : INPUT_MARKS[waiting.input.state];
  const canTakeBack = waiting.is === "outgoing" && waiting.message.state.is === "waiting" && !isLive;
  const takeBack = async (): Promise<void> => {
    if (await attempt(async () => view.remove(waiting.id))) compose(waiting.text);
  };
  return (
    <div data-waiting={waiting.id} className="flex flex-col items-end gap-1 pt-5 pb-1.5">
      <Bubble text={waiting.text} look="waiting" />
      <div className="flex items-center gap-2">
        {canTakeBack && (
          <button
            type="button"
            disabled={isBusy}
            onClick={() => void takeBack()}
            className="relative text-tiny font-medium text-soft underline decoration-line decoration-2 underline-offset-4 before:absolute before:-inset-3.5 before:content-[''] hover:text-ink"
          >
            Take back
          </button>
        )}
        <MarkLine mark={mark}>
          <Clock3 size={13} />
        </MarkLine>
      </div>
    </div>
  );
}
