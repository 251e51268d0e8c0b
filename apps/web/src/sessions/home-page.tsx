/** The home screen: what needs you, what runs, what has ended. */
import type { SessionInfo } from "@perdure/protocol";
import { MonitorSmartphone, Plus } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState, type ReactElement } from "react";
import { useLocation } from "wouter";
import { loadHomeScroll, saveHomeScroll } from "../keep/view-state.ts";
import { ConnectionIndicator } from "../live/connection-indicator.tsx";
import { FailureNotice } from "../live/failure-notice.tsx";
import { useConnection, useKnownNow, useSessions } from "../live/services.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Wordmark } from "../ui/wordmark.tsx";
import { OutsideConversations } from "../agents/outside-conversations.tsx";
import { groupSessions } from "./attention-order.ts";
import { useWindowTitle } from "./needs-you-badge.ts";
import { NewSessionDialog } from "./new-session-dialog.tsx";
import { SessionRow } from "./session-row.tsx";

const ROW_RHYTHM_MS = 10_000;

export function HomePage(): ReactElement {
  const sessions = useSessions();
  const [isCreating, setCreating] = useState(false);
  useWindowTitle("");
  const create = (): void => setCreating(true);
  return (
    <div className="app-frame flex flex-col">
      <HomeHeader onCreate={create} />
      <HomeScroll isReady={sessions !== undefined}>
        <FailureNotice />
        {sessions === undefined ? (
          <LoadingList />
        ) : sessions.length === 0 ? (
          <EmptyHome onCreate={create} />
        ) : (
          <SessionList sessions={sessions} />
        )}
        {sessions !== undefined && <OutsideConversations />}
      </HomeScroll>
      <div className="border-t border-line bg-paper px-4 py-2.5 pb-[max(0.625rem,env(safe-area-inset-bottom))] sm:hidden">
        <Button look="primary" className="w-full" onClick={create}>
          <Plus size={18} /> New session
        </Button>
      </div>
      {isCreating && <NewSessionDialog sessions={sessions ?? []} onClose={() => setCreating(false)} />}
    </div>
  );
}

function HomeHeader({ onCreate }: { readonly onCreate: () => void }): ReactElement {
  const [, navigate] = useLocation();
  const isLive = useConnection().is === "connected";
  return (
    <header className="shrink-0 pt-[env(safe-area-inset-top)]">
      <div className="mx-auto flex h-14 w-full max-w-3xl items-center gap-1 pr-1.5 pl-4 sm:pr-4 sm:pl-6">
        <h1 className="grow">
          <Wordmark isShort={!isLive} />
        </h1>
        <ConnectionIndicator />
        <IconButton label="Devices" onClick={() => navigate("/devices")}>
          <MonitorSmartphone size={20} />
        </IconButton>
        <div className="ml-2 hidden sm:block">
          <Button look="primary" onClick={onCreate}>
            <Plus size={18} /> New session
          </Button>
        </div>
      </div>
    </header>
  );
}

/** The list scrolls, the page does not; its place comes back after a reload and on the way back from a session. */
function HomeScroll({ isReady, children }: { readonly isReady: boolean; readonly children: React.ReactNode }): ReactElement {
  const element = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (isReady && element.current !== null) element.current.scrollTop = loadHomeScroll();
  }, [isReady]);
  useEffect(() => {
    const main = element.current;
    const keep = (): void => saveHomeScroll(main?.scrollTop ?? 0);
    main?.addEventListener("scrollend", keep);
    return () => main?.removeEventListener("scrollend", keep);
  }, []);
  return (
    <main ref={element} className="grow overflow-y-auto overscroll-contain">
      <div className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-3 pt-2 pb-8 sm:px-6">{children}</div>
    </main>
  );
}

function SessionList({ sessions }: { readonly sessions: readonly SessionInfo[] }): ReactElement {
  const now = useKnownNow(ROW_RHYTHM_MS);
  const isLive = useConnection().is === "connected";
  const { needsYou, running, asleep, ended } = groupSessions(sessions);
  return (
    <div className={`flex flex-col gap-6 transition-opacity duration-300 ${isLive ? "" : "opacity-60"}`}>
      <Group title="Needs you" sessions={needsYou} now={now} isUrgent />
      <Group title="Running" sessions={running} now={now} />
      <Group title="Asleep" sessions={asleep} now={now} />
      <Group title="Ended" sessions={ended} now={now} />
    </div>
  );
}

interface GroupProps {
  readonly title: string;
  readonly sessions: readonly SessionInfo[];
  readonly now: number;
  readonly isUrgent?: boolean;
}

function Group({ title, sessions, now, isUrgent = false }: GroupProps): ReactElement | null {
  if (sessions.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2 className="flex items-baseline gap-2 px-1 pb-2 text-small font-medium text-soft sm:px-0">
        <span className={isUrgent ? "text-needs-ink" : ""}>{title}</span>
        <span className="text-tiny tabular">{sessions.length}</span>
      </h2>
      <ul
        className={`divide-y overflow-hidden rounded-2xl border ${isUrgent ? "divide-needs/20 border-needs/35 bg-needs-wash" : "divide-line border-line bg-raised"}`}
      >
        {sessions.map((session) => (
          <SessionRow key={session.id} session={session} now={now} />
        ))}
      </ul>
    </section>
  );
}

function LoadingList(): ReactElement {
  return (
    <div
      aria-hidden
      className="mt-7 animate-[appear_.4s_.25s_both] divide-y divide-line overflow-hidden rounded-2xl border border-line bg-raised"
    >
      {[40, 55, 34].map((width) => (
        <div key={width} className="flex flex-col gap-2.5 px-4 py-4">
          <div className="h-3.5 rounded-full bg-sunken" style={{ width: `${width}%` }} />
          <div className="h-2.5 rounded-full bg-sunken" style={{ width: `${width + 25}%` }} />
        </div>
      ))}
    </div>
  );
}

function EmptyHome({ onCreate }: { readonly onCreate: () => void }): ReactElement {
  return (
    <section className="mx-auto flex max-w-md flex-col items-center gap-5 px-4 pt-[12vh] text-center">
      <svg width="124" height="20" viewBox="0 0 124 20" aria-hidden fill="none" stroke="currentColor" strokeWidth="4" strokeLinecap="round">
        <path d="M4 10h18" opacity=".2" />
        <path d="M40 10h18" opacity=".45" />
        <path d="M76 10h24" />
        <circle cx="110" cy="10" r="8" stroke="none" className="fill-alive" />
      </svg>
      <h2 className="text-xl font-semibold tracking-tight text-balance">Nothing is running yet</h2>
      <p className="text-row text-pretty text-soft">
        Put one word before a command, in a terminal of the machine that this page comes from, and it goes on without you:
      </p>
      <code className="w-full rounded-xl border border-line bg-sunken px-4 py-3.5 text-left font-mono text-row select-all">
        <span className="text-soft select-none">$ </span>perdure claude
      </code>
      <p className="text-small text-soft">
        or{" "}
        <button
          type="button"
          onClick={onCreate}
          className="min-h-11 font-medium text-ink underline decoration-line decoration-2 underline-offset-4"
        >
          start one here
        </button>
      </p>
    </section>
  );
}
