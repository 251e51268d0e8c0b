/** Above a conversation: the way back, who it is with and how they are, and the menu. */
import type { Conversation, SessionInfo } from "@perdure/protocol";
import { Info, SquareTerminal } from "lucide-react";
import { useState, type ReactElement } from "react";
import { useLocation } from "wouter";
import { ConnectionIndicator } from "../live/connection-indicator.tsx";
import { agentName } from "../agents/agent-name.ts";
import { useConnection } from "../live/services.ts";
import { SessionMenu } from "../sessions/session-menu.tsx";
import { shortenPath } from "../sessions/shorten-path.ts";
import { useSwitchView } from "../sessions/use-switch-view.ts";
import { BackLink } from "../ui/back-link.tsx";
import { ChatDetailsDialog } from "./chat-details-dialog.tsx";
import { chatStateWords } from "./chat-words.ts";
import { StreamingBadgeView } from "./streaming-badge.tsx";

interface ChatHeaderProps {
  readonly session: SessionInfo | undefined;
  readonly conversation: Conversation | undefined;
}

export function ChatHeader({ session, conversation }: ChatHeaderProps): ReactElement {
  const isLive = useConnection().is === "connected";
  return (
    <header className="shrink-0 border-b border-line bg-paper pt-[env(safe-area-inset-top)]">
      <div className="flex h-12 items-center pr-1 pl-0.5">
        <BackLink />
        <div className="min-w-0 grow">{session !== undefined && <Identity session={session} conversation={conversation} />}</div>
        {conversation !== undefined && <StreamingBadgeView conversation={conversation} session={session} />}
        {isLive && (
          <div className="hidden px-2 sm:block">
            <ConnectionIndicator />
          </div>
        )}
        {session !== undefined && conversation !== undefined && <HeaderMenu session={session} conversation={conversation} />}
      </div>
    </header>
  );
}

function Identity({
  session,
  conversation,
}: {
  readonly session: SessionInfo;
  readonly conversation: Conversation | undefined;
}): ReactElement {
  const { chat, name, cwd } = session;
  const title = conversation?.title ?? "";
  return (
    <div className="flex min-w-0 flex-col">
      <h1 className="truncate text-row leading-tight font-semibold tracking-[-0.005em]">{name}</h1>
      <p className="truncate text-tiny leading-tight text-soft">
        {chat !== null && `${agentName(chat.agent)} · ${chatStateWords(chat.state)}`}
        <span className="hidden font-mono text-[0.6875rem] sm:inline"> · {shortenPath(cwd, 40)}</span>
        {title !== "" && title !== name && <span className="hidden md:inline"> · {title}</span>}
      </p>
    </div>
  );
}

function HeaderMenu({ session, conversation }: { readonly session: SessionInfo; readonly conversation: Conversation }): ReactElement {
  const [showsDetails, setShowDetails] = useState(false);
  const [, navigate] = useLocation();
  const { runningTurn, resumeId } = conversation;
  const switchView = useSwitchView(session);
  const canSwitch = runningTurn === null && resumeId !== null;
  return (
    <>
      <SessionMenu
        session={session}
        onRemoved={() => navigate("/")}
        extra={[
          { label: "Details", icon: <Info size={18} />, onSelect: () => setShowDetails(true) },
          ...(canSwitch
            ? [{ label: "Continue in its terminal", icon: <SquareTerminal size={18} />, onSelect: () => void switchView("terminal") }]
            : []),
        ]}
      />
      {showsDetails && <ChatDetailsDialog session={session} conversation={conversation} onClose={() => setShowDetails(false)} />}
    </>
  );
}
