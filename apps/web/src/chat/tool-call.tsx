/** A tool call as one line with its state; what went in and what came out opens below it, in bounded height. */
import type { ToolKind, ToolPart, ToolStatus } from "@perdure/protocol";
import {
  Bot,
  Brain,
  Check,
  ChevronRight,
  CircleHelp,
  CircleSlash,
  FileText,
  Globe,
  LoaderCircle,
  PencilLine,
  Search,
  SquareTerminal,
  Wrench,
  X,
} from "lucide-react";
import { memo, useState, type NamedExoticComponent, type ReactElement, type ReactNode } from "react";
import { DiffView } from "../diff/diff-view.tsx";
import { CopyButton } from "../markdown/code-block.tsx";
import { TOOL_STATES } from "./chat-words.ts";
import { toolInputText } from "./tool-input.ts";

const KINDS: Readonly<Record<ToolKind, ReactNode>> = {
  read: <FileText size={15} />,
  edit: <PencilLine size={15} />,
  execute: <SquareTerminal size={15} />,
  search: <Search size={15} />,
  fetch: <Globe size={15} />,
  think: <Brain size={15} />,
  delegate: <Bot size={15} />,
  other: <Wrench size={15} />,
};
const STATUS: Readonly<Record<ToolStatus, ReactNode>> = {
  pending: <LoaderCircle size={15} className="text-soft/60" />,
  running: <LoaderCircle size={15} className="animate-spin text-alive" />,
  completed: <Check size={15} className="text-alive" />,
  failed: <X size={15} className="text-lost" />,
  interrupted: <CircleSlash size={15} className="text-needs-ink" />,
};
/** So many changed files stand open, each folded to its beginning. */
const OPEN_DIFFS = 3;

interface ToolCallProps {
  readonly part: ToolPart;
  /** The user is asked about it: then it shows what it would do. */
  readonly isAsking: boolean;
  /** The question says it already. */
  readonly isTold?: boolean;
}

export const ToolCall: NamedExoticComponent<ToolCallProps> = memo(function ToolCall({
  part,
  isAsking,
  isTold = false,
}: ToolCallProps): ReactElement {
  const [chosen, setChosen] = useState<boolean | undefined>(undefined);
  const isOpen = chosen ?? (!isTold && (isAsking || (part.diffs.length > 0 && part.diffs.length <= OPEN_DIFFS)));
  const input = part.diffs.length > 0 ? "" : toolInputText(part.input, part.title);
  const hasBody = part.diffs.length > 0 || part.output !== "" || input !== "";
  const status = isAsking ? "asks" : TOOL_STATES[part.status];
  return (
    <div className="rounded-xl border border-line bg-raised">
      <button
        type="button"
        aria-expanded={hasBody ? isOpen : undefined}
        disabled={!hasBody}
        onClick={() => setChosen(!isOpen)}
        className="flex min-h-11 w-full items-center gap-2.5 rounded-xl px-3 text-left outline-offset-[-2px] enabled:hover:bg-sunken/70"
      >
        <span aria-hidden className="shrink-0 text-soft">
          {KINDS[part.toolKind]}
        </span>
        <span className="min-w-0 grow truncate font-mono text-small">{part.title || part.tool}</span>
        {(isAsking || (part.status !== "completed" && part.status !== "running")) && (
          <span className="shrink-0 text-tiny text-soft">{status}</span>
        )}
        <span role="img" aria-label={status} className="shrink-0">
          {isAsking ? <CircleHelp size={15} className="text-needs-ink" /> : STATUS[part.status]}
        </span>
        {hasBody && (
          <ChevronRight size={15} aria-hidden className={`shrink-0 text-soft/70 transition-transform ${isOpen ? "rotate-90" : ""}`} />
        )}
      </button>
      {isOpen && hasBody && <ToolBody part={part} input={input} />}
    </div>
  );
});

function ToolBody({ part, input }: { readonly part: ToolPart; readonly input: string }): ReactElement {
  return (
    <div className="overflow-hidden rounded-b-xl border-t border-line">
      <div className="flex flex-col divide-y divide-line empty:hidden">
        {part.diffs.map((diff) => (
          <DiffView key={diff.path} diff={diff} isFlush />
        ))}
      </div>
      {(input !== "" || part.output !== "") && (
        <div className={`flex flex-col gap-2.5 p-2.5 ${part.diffs.length > 0 ? "border-t border-line" : ""}`}>
          {input !== "" && <LongText label="Input" text={input} />}
          {part.output !== "" && <LongText label="Output" text={part.output} isEnd={part.status === "running"} />}
        </div>
      )}
    </div>
  );
}

const MAX_CHARACTERS = 8000;

interface LongTextProps {
  readonly label: string;
  readonly text: string;
  /** What comes last counts most. */
  readonly isEnd?: boolean;
}

/** Text in bounded height; of a very long one a piece, until asked for all. */
export function LongText({ label, text, isEnd = false }: LongTextProps): ReactElement {
  const [showsAll, setShowAll] = useState(false);
  const isCut = !showsAll && text.length > MAX_CHARACTERS;
  const shown = !isCut ? text : isEnd ? `…${text.slice(-MAX_CHARACTERS)}` : `${text.slice(0, MAX_CHARACTERS)}…`;
  return (
    <section aria-label={label} className="overflow-hidden rounded-lg border border-line bg-sunken">
      <header className="flex h-11 items-center justify-between pr-1.5 pl-3 text-tiny text-soft">
        <span>{label}</span>
        <CopyButton text={text} label={`Copy ${label.toLowerCase()}`} />
      </header>
      <pre
        tabIndex={0}
        className="max-h-72 overflow-auto overscroll-x-contain px-3 pb-2.5 font-mono text-tiny leading-[1.5] wrap-anywhere whitespace-pre-wrap"
      >
        {shown}
      </pre>
      {isCut && (
        <button
          type="button"
          aria-expanded={false}
          onClick={() => setShowAll(true)}
          className="min-h-11 w-full border-t border-line text-small font-medium text-soft hover:bg-line/40 hover:text-ink"
        >
          Show all {text.length.toLocaleString()} characters
        </button>
      )}
    </section>
  );
}
