/** A turn that did not end well: why, and the way on while it is the last one. What had been said stands above it. */
import type { Conversation, Turn } from "@perdure/protocol";
import { TriangleAlert } from "lucide-react";
import { memo, type NamedExoticComponent, type ReactElement } from "react";
import { useStore } from "../ui/use-store.ts";
import { useAttempt, useChat } from "./chat-actions.ts";
import { turnEndWords } from "./chat-words.ts";
import { SmallButton } from "./small-button.tsx";
import { useSignIn } from "./use-sign-in.ts";

interface TurnEndProps {
  readonly turn: Turn;
  readonly isLast: boolean;
}

export const TurnEnd: NamedExoticComponent<TurnEndProps> = memo(function TurnEnd({ turn, isLast }: TurnEndProps): ReactElement {
  const isFailed = turn.state === "failed";
  return (
    <section
      aria-label={isFailed ? "Failed response" : "Interrupted response"}
      className={`flex flex-col gap-2.5 rounded-xl border px-3.5 py-3 text-small ${isFailed ? "border-lost/35 bg-lost/6" : "border-needs/40 bg-needs-wash"}`}
    >
      <p className="flex gap-2">
        <TriangleAlert size={16} aria-hidden className={`mt-px shrink-0 ${isFailed ? "text-lost" : "text-needs-ink"}`} />
        <span className="min-w-0 wrap-anywhere">
          <span className="font-medium">{turnEndWords(turn)}</span>
          {turn.text !== undefined && turn.text !== "" && turn.cause !== "stopped" && (
            <span className="mt-0.5 line-clamp-6 block text-soft">{turn.text}</span>
          )}
        </span>
      </p>
      {isLast && <WaysOn turn={turn} />}
    </section>
  );
});

function WaysOn({ turn }: { readonly turn: Turn }): ReactElement | null {
  const { view } = useChat();
  const { isBusy, attempt } = useAttempt();
  const signIn = useSignIn();
  // Where a message is in doubt or waits, going on is decided there.
  const isSettled = useStore(view, () => isDecidedHere(view.state.conversation, turn.input));
  if (!isSettled) return null;
  const isFailed = turn.state === "failed";
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-2.5 pl-6">
      {turn.cause === "auth" && (
        <SmallButton look="primary" disabled={isBusy} onClick={() => void attempt(signIn)}>
          Sign in, in a terminal
        </SmallButton>
      )}
      {!isFailed && (
        <SmallButton look="primary" disabled={isBusy} onClick={() => void attempt(async () => view.again(turn.id, "continue"))}>
          Continue
        </SmallButton>
      )}
      <SmallButton
        look={isFailed && turn.cause !== "auth" ? "primary" : "plain"}
        disabled={isBusy}
        onClick={() => void attempt(async () => view.again(turn.id, "retry"))}
      >
        Retry
      </SmallButton>
      <span className="text-tiny text-soft">
        {isFailed ? "Retry says your message again" : "Continue goes on from here; Retry says your message again"}
      </span>
    </div>
  );
}

function isDecidedHere(conversation: Conversation | undefined, input: string | undefined): boolean {
  const state = conversation?.inputs[input ?? ""]?.state;
  const isWaiting = conversation?.queue.some((id) => conversation.inputs[id]?.state === "held") === true;
  return !isWaiting && state !== "unknown" && state !== "accepted";
}
