/** What there is to know about a conversation: how much was said, what it cost, its runs, and how each recovery went. */
import type { ChatRun, Choice, Conversation, Recovery, SessionInfo } from "@perdure/protocol";
import type { ReactElement, ReactNode } from "react";
import { agentName } from "../agents/agent-name.ts";
import { useKnownNow } from "../live/services.ts";
import { clockWords, durationWords } from "../sessions/relative-time.ts";
import { Dialog } from "../ui/dialog.tsx";
import { chatStateWords, costWords, messageWords, recoveryWords, runStateWords, runWords } from "./chat-words.ts";

interface ChatDetailsDialogProps {
  readonly session: SessionInfo;
  readonly conversation: Conversation;
  readonly onClose: () => void;
}

const MAX_RUNS = 8;

export function ChatDetailsDialog({ session, conversation, onClose }: ChatDetailsDialogProps): ReactElement {
  const now = useKnownNow(10_000);
  const { chat } = session;
  const { usage, runs, recoveries, settings } = conversation;
  const version = runs.findLast((run) => run.version !== undefined)?.version;
  return (
    <Dialog title={session.name} onClose={onClose} isWide>
      <dl className="grid grid-cols-[auto_1fr] gap-x-5 gap-y-2.5 text-small">
        {chat !== null && (
          <Row name="Agent">
            {agentName(chat.agent)} {version !== undefined && <span className="text-soft">{version}</span>}
          </Row>
        )}
        {chat !== null && <Row name="State">{chatStateWords(chat.state)}</Row>}
        <Row name="Model">{labelOf(settings.models, settings.model) ?? "the agent's own choice"}</Row>
        {settings.mode !== null && <Row name="Mode">{labelOf(settings.modes, settings.mode)}</Row>}
        <Row name="Messages">{messageWords(conversation, chat?.messages ?? 0)}</Row>
        <Row name="Tokens">
          {usage.inputTokens.toLocaleString()} in, {usage.outputTokens.toLocaleString()} out
          {usage.cachedTokens > 0 && <span className="text-soft"> ({usage.cachedTokens.toLocaleString()} from the cache)</span>}
        </Row>
        {usage.costUsd > 0 && <Row name="Cost">{costWords(usage.costUsd)}</Row>}
        <Row name="Begun">
          {clockWords(session.createdAt, now)} <span className="text-soft">({durationWords(now - session.createdAt)} ago)</span>
        </Row>
        <Row name="Directory" isMono>
          {session.cwd}
        </Row>
        <Row name="Conversation" isMono>
          {conversation.resumeId ?? "none yet"}
        </Row>
        {conversation.oldResumeId !== null && (
          <Row name="Earlier one" isMono>
            {conversation.oldResumeId}
          </Row>
        )}
        {chat !== null && chat.preview !== "" && <Row name="Last words">{chat.preview}</Row>}
      </dl>
      <Section title={`Runs (${runs.length})`}>
        {runs
          .slice(-MAX_RUNS)
          .toReversed()
          .map((run) => (
            <RunLine key={run.id} run={run} now={now} />
          ))}
      </Section>
      {recoveries.length > 0 && (
        <Section title={`Recoveries (${recoveries.length})`}>
          {recoveries.toReversed().map((recovery) => (
            <RecoveryLine key={`${recovery.at} ${recovery.rung} ${recovery.outcome}`} recovery={recovery} now={now} />
          ))}
        </Section>
      )}
    </Dialog>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactElement {
  return (
    <section className="flex flex-col gap-1.5">
      <h3 className="text-small font-medium text-soft">{title}</h3>
      <ul className="flex flex-col divide-y divide-line rounded-xl border border-line text-small">{children}</ul>
    </section>
  );
}

function RunLine({ run, now }: { readonly run: ChatRun; readonly now: number }): ReactElement {
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 px-3.5 py-2">
      <span className="tabular">{run.number}</span>
      <span>{runWords(run)}</span>
      <time className="text-soft tabular">{clockWords(run.startedAt, now)}</time>
      <span className={`ml-auto ${run.failure === undefined ? "text-soft" : "text-lost"}`}>{runStateWords(run)}</span>
    </li>
  );
}

function RecoveryLine({ recovery, now }: { readonly recovery: Recovery; readonly now: number }): ReactElement {
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 px-3.5 py-2">
      <time className="text-soft tabular">{clockWords(recovery.at, now)}</time>
      <span className="min-w-0 wrap-anywhere">{recoveryWords(recovery)}</span>
      <span className={`ml-auto ${recovery.outcome === "ok" ? "text-alive-ink" : "text-lost"}`}>
        {recovery.outcome === "ok" ? "worked" : "failed"}
      </span>
    </li>
  );
}

/** As the agent calls it. */
function labelOf(choices: readonly Choice[], id: string | null): string | null {
  return choices.find((choice) => choice.id === id)?.label ?? id;
}

interface RowProps {
  readonly name: string;
  readonly isMono?: boolean;
  readonly children: ReactNode;
}

function Row({ name, isMono = false, children }: RowProps): ReactElement {
  return (
    <>
      <dt className="text-soft">{name}</dt>
      <dd className={`min-w-0 wrap-anywhere tabular ${isMono ? "font-mono text-tiny leading-[1.6]" : ""}`}>{children}</dd>
    </>
  );
}
