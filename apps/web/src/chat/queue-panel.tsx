/** Messages that wait, above the composer: for the turn to end, for the connection, or for a decision. Until they are sent they can be changed. */
import { CornerDownLeft, PenLine, Trash2 } from "lucide-react";
import { useState, type ReactElement } from "react";
import { useConnection } from "../live/services.ts";
import { CopyButton } from "../markdown/code-block.tsx";
import { IconButton } from "../ui/button.tsx";
import { useNow } from "../ui/use-now.ts";
import { useAttempt, useChat, type Attempt } from "./chat-actions.ts";
import { outgoingMark, plural } from "./chat-words.ts";
import { Offers } from "./notice-line.tsx";
import { SmallButton } from "./small-button.tsx";
import { needsDecision, type Waiting } from "./waiting-messages.ts";

export function QueuePanel({ queue }: { readonly queue: readonly Waiting[] }): ReactElement | null {
  if (queue.length === 0) return null;
  const undecided = queue.filter(needsDecision).length;
  return (
    <section aria-label="Queue" className="shrink-0 border-t border-line bg-paper">
      <div className="mx-auto flex max-h-[min(calc(var(--app-height)*.3),20rem)] w-full max-w-3xl flex-col gap-1 overflow-y-auto overscroll-contain px-3.5 py-2 sm:px-6">
        <h2 className="flex justify-between text-tiny font-medium text-soft">
          <span>{plural(queue.length, "message")} waiting</span>
          {undecided > 0 && <span className="text-needs-ink">{undecided} to decide</span>}
        </h2>
        <ol className="flex flex-col divide-y divide-line/70">
          {queue.map((waiting) => (
            <QueueItem key={waiting.id} waiting={waiting} />
          ))}
        </ol>
      </div>
    </section>
  );
}

function QueueItem({ waiting }: { readonly waiting: Waiting }): ReactElement {
  const { view } = useChat();
  const attempt = useAttempt();
  const [isEditing, setEditing] = useState(false);
  const mark = useMark(waiting);
  const save = async (text: string): Promise<void> => {
    if (text === waiting.text || (await attempt.attempt(async () => view.edit(waiting.id, text)))) setEditing(false);
  };
  return (
    <li data-queued={waiting.id} className="flex flex-col gap-1.5 py-1.5">
      {isEditing ? (
        <Editor text={waiting.text} isBusy={attempt.isBusy} onSave={(text) => void save(text)} onCancel={() => setEditing(false)} />
      ) : (
        <div className="flex items-start gap-1">
          <div className="min-w-0 grow py-1">
            <p className="line-clamp-2 text-small wrap-anywhere whitespace-pre-wrap">{waiting.text}</p>
            <p title={mark.detail} className={`text-tiny ${needsDecision(waiting) ? "text-needs-ink" : "text-soft"}`}>
              {mark.words}
            </p>
          </div>
          <IconButton label="Edit this message" disabled={attempt.isBusy} onClick={() => setEditing(true)}>
            <PenLine size={17} />
          </IconButton>
          <IconButton
            label="Remove this message"
            disabled={attempt.isBusy}
            onClick={() => void attempt.attempt(async () => view.remove(waiting.id))}
          >
            <Trash2 size={17} />
          </IconButton>
        </div>
      )}
      {!isEditing && <Decision waiting={waiting} attempt={attempt} />}
    </li>
  );
}

function useMark(waiting: Waiting): { readonly words: string; readonly detail: string } {
  const isLive = useConnection().is === "connected";
  const now = useNow(60_000);
  if (waiting.is === "outgoing") {
    const mark = outgoingMark(waiting.message, isLive, now);
    return waiting.message.state.is === "refused" ? { words: mark.detail, detail: mark.detail } : mark;
  }
  if (waiting.is === "held")
    return { words: waiting.notice?.text ?? "It waits for your decision.", detail: "It is kept until you decide." };
  return { words: "Queued", detail: "The server has it on disk. It goes to the agent when the present turn ends." };
}

function Decision({
  waiting,
  attempt: { isBusy, attempt },
}: {
  readonly waiting: Waiting;
  readonly attempt: Attempt;
}): ReactElement | null {
  const { view } = useChat();
  if (waiting.is === "held") {
    const offers = waiting.notice?.offers ?? [];
    return <Offers offers={offers.length > 0 ? offers : ["send-again", "discard"]} turn={undefined} input={waiting.id} />;
  }
  if (!needsDecision(waiting)) return null;
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-2.5">
      <SmallButton disabled={isBusy} onClick={() => void attempt(async () => view.retry(waiting.id))}>
        <CornerDownLeft size={15} /> Send after all
      </SmallButton>
      <CopyButton text={waiting.text} label="Copy the text" />
    </div>
  );
}

interface EditorProps {
  readonly text: string;
  readonly isBusy: boolean;
  readonly onSave: (text: string) => void;
  readonly onCancel: () => void;
}

function Editor({ text, isBusy, onSave, onCancel }: EditorProps): ReactElement {
  const [edited, setEdited] = useState(text);
  return (
    <form
      className="flex flex-col gap-2 py-1"
      onSubmit={(event) => {
        event.preventDefault();
        if (edited.trim() !== "") onSave(edited);
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") onCancel();
      }}
    >
      <textarea
        aria-label="Queued message"
        value={edited}
        ref={(element) => {
          if (edited !== text) return;
          element?.focus();
          element?.form?.scrollIntoView({ block: "nearest" });
        }}
        onChange={(event) => setEdited(event.target.value)}
        className="field-sizing-content max-h-40 min-h-11 w-full resize-none rounded-xl border border-line bg-raised px-3 py-2 text-base leading-[1.4] outline-offset-0"
      />
      <div className="flex gap-2">
        <SmallButton type="submit" look="primary" disabled={isBusy || edited.trim() === ""}>
          Save
        </SmallButton>
        <SmallButton look="quiet" onClick={onCancel}>
          Cancel
        </SmallButton>
      </div>
    </form>
  );
}
