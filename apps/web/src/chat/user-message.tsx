/** A message of the user as it stands in the transcript, with how far it has come on its way to the agent. */
import type { Input, InputState } from "@perdure/protocol";
import { Check, CheckCheck, Clock3, CircleHelp, Undo2 } from "lucide-react";
import { memo, useState, type NamedExoticComponent, type ReactElement, type ReactNode } from "react";
import { CopyButton } from "../markdown/code-block.tsx";
import { useChat, useAttempt } from "./chat-actions.ts";
import { INPUT_MARKS, type Mark } from "./chat-words.ts";
import { SmallButton } from "./small-button.tsx";

const LONG_CHARACTERS = 1600;

const ICONS: Readonly<Record<InputState, ReactNode>> = {
  accepted: <Clock3 size={13} />,
  dispatched: <Clock3 size={13} />,
  delivered: <Check size={13} />,
  consumed: <CheckCheck size={13} />,
  answered: <CheckCheck size={13} />,
  unknown: <CircleHelp size={13} />,
  held: <Clock3 size={13} />,
  removed: <Undo2 size={13} />,
};

export const UserMessage: NamedExoticComponent<{ readonly input: Input }> = memo(function UserMessage({
  input,
}: {
  readonly input: Input;
}): ReactElement {
  const isRemoved = input.state === "removed";
  return (
    <div className="flex flex-col items-end gap-1">
      <Bubble text={input.text} look={isRemoved ? "dropped" : "said"} />
      {input.state === "unknown" ? (
        <Unknown id={input.id} text={input.text} />
      ) : (
        <MarkLine mark={INPUT_MARKS[input.state]} isQuiet={input.state === "answered"} by={input.by}>
          {ICONS[input.state]}
        </MarkLine>
      )}
    </div>
  );
});

interface BubbleProps {
  readonly text: string;
  readonly look: "said" | "waiting" | "dropped";
}

const LOOKS: Readonly<Record<BubbleProps["look"], string>> = {
  said: "border-line bg-bubble",
  waiting: "border-dashed border-soft/40 bg-transparent",
  dropped: "border-line bg-transparent text-soft line-through decoration-soft/50",
};

/** Words as typed. A long text shows its beginning. */
export function Bubble({ text, look }: BubbleProps): ReactElement {
  const [showsAll, setShowAll] = useState(false);
  const isCut = text.length > LONG_CHARACTERS && !showsAll;
  return (
    <div className={`max-w-[88%] min-w-0 rounded-2xl rounded-br-md border px-3.5 py-2.5 sm:max-w-[80%] ${LOOKS[look]}`}>
      <p className="leading-[1.5] wrap-anywhere whitespace-pre-wrap">{isCut ? `${text.slice(0, LONG_CHARACTERS)}…` : text}</p>
      {text.length > LONG_CHARACTERS && (
        <button
          type="button"
          aria-expanded={showsAll}
          onClick={() => setShowAll(!showsAll)}
          className="mt-1 min-h-11 text-small font-medium text-soft underline decoration-line decoration-2 underline-offset-4 hover:text-ink"
        >
          {showsAll ? "Show less" : `Show all ${text.length.toLocaleString()} characters`}
        </button>
      )}
    </div>
  );
}

interface MarkLineProps {
  readonly mark: Mark;
  readonly children: ReactNode;
  /** Only for who looks for it. */
  readonly isQuiet?: boolean;
  readonly by?: string | undefined;
}

export function MarkLine({ mark, children, isQuiet = false, by }: MarkLineProps): ReactElement {
  return (
    <p title={by === undefined ? mark.detail : `${mark.detail} From ${by}.`} className="flex items-center gap-1 px-1 text-tiny text-soft">
      <span aria-hidden className={isQuiet ? "opacity-60" : ""}>
        {children}
      </span>
      <span className={isQuiet ? "sr-only" : ""}>{mark.words}</span>
    </p>
  );
}

/** Nothing decides whether the agent took it: the user does. */
function Unknown({ id, text }: { readonly id: string; readonly text: string }): ReactElement {
  const { view, compose } = useChat();
  const { isBusy, attempt } = useAttempt();
  const drop = async (): Promise<boolean> => attempt(async () => view.recover("discard", id));
  const change = async (): Promise<void> => {
    if (await drop()) compose(text);
  };
  return (
    <div className="flex max-w-[88%] flex-col gap-2 rounded-xl border border-needs/40 bg-needs-wash px-3 py-2.5 text-small sm:max-w-[80%]">
      <p>
        <span className="font-medium text-needs-ink">It is not known whether the agent got this.</span> It was lost before it said so.
        Sending it again may have it done twice.
      </p>
      <div className="flex flex-wrap items-center gap-x-1 gap-y-2.5">
        <SmallButton disabled={isBusy} onClick={() => void attempt(async () => view.recover("send-again", id))}>
          Send again
        </SmallButton>
        <SmallButton look="quiet" disabled={isBusy} onClick={() => void change()}>
          Change it
        </SmallButton>
        <SmallButton look="quiet" disabled={isBusy} onClick={() => void drop()}>
          Drop it
        </SmallButton>
        <span className="ml-auto">
          <CopyButton text={text} label="Copy the text" />
        </span>
      </div>
    </div>
  );
}
