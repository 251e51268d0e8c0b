/** A question of the agent: what it wants to do, the answers it takes, and what became of it. It is answered once, from any device. */
import type { Approval, ApprovalOption } from "@perdure/protocol";
import { Check, CircleHelp, Clock3, X } from "lucide-react";
import { memo, useId, useState, type NamedExoticComponent, type ReactElement } from "react";
import { DiffView } from "../diff/diff-view.tsx";
import { useConnection } from "../live/services.ts";
import { approvalWords } from "./chat-words.ts";
import { useAttempt, useChat } from "./chat-actions.ts";
import { SmallButton } from "./small-button.tsx";
import { LongText } from "./tool-call.tsx";

const MAX_NOTE = 4096;
const LONG_DETAIL = 400;

export const ApprovalCard: NamedExoticComponent<{ readonly approval: Approval }> = memo(function ApprovalCard({
  approval,
}: {
  readonly approval: Approval;
}): ReactElement {
  const words = approvalWords(approval);
  if (words !== undefined) return <Closed approval={approval} words={words} />;
  return (
    <section
      aria-label={approval.title}
      data-approval={approval.id}
      className="flex flex-col gap-3 rounded-2xl border border-needs/50 bg-needs-wash p-3.5 shadow-[0_2px_12px_var(--shadow)]"
    >
      <header className="flex gap-2.5">
        <CircleHelp size={20} className="mt-px shrink-0 text-needs-ink" aria-hidden />
        <div className="min-w-0">
          <p className="text-tiny font-medium text-needs-ink">The agent asks</p>
          <h3 className="font-semibold wrap-anywhere">{approval.title}</h3>
        </div>
      </header>
      <Detail text={approval.detail ?? ""} />
      {approval.diffs.map((diff) => (
        <DiffView key={diff.path} diff={diff} />
      ))}
      <Answers approval={approval} />
    </section>
  );
});

function Detail({ text }: { readonly text: string }): ReactElement | null {
  if (text === "") return null;
  if (text.length > LONG_DETAIL || text.includes("\n")) return <LongText label="What exactly" text={text} />;
  return <p className="text-small wrap-anywhere text-soft">{text}</p>;
}

const LOOKS: Readonly<Record<ApprovalOption["kind"], "primary" | "plain" | "danger">> = {
  "allow-once": "primary",
  "allow-always": "plain",
  "reject-once": "danger",
  "reject-always": "danger",
  answer: "plain",
};

function Answers({ approval }: { readonly approval: Approval }): ReactElement {
  const { view } = useChat();
  const isLive = useConnection().is === "connected";
  const { isBusy, attempt } = useAttempt();
  const [note, setNote] = useState<string | undefined>(undefined);
  const canReject = approval.options.some(({ kind }) => isRejection(kind));
  // Who writes why not is not offered a yes.
  const options = note === undefined ? approval.options : approval.options.filter(({ kind }) => isRejection(kind));
  const answer = (option: ApprovalOption): void => {
    const words = isRejection(option.kind) ? note?.trim() : undefined;
    void attempt(async () => view.answer(approval.id, option.id, words === "" ? undefined : words));
  };
  return (
    <>
      {note !== undefined && <Note text={note} onChange={setNote} />}
      <div className="flex flex-wrap gap-2">
        {options.map((option) => (
          <SmallButton
            key={option.id}
            look={LOOKS[option.kind]}
            disabled={isBusy || !isLive}
            onClick={() => answer(option)}
            className="min-h-11 max-w-full px-4 text-left wrap-anywhere sm:min-h-9"
          >
            {option.label}
          </SmallButton>
        ))}
        {canReject && (
          <SmallButton look="quiet" className="min-h-11 sm:min-h-9" onClick={() => setNote(note === undefined ? "" : undefined)}>
            {note === undefined ? "Say no, and why" : "Back"}
          </SmallButton>
        )}
      </div>
      {!isLive && <p className="text-tiny text-soft">There is no connection. The question stays open until it can be answered.</p>}
    </>
  );
}

function Note({ text, onChange }: { readonly text: string; readonly onChange: (text: string) => void }): ReactElement {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-tiny font-medium text-soft">
        Words for the agent, sent with a no
      </label>
      <textarea
        id={id}
        rows={2}
        maxLength={MAX_NOTE}
        value={text}
        ref={(element) => {
          if (text === "") element?.focus();
        }}
        onChange={(event) => onChange(event.target.value)}
        className="resize-y rounded-xl border border-line bg-raised px-3 py-2 text-base leading-[1.4] outline-offset-0"
      />
    </div>
  );
}

function isRejection(kind: ApprovalOption["kind"]): boolean {
  return kind === "reject-once" || kind === "reject-always";
}

function Closed({ approval, words }: { readonly approval: Approval; readonly words: string }): ReactElement {
  const { state, options, title } = approval;
  const option = state.is === "answered" || state.is === "delivered" ? options.find(({ id }) => id === state.option) : undefined;
  const isNo = option !== undefined && isRejection(option.kind);
  return (
    <p data-approval={approval.id} className="flex gap-2 px-1 text-small text-soft">
      <span aria-hidden className="mt-0.5 shrink-0">
        {option === undefined ? (
          <X size={15} />
        ) : state.is === "answered" ? (
          <Clock3 size={15} className="text-needs-ink" />
        ) : isNo ? (
          <X size={15} className="text-lost" />
        ) : (
          <Check size={15} className="text-alive" />
        )}
      </span>
      <span className="min-w-0 wrap-anywhere">
        <span className="font-medium text-ink">{title}</span> {words}
      </span>
    </p>
  );
}
