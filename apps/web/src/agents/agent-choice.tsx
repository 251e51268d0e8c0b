/**
 * What a new session is with: an agent, or any command. An agent that is missing says how to get it; several of them are folded, so that
 * the fields below are in sight on a phone.
 */
import type { AgentInfo } from "@perdure/protocol";
import { Bot, Ellipsis, SquareTerminal } from "lucide-react";
import { useState, type KeyboardEvent, type ReactElement, type ReactNode } from "react";

interface AgentChoiceProps {
  readonly agents: readonly AgentInfo[] | undefined | null;
  /** An agent's id; "" is a command. */
  readonly chosen: string;
  readonly onChoose: (agent: string) => void;
}

export function AgentChoice({ agents, chosen, onChoose }: AgentChoiceProps): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const known = agents ?? [];
  const missing = known.filter(({ found }) => !found);
  const isFolded = !isOpen && missing.length > 1 && !missing.some(({ id }) => id === chosen);
  const shown = [...known.filter(({ found }) => found), ...(isFolded ? [] : missing)];
  return (
    <div className="flex flex-col gap-2">
      <div role="radiogroup" aria-label="What to start" onKeyDown={moveChoice} className="grid grid-cols-2 gap-2">
        <Option
          isChosen={chosen === ""}
          icon={<SquareTerminal size={18} />}
          name="A command"
          detail="in a terminal"
          onChoose={() => onChoose("")}
        />
        {shown.map((agent) => (
          <Option
            key={agent.id}
            isChosen={chosen === agent.id}
            isMissing={!agent.found}
            icon={<Bot size={18} />}
            name={agent.name}
            detail={agentDetail(agent)}
            onChoose={() => onChoose(agent.id)}
          />
        ))}
        {agents === undefined && <p className="flex items-center px-1 text-tiny text-soft">Looking for agents…</p>}
      </div>
      {isFolded && <MissingAgents names={missing.map(({ name }) => name)} onOpen={() => setOpen(true)} />}
    </div>
  );
}

function MissingAgents({ names, onOpen }: { readonly names: readonly string[]; readonly onOpen: () => void }): ReactElement {
  return (
    <button
      type="button"
      aria-expanded={false}
      onClick={onOpen}
      className="flex min-h-11 min-w-0 items-center gap-2.5 rounded-xl border border-dashed border-line px-3 text-left text-tiny text-soft transition-colors hover:bg-sunken/60"
    >
      <Ellipsis aria-hidden size={18} className="shrink-0" />
      <span className="truncate">Not installed: {names.join(", ")}</span>
    </button>
  );
}

/** Short, for below its name: what stands in the way, else the version. */
export function agentDetail({ found, version, signIn }: AgentInfo): string {
  if (!found) return "not installed";
  return signIn === "signed-out" ? "not signed in" : (version ?? "ready");
}

interface OptionProps {
  readonly isChosen: boolean;
  readonly isMissing?: boolean;
  readonly icon: ReactNode;
  readonly name: string;
  readonly detail: string;
  readonly onChoose: () => void;
}

function Option({ isChosen, isMissing = false, icon, name, detail, onChoose }: OptionProps): ReactElement {
  return (
    <button
      type="button"
      role="radio"
      aria-checked={isChosen}
      tabIndex={isChosen ? 0 : -1}
      onClick={onChoose}
      className={`flex min-h-14 min-w-0 items-center gap-2.5 rounded-xl border px-3 text-left transition-colors ${isChosen ? "border-ink/70 bg-sunken" : "border-line hover:bg-sunken/60"} ${isMissing ? "border-dashed" : ""}`}
    >
      <span aria-hidden className="shrink-0 text-soft">
        {icon}
      </span>
      <span className="flex min-w-0 flex-col">
        <span className={`truncate text-small ${isMissing ? "text-soft" : "font-medium"}`}>{name}</span>
        <span className="truncate text-tiny text-soft tabular">{detail}</span>
      </span>
    </button>
  );
}

/** Arrows move the choice, as in every group of which one is chosen. */
function moveChoice(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const options = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=radio]")];
  const at = options.findIndex((option) => option === document.activeElement);
  const next = options[(at + step + options.length) % options.length];
  next?.click();
  next?.focus();
}
