/** One session on the home screen. The whole row opens it; its menu holds the rest. */
import type { ChatSummary, SessionInfo } from "@perdure/protocol";
import { memo, type ReactElement } from "react";
import { Link } from "wouter";
import { useServices } from "../live/services.ts";
import { useStore } from "../ui/use-store.ts";
import { chatStateWords, countWords } from "../chat/chat-words.ts";
import { agentName } from "../agents/agent-name.ts";
import { needsUser } from "./attention-order.ts";
import { LifeLine } from "./life-line.tsx";
import { agoWords } from "./relative-time.ts";
import { SessionMenu } from "./session-menu.tsx";
import { shortenPath } from "./shorten-path.ts";
import { joinCommand } from "./split-command.ts";
import { attentionWords, stateWords, watcherWords } from "./state-words.ts";

interface SessionRowProps {
  readonly session: SessionInfo;
  /** Rounded to the rhythm of the list, so that rows are drawn again only when a word may change. */
  readonly now: number;
}

export const SessionRow: React.NamedExoticComponent<SessionRowProps> = memo(function SessionRow({
  session,
  now,
}: SessionRowProps): ReactElement {
  const { attention, run } = session;
  const watchers = watcherWords(session.watchers);
  const title = session.title !== session.name ? session.title : "";
  return (
    <li className="relative flex items-start gap-1 transition-colors focus-within:bg-sunken/60 hover:bg-sunken/60">
      <Link
        href={`/s/${session.id}`}
        className="flex min-w-0 grow items-start gap-3 py-3.5 pl-3 outline-offset-[-2px] before:absolute before:inset-0 before:content-[''] sm:pl-4"
      >
        <span className="flex h-[1.35rem] items-center">
          <LifeLine run={run} needsYou={needsUser(session)} />
        </span>
        <span className="flex min-w-0 grow flex-col gap-0.5">
          <span className="flex items-baseline justify-between gap-3">
            <span className="truncate text-row font-semibold tracking-[-0.005em]">{session.name}</span>
            <time className="shrink-0 text-tiny text-soft tabular">{agoWords(session.lastActivityAt, now)}</time>
          </span>
          {attention !== null && attention.reason !== "exit" && (
            <span className="line-clamp-2 text-small font-medium text-needs-ink">{attentionWords(attention, now)}</span>
          )}
          {session.chat === null ? (
            <>
              {title !== "" && <span className="truncate text-small">{title}</span>}
              <Place what={joinCommand(session.command) || "login shell"} cwd={session.cwd} />
              <span className={`truncate text-small tabular ${stateColour(session)}`}>
                {stateWords(run.state, now)}
                {watchers !== "" && <span className="text-soft"> · seen by {watchers}</span>}
              </span>
            </>
          ) : (
            <ChatLines session={session} chat={session.chat} watchers={watchers} />
          )}
        </span>
      </Link>
      <SessionMenu session={session} className="relative z-10 mt-1 mr-1" />
    </li>
  );
});

function Place({ what, cwd }: { readonly what: string; readonly cwd: string }): ReactElement {
  return (
    <span className="flex gap-[0.75ch] font-mono text-tiny text-soft">
      <span className="truncate">{what}</span>
      <span>in</span>
      <span className="max-w-[55%] shrink-0 truncate">{shortenPath(cwd, 34)}</span>
    </span>
  );
}

interface ChatLinesProps {
  readonly session: SessionInfo;
  readonly chat: ChatSummary;
  readonly watchers: string;
}

/** A conversation: what it is about, its last words, how the agent is. */
function ChatLines({ session, chat, watchers }: ChatLinesProps): ReactElement {
  const isBroken = session.run.state.is === "lost" || session.run.state.is === "failed";
  const counts = countWords(chat);
  const unsent = useUnsent(session.id);
  return (
    <>
      {chat.title !== "" && chat.title !== session.name && <span className="truncate text-small">{chat.title}</span>}
      {chat.preview !== "" && chat.preview !== chat.title && <span className="line-clamp-1 text-small text-soft">{chat.preview}</span>}
      <Place what={agentName(chat.agent)} cwd={session.cwd} />
      <span className="truncate text-small text-soft tabular">
        <span
          className={
            chat.state === "asking"
              ? "font-medium text-needs-ink"
              : chat.state === "working"
                ? "text-alive-ink"
                : isBroken
                  ? "text-lost"
                  : ""
          }
        >
          {chatStateWords(chat.state)}
        </span>
        {counts !== "" && ` · ${counts}`}
        {unsent > 0 && <span className="text-needs-ink"> · {unsent} not sent</span>}
        {watchers !== "" && ` · seen by ${watchers}`}
      </span>
    </>
  );
}

/** Messages of this device that the server does not have. */
function useUnsent(id: string): number {
  const { chats } = useServices();
  return useStore(chats.outgoing, () => chats.outgoing.messages.filter(({ session }) => session === id).length);
}

function stateColour({ attention, run }: SessionInfo): string {
  if (run.state.is === "lost" || run.state.is === "failed") return "text-lost";
  return attention?.reason === "exit" ? "font-medium text-needs-ink" : "text-soft";
}
