/** One line of the product itself in the transcript: what happened, and what can be done about it as long as it can. */
import type { Notice, Offer } from "@perdure/protocol";
import { Info, TriangleAlert } from "lucide-react";
import { memo, type NamedExoticComponent, type ReactElement } from "react";
import { useStore } from "../ui/use-store.ts";
import { useAttempt, useChat, type ChatScene } from "./chat-actions.ts";
import { OFFERS } from "./chat-words.ts";
import { openOffers } from "./notice-offers.ts";
import { SmallButton } from "./small-button.tsx";
import { useSignIn } from "./use-sign-in.ts";

const LOOKS: Readonly<Record<Notice["level"], string>> = {
  info: "text-soft",
  warning: "text-needs-ink",
  error: "text-lost",
};

export const NoticeLine: NamedExoticComponent<{ readonly notice: Notice }> = memo(function NoticeLine({
  notice,
}: {
  readonly notice: Notice;
}): ReactElement {
  const { view } = useChat();
  // What is offered about a message that waits stands with that message.
  const held = useStore(view, () => openOffers(view.state.conversation, notice));
  return (
    <div data-notice={notice.code} className="flex flex-col gap-2 py-0.5 text-small">
      <p className="flex gap-2">
        <span aria-hidden className={`mt-0.5 shrink-0 ${LOOKS[notice.level]}`}>
          {notice.level === "info" ? <Info size={15} /> : <TriangleAlert size={15} />}
        </span>
        <span className={`min-w-0 wrap-anywhere whitespace-pre-wrap ${notice.level === "info" ? "text-soft" : ""}`}>{notice.text}</span>
      </p>
      {held === "" && notice.offers.length > 0 && (
        <div className="pl-6">
          <Offers offers={notice.offers} turn={notice.turn} input={undefined} />
        </div>
      )}
    </div>
  );
});

interface OffersProps {
  readonly offers: readonly Offer[];
  readonly turn: string | undefined;
  /** The message that waits for the decision. */
  readonly input: string | undefined;
}

export function Offers({ offers, turn, input }: OffersProps): ReactElement {
  const scene = useChat();
  const { isBusy, attempt } = useAttempt();
  const signIn = useSignIn();
  const buttons = offers.filter((offer) => offer !== "wait");
  const take = async (offer: Offer): Promise<unknown> => (offer === "sign-in" ? signIn() : takeUp(scene, offer, turn, input));
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-2.5">
      {buttons.map((offer, index) => (
        <SmallButton key={offer} look={lookOf(offer, index)} disabled={isBusy} onClick={() => void attempt(async () => take(offer))}>
          {OFFERS[offer]}
        </SmallButton>
      ))}
      {offers.includes("wait") && <span className="text-tiny text-soft">or wait; nothing is lost</span>}
    </div>
  );
}

/** What drops something is never put forward, nor is going back to what just failed. */
function lookOf(offer: Offer, index: number): "quiet" | "primary" | "plain" {
  if (offer === "discard") return "quiet";
  return index === 0 && offer !== "retry-old-conversation" ? "primary" : "plain";
}

/** About a message that waits the session decides; about a turn that is over, its text is said again. */
async function takeUp({ view }: ChatScene, offer: Offer, turn: string | undefined, input: string | undefined): Promise<unknown> {
  if (input === undefined && turn !== undefined && (offer === "retry" || offer === "continue")) return view.again(turn, offer);
  return view.recover(offer, input);
}
