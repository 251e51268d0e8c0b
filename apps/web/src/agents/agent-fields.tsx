/** What there is to choose for an agent, and what to know of it: how to get it, whether it is signed in. */
import type { AgentInfo } from "@perdure/protocol";
import type { ReactElement } from "react";
import { CopyButton } from "../markdown/code-block.tsx";
import type { StartFields } from "../sessions/start-request.ts";
import { Field } from "../ui/field.tsx";

interface AgentFieldsProps {
  readonly agent: AgentInfo;
  readonly models: readonly string[];
  readonly start: StartFields;
  readonly onChange: (changes: Partial<StartFields>) => void;
}

export function AgentFields({ agent, models, start, onChange }: AgentFieldsProps): ReactElement {
  if (!agent.found) return <Missing agent={agent} />;
  return (
    <>
      {agent.signIn === "signed-out" && (
        <p className="rounded-xl border border-needs/40 bg-needs-wash px-3.5 py-2.5 text-small">
          {agent.name} is not signed in.{" "}
          {agent.hasTerminal ? "Start it in its own terminal once and sign in there." : "Sign in with its own program first."}
        </p>
      )}
      {agent.hasTerminal && <Views view={start.view} onChoose={(view) => onChange({ view })} />}
      {models.length > 0 && (
        <>
          <Field
            label="Model"
            placeholder="the agent's own choice"
            isMono
            value={start.model}
            onChange={(event) => onChange({ model: event.target.value })}
            list="known-models"
          />
          <datalist id="known-models">
            {models.map((model) => (
              <option key={model} value={model} />
            ))}
          </datalist>
        </>
      )}
      {agent.path !== null && <p className="-mt-1 truncate font-mono text-[0.6875rem] text-soft">{agent.path}</p>}
    </>
  );
}

function Missing({ agent }: { readonly agent: AgentInfo }): ReactElement {
  return (
    <section
      aria-label={`How to get ${agent.name}`}
      className="flex flex-col gap-2 rounded-xl border border-line bg-sunken px-3.5 py-3 text-small"
    >
      <p>{agent.name} was not found on the machine. To get it:</p>
      <div className="flex items-center gap-1 rounded-lg border border-line bg-raised pl-3">
        <p className="min-w-0 grow py-2 wrap-anywhere select-text">{agent.howToGet}</p>
        <CopyButton text={agent.howToGet} label="Copy how to get it" />
      </div>
    </section>
  );
}

const VIEWS: readonly (readonly [StartFields["view"], string])[] = [
  ["chat", "Chat"],
  ["terminal", "Its own terminal"],
];

function Views({
  view,
  onChoose,
}: {
  readonly view: StartFields["view"];
  readonly onChoose: (view: StartFields["view"]) => void;
}): ReactElement {
  return (
    <div role="group" aria-label="How to see it" className="grid grid-cols-2 gap-1 rounded-xl border border-line bg-sunken p-1">
      {VIEWS.map(([id, words]) => (
        <button
          key={id}
          type="button"
          aria-pressed={view === id}
          onClick={() => onChoose(id)}
          className={`min-h-11 rounded-lg text-small font-medium ${view === id ? "bg-raised shadow-[0_1px_4px_var(--shadow)]" : "text-soft hover:text-ink"}`}
        >
          {words}
        </button>
      ))}
    </div>
  );
}
