/** The badge of the agent's state. Its tooltip says what would interrupt it; a tap opens it where there is no pointer to hover. */
import { endsWithServer, type Conversation, type SessionInfo } from "@perdure/protocol";
import { useId, useRef, type ReactElement } from "react";
import { useConnection, useLastLive } from "../live/services.ts";
import { useNow } from "../ui/use-now.ts";
import { streamingBadge, type StreamingBadge } from "./streaming-words.ts";

const TONES: Readonly<Record<StreamingBadge["tone"], string>> = {
  live: "text-alive-ink border-alive/35 bg-alive/8",
  needs: "text-needs-ink border-needs/45 bg-needs-wash",
  past: "text-soft border-line",
  quiet: "text-soft border-line",
};
const MARGIN_PX = 8;

interface StreamingBadgeProps {
  readonly conversation: Conversation;
  readonly session: SessionInfo | undefined;
}

export function StreamingBadgeView({ conversation, session }: StreamingBadgeProps): ReactElement | null {
  const isLive = useConnection().is === "connected";
  const badge = streamingBadge(conversation, useLastLive(), isLive, useNow(60_000), session !== undefined && endsWithServer(session));
  if (badge === undefined) return null;
  return <Badge badge={badge} />;
}

function Badge({ badge }: { readonly badge: StreamingBadge }): ReactElement {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const { tone, words, detail } = badge;
  return (
    <>
      <button
        ref={button}
        type="button"
        data-testid="badge"
        popoverTarget={id}
        title={detail.join(" ")}
        className={`relative inline-flex h-7 shrink-0 items-center gap-1.5 rounded-full border px-2.5 text-tiny font-medium whitespace-nowrap before:absolute before:-inset-y-2.5 before:inset-x-0 before:content-[''] ${TONES[tone]}`}
      >
        <span
          aria-hidden
          className={`size-2 rounded-full ${tone === "past" ? "border border-current" : "bg-current"} ${tone === "live" ? "animate-[pulse_1.6s_ease-in-out_infinite]" : ""}`}
        />
        {words}
      </button>
      <div
        ref={tip}
        id={id}
        popover="auto"
        onToggle={(event) => {
          if (event.newState === "open") place(button.current, tip.current);
        }}
        className="fixed m-0 w-80 max-w-[calc(100vw-1rem)] flex-col gap-2 rounded-2xl border border-line bg-raised p-4 text-small text-ink shadow-[0_12px_40px_var(--shadow)] open:flex"
      >
        {detail.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </div>
    </>
  );
}

function place(anchor: HTMLElement | null, tip: HTMLElement | null): void {
  if (anchor === null || tip === null) return;
  const at = anchor.getBoundingClientRect();
  const { width } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(MARGIN_PX, Math.min(at.right - width, innerWidth - width - MARGIN_PX))}px`;
  tip.style.top = `${at.bottom + 12}px`;
}
