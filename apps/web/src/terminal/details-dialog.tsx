/** What there is to know about a session: where it runs, who looks at it, and what happened to its history. */
import type { SessionInfo } from "@perdure/protocol";
import type { ReactElement, ReactNode } from "react";
import { useKnownNow } from "../live/services.ts";
import { clockWords, durationWords } from "../sessions/relative-time.ts";
import { joinCommand } from "../sessions/split-command.ts";
import { stateWords } from "../sessions/state-words.ts";
import { Dialog } from "../ui/dialog.tsx";

interface DetailsDialogProps {
  readonly session: SessionInfo;
  readonly onClose: () => void;
}

export function DetailsDialog({ session, onClose }: DetailsDialogProps): ReactElement {
  const now = useKnownNow(10_000);
  const { run, size, watchers, notices } = session;
  return (
    <Dialog title={session.name} onClose={onClose} isWide>
      {notices.length > 0 && (
        <ul className="flex flex-col gap-2 rounded-xl border border-needs/35 bg-needs-wash px-3.5 py-3 text-small">
          {notices.toReversed().map((notice) => (
            <li key={`${notice.at} ${notice.text}`} className="flex gap-3">
              <time className="shrink-0 text-soft tabular">{clockWords(notice.at, now)}</time>
              <span>{notice.text}</span>
            </li>
          ))}
        </ul>
      )}
      <dl className="grid grid-cols-[auto_1fr] gap-x-5 gap-y-2.5 text-small">
        <Row name="State">{stateWords(run.state, now)}</Row>
        <Row name="Command" isMono>
          {joinCommand(session.command) || "login shell"}
        </Row>
        <Row name="Directory" isMono>
          {session.cwd}
        </Row>
        {run.state.is === "running" && <Row name="Process">{run.state.pid}</Row>}
        <Row name="Run">
          {run.number} <span className="text-soft">{run.number === 1 ? "(the first)" : "of this session"}</span>
        </Row>
        <Row name="Created">
          {clockWords(session.createdAt, now)} <span className="text-soft">({durationWords(now - session.createdAt)} ago)</span>
        </Row>
        <Row name="Size">
          {size.cols} × {size.rows}
        </Row>
        <Row name="Watching">
          {watchers.length === 0 ? "nobody" : watchers.map((watcher) => `${watcher.name}${watcher.visible ? "" : " (hidden)"}`).join(", ")}
        </Row>
      </dl>
    </Dialog>
  );
}

function Row({
  name,
  isMono = false,
  children,
}: {
  readonly name: string;
  readonly isMono?: boolean;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <>
      <dt className="text-soft">{name}</dt>
      <dd className={`min-w-0 break-words tabular ${isMono ? "font-mono text-tiny leading-[1.6]" : ""}`}>{children}</dd>
    </>
  );
}
