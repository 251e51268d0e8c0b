/** A conversation with an agent: what was said, what waits, and where to go on. */
import type { ChatState, ChatView } from "@perdure/client";
import { currentRun } from "@perdure/protocol";
import { useMemo, useState, type ReactElement } from "react";
import { agentName } from "../agents/agent-name.ts";
import { FailureNotice } from "../live/failure-notice.tsx";
import { isFailing } from "../live/connection-words.ts";
import { useConnection } from "../live/services.ts";
import { StalePill } from "../live/stale-pill.tsx";
import { useWindowTitle } from "../sessions/needs-you-badge.ts";
import { GonePage } from "../terminal/gone-page.tsx";
import { Announcer } from "./announcer.tsx";
import { ChatContext, type ChatScene } from "./chat-actions.ts";
import { ChatHeader } from "./chat-header.tsx";
import { Composer } from "./composer.tsx";
import { QueuePanel } from "./queue-panel.tsx";
import { SendingMessage } from "./sending-message.tsx";
import { Transcript } from "./transcript.tsx";
import { transcriptRows } from "./transcript-rows.ts";
import { UnsentMessages } from "./unsent-messages.tsx";
import { useChatView } from "./use-chat-view.ts";
import { usePlaceThere } from "./use-place-there.ts";
import { waitingMessages } from "./waiting-messages.ts";

export default function ChatPage({ id }: { readonly id: string }): ReactElement {
  const open = useChatView(id);
  useWindowTitle(open?.state.session?.name ?? "");
  if (open === undefined) return <div className="app-frame bg-screen" />;
  const { gone, outgoing } = open.state;
  if (gone !== undefined) {
    return (
      <GonePage reason={gone}>
        <UnsentMessages messages={outgoing} />
      </GonePage>
    );
  }
  return <OpenConversation id={id} view={open.view} state={open.state} />;
}

interface OpenConversationProps {
  readonly id: string;
  readonly view: ChatView;
  readonly state: ChatState;
}

function OpenConversation({ id, view, state }: OpenConversationProps): ReactElement {
  const { conversation, session, outgoing } = state;
  const isLive = useConnection().is === "connected";
  const [inserted, setInserted] = useState<{ readonly text: string } | undefined>(undefined);
  const [said, setSaid] = useState(0);
  const scene = useMemo<ChatScene>(() => ({ view, session, compose: (text) => setInserted({ text }) }), [view, session]);
  const rows = useMemo(() => (conversation === undefined ? [] : transcriptRows(conversation)), [conversation]);
  const waiting = useMemo(() => waitingMessages(conversation, outgoing), [conversation, outgoing]);
  const isPlaceThere = usePlaceThere(id, conversation, rows, view);
  return (
    <ChatContext value={scene}>
      <div className="app-frame flex flex-col bg-screen">
        <ChatHeader session={session} conversation={conversation} />
        {conversation === undefined || !isPlaceThere ? (
          <div className="relative min-h-0 grow">
            <Overlay isDrawn={false} />
            <Loading />
          </div>
        ) : (
          <Transcript
            session={id}
            rows={rows}
            before={{ count: conversation.earlier ?? 0, load: () => void view.loadEarlier() }}
            questions={conversation.openApprovals.length}
            said={said}
            overlay={<Overlay isDrawn />}
            isCovered={!isLive}
          >
            {rows.length === 0 && waiting.onTheirWay.length === 0 && (
              <Beginning agent={agentName(session?.chat?.agent ?? "")} cwd={session?.cwd ?? ""} />
            )}
            {waiting.onTheirWay.map((one) => (
              <SendingMessage key={one.id} waiting={one} />
            ))}
            <Thinking conversation={conversation} isLive={isLive} />
          </Transcript>
        )}
        <QueuePanel queue={waiting.queue} />
        <Composer
          session={id}
          conversation={conversation}
          isLive={isLive}
          inserted={inserted}
          onSaid={() => setSaid((count) => count + 1)}
        />
        <div className="h-[env(safe-area-inset-bottom)] shrink-0 bg-paper" />
        {conversation !== undefined && <Announcer conversation={conversation} />}
      </div>
    </ChatContext>
  );
}

/** How old what is shown is, when it is not live. */
function Overlay({ isDrawn }: { readonly isDrawn: boolean }): ReactElement {
  const connection = useConnection();
  return (
    <>
      {connection.is !== "connected" && <StalePill isDrawn={isDrawn} />}
      {isFailing(connection) && <FailureNotice className="pointer-events-auto max-w-md" />}
    </>
  );
}

/** The agent works and has not said anything yet, or says nothing for a while. */
function Thinking({
  conversation,
  isLive,
}: {
  readonly conversation: NonNullable<ChatState["conversation"]>;
  readonly isLive: boolean;
}): ReactElement | null {
  const isStarting = currentRun(conversation)?.state === "starting" && conversation.queue.length > 0;
  const isWorking = conversation.runningTurn !== null && conversation.openApprovals.length === 0;
  if (!isLive || (!isWorking && !isStarting)) return null;
  return (
    <p aria-hidden className="flex items-center gap-1.5 pt-2 pl-0.5 text-small text-soft">
      {[0, 1, 2].map((dot) => (
        <span
          key={dot}
          className="size-1.5 animate-[pulse_1.2s_ease-in-out_infinite] rounded-full bg-alive"
          style={{ animationDelay: `${dot * 160}ms` }}
        />
      ))}
      {isStarting && !isWorking && <span className="pl-1">The agent starts</span>}
    </p>
  );
}

function Beginning({ agent, cwd }: { readonly agent: string; readonly cwd: string }): ReactElement {
  return (
    <div className="mx-auto flex max-w-sm flex-col items-center gap-2 pt-[14vh] text-center">
      <h2 className="text-lg font-semibold tracking-tight">Say what is to be done</h2>
      <p className="text-row text-pretty text-soft">
        {agent === "" ? "The agent" : <span className="font-medium text-ink">{agent}</span>} works in{" "}
        <span className="font-mono text-small wrap-anywhere">{cwd}</span> and goes on when you leave this page.
      </p>
    </div>
  );
}

function Loading(): ReactElement {
  return (
    <div aria-hidden className="mx-auto flex w-full max-w-3xl animate-[appear_.4s_.25s_both] flex-col gap-4 px-6 pt-8">
      <div className="h-10 w-1/2 self-end rounded-2xl bg-sunken" />
      {[88, 94, 60].map((width) => (
        <div key={width} className="h-3 rounded-full bg-sunken" style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}
