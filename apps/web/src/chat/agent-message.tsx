/** What the agent said in one go: its parts in their order. What was superseded is folded away, never lost. */
import type { AgentMessage, Approval, Part } from "@perdure/protocol";
import { ChevronRight, Info, TriangleAlert } from "lucide-react";
import { memo, useState, type NamedExoticComponent, type ReactElement, type ReactNode } from "react";
import { Markdown } from "../markdown/markdown.tsx";
import { ApprovalCard } from "./approval-card.tsx";
import { PlanList } from "./plan-list.tsx";
import { ToolCall } from "./tool-call.tsx";

interface AgentMessageProps {
  readonly message: AgentMessage;
  /** Of its tool calls. */
  readonly approvals: readonly Approval[];
}

export const AgentMessageView: NamedExoticComponent<AgentMessageProps> = memo(
  function AgentMessageView({ message, approvals }: AgentMessageProps): ReactElement {
    const parts = (
      <div className={`flex flex-col gap-3 ${message.parent === undefined ? "" : "border-l-2 border-line pl-3"}`}>
        {message.parent !== undefined && <p className="text-tiny font-medium text-soft">A helper of the agent</p>}
        {message.parts.map((part) => (
          <PartView key={part.id} part={part} approvals={approvals.filter((one) => one.part === part.id)} />
        ))}
      </div>
    );
    if (!message.isSuperseded) return parts;
    return (
      <Fold label="The model's stream was cut here; what follows says it again">
        <div className="border-l-2 border-line pl-3">{parts}</div>
      </Fold>
    );
  },
  (before, after) => before.message === after.message && isSame(before.approvals, after.approvals),
);

function isSame(before: readonly Approval[], after: readonly Approval[]): boolean {
  return before.length === after.length && before.every((one, index) => one === after[index]);
}

function PartView({ part, approvals }: { readonly part: Part; readonly approvals: readonly Approval[] }): ReactElement | null {
  switch (part.kind) {
    case "text":
      return part.text.trim() === "" ? null : <Markdown text={part.text} />;
    case "reasoning":
      return part.text.trim() === "" ? null : <Reasoning text={part.text} isOpen={part.isOpen} />;
    case "tool": {
      const asking = approvals.find(({ state }) => state.is === "open");
      const isTold = asking !== undefined && (asking.diffs.length > 0 || (asking.detail ?? "") !== "");
      return (
        <div className="flex flex-col gap-2.5">
          <ToolCall part={part} isAsking={asking !== undefined} isTold={isTold} />
          {approvals.map((approval) => (
            <ApprovalCard key={approval.id} approval={approval} />
          ))}
        </div>
      );
    }
    case "plan":
      return <PlanList steps={part.steps} />;
    case "notice":
    case "error":
      return <Line isError={part.kind === "error"}>{part.text}</Line>;
  }
}

/** Folded: it is long and seldom read. While it comes, its last line shows that something happens. */
function Reasoning({ text, isOpen }: { readonly text: string; readonly isOpen: boolean }): ReactElement {
  const lastLine = text.trimEnd().split("\n").at(-1) ?? "";
  return (
    <Fold label={isOpen ? "Thinking…" : "Thought about it"} preview={isOpen ? lastLine.slice(-160) : undefined}>
      <div className="border-l-2 border-line pl-3 text-small text-soft">
        <Markdown text={text} />
      </div>
    </Fold>
  );
}

interface FoldProps {
  readonly label: string;
  readonly preview?: string | undefined;
  readonly children: ReactNode;
}

function Fold({ label, preview, children }: FoldProps): ReactElement {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="flex flex-col gap-1.5">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="-ml-1 relative flex min-h-8 max-w-full items-center gap-1.5 self-start rounded-lg pr-2 pl-1 text-left text-small text-soft before:absolute before:-inset-y-1.5 before:inset-x-0 before:content-[''] hover:text-ink"
      >
        <ChevronRight size={15} className={`shrink-0 transition-transform ${isOpen ? "rotate-90" : ""}`} />
        <span className="shrink-0 font-medium">{label}</span>
        {!isOpen && preview !== undefined && <span className="truncate">{preview}</span>}
      </button>
      {isOpen && children}
    </div>
  );
}

function Line({ isError, children }: { readonly isError: boolean; readonly children: ReactNode }): ReactElement {
  return (
    <p className={`flex gap-2 text-small wrap-anywhere ${isError ? "text-lost" : "text-soft"}`}>
      <span className="mt-0.5 shrink-0">{isError ? <TriangleAlert size={15} /> : <Info size={15} />}</span>
      <span className="min-w-0 whitespace-pre-wrap">{children}</span>
    </p>
  );
}
