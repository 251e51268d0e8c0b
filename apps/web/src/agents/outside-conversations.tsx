/** Conversations that were begun outside perdure and lie with their agents: one tap continues one here. */
import { systemRandomness } from "@perdure/client";
import type { OutsideConversation } from "@perdure/protocol";
import { CornerDownRight } from "lucide-react";
import { useRef, useState, type ReactElement } from "react";
import { useLocation } from "wouter";
import { plural } from "../chat/chat-words.ts";
import { useConnection, useKnownNow, useServices } from "../live/services.ts";
import { agoWords } from "../sessions/relative-time.ts";
import { agentName } from "./agent-name.ts";
import { wayTo } from "../sessions/session-look.ts";
import { shortenPath } from "../sessions/shorten-path.ts";
import { useOutsideConversations } from "./use-outside-conversations.ts";

const SHOWN_FIRST = 20;

interface OutsideConversationsProps {
  /** Only those of a directory, and of an agent. */
  readonly cwd?: string;
  readonly agent?: string;
}

export function OutsideConversations(about: OutsideConversationsProps): ReactElement | null {
  const conversations = useOutsideConversations(about).filter(({ session }) => session === null);
  const [showsAll, setShowAll] = useState(false);
  const isLive = useConnection().is === "connected";
  const now = useKnownNow(60_000);
  if (conversations.length === 0) return null;
  const shown = showsAll ? conversations : conversations.slice(0, SHOWN_FIRST);
  return (
    <section aria-label="Begun elsewhere" className={isLive ? "" : "opacity-60"}>
      <h2 className="flex items-baseline gap-2 px-1 pb-2 text-small font-medium text-soft sm:px-0">
        <span>Begun elsewhere</span>
        <span className="text-tiny tabular">{conversations.length}</span>
      </h2>
      <ul className="divide-y divide-line overflow-hidden rounded-2xl border border-line bg-raised">
        {shown.map((conversation) => (
          <OutsideRow key={`${conversation.agent} ${conversation.resumeId}`} conversation={conversation} now={now} isLive={isLive} />
        ))}
      </ul>
      {shown.length < conversations.length && (
        <button
          type="button"
          onClick={() => setShowAll(true)}
          className="mt-1 min-h-11 w-full rounded-xl text-small font-medium text-soft hover:bg-sunken hover:text-ink"
        >
          Show all {conversations.length}
        </button>
      )}
    </section>
  );
}

interface OutsideRowProps {
  readonly conversation: OutsideConversation;
  readonly now: number;
  readonly isLive: boolean;
}

function OutsideRow({ conversation, now, isLive }: OutsideRowProps): ReactElement {
  const { agent, title, cwd, updatedAt, messages } = conversation;
  const { isBusy, go } = useContinue(conversation);
  return (
    <li>
      <button
        type="button"
        disabled={isBusy || !isLive}
        onClick={() => void go()}
        className="flex w-full items-start gap-3 py-3 pr-4 pl-3 text-left outline-offset-[-2px] hover:bg-sunken/60 active:bg-sunken sm:pl-4"
      >
        <CornerDownRight size={18} aria-hidden className="mt-0.5 w-8 shrink-0 text-soft/70" />
        <span className="flex min-w-0 grow flex-col gap-0.5">
          <span className="flex items-baseline justify-between gap-3">
            <span className="truncate text-row">{title === "" ? "Untitled" : title}</span>
            <time className="shrink-0 text-tiny text-soft tabular">{agoWords(updatedAt, now)}</time>
          </span>
          <span className="flex gap-[0.75ch] text-tiny text-soft">
            <span className="shrink-0">{agentName(agent)} in</span>
            <span className="min-w-0 truncate font-mono">{shortenPath(cwd, 34)}</span>
            {messages !== null && messages > 0 && <span className="shrink-0 tabular">· {plural(messages, "message")}</span>}
          </span>
        </span>
        <span className="sr-only">{isBusy ? "Opening" : "Continue here"}</span>
      </button>
    </li>
  );
}

interface Continue {
  readonly isBusy: boolean;
  readonly go: () => Promise<void>;
}

/** One key for each conversation: tapped twice, or answered too late, it is continued in one session. */
function useContinue({ agent, resumeId, cwd }: OutsideConversation): Continue {
  const { rest, toasts } = useServices();
  const [, navigate] = useLocation();
  const [isBusy, setBusy] = useState(false);
  const key = useRef("");
  const go = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    if (key.current === "") key.current = systemRandomness.id();
    try {
      const session = await rest.create({ agent: { agent, resumeId }, cwd }, { key: key.current });
      navigate(...wayTo(session));
    } catch (error) {
      toasts.say(error instanceof Error ? error.message : "The conversation could not be continued.");
      setBusy(false);
    }
  };
  return { isBusy, go };
}
