/** Starts a session: an agent or a command, a directory, a name. All may stay empty: then it is the login shell at home. */
import { systemRandomness } from "@perdure/client";
import { PerdureError, type CreateSession, type SessionInfo } from "@perdure/protocol";
import { useRef, useState, type ReactElement } from "react";
import { useLocation } from "wouter";
import { AgentChoice } from "../agents/agent-choice.tsx";
import { AgentFields } from "../agents/agent-fields.tsx";
import { useAgents } from "../agents/use-agents.ts";
import { loadStartChoice, saveStartChoice } from "../keep/view-state.ts";
import { useServices } from "../live/services.ts";
import { Button } from "../ui/button.tsx";
import { Dialog, DialogActions } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { recentStarts, type RecentStart } from "./recent-starts.ts";
import { shortenPath } from "./shorten-path.ts";
import { wayTo } from "./session-look.ts";
import { splitCommand } from "./split-command.ts";
import { agentRequest, commandRequest, EMPTY_START, knownModels, type StartFields } from "./start-request.ts";

interface NewSessionDialogProps {
  readonly sessions: readonly SessionInfo[];
  readonly onClose: () => void;
}

export function NewSessionDialog({ sessions, onClose }: NewSessionDialogProps): ReactElement {
  const agents = useAgents();
  const [chosen, setChosen] = useState(loadStartChoice);
  const [start, setStart] = useState<StartFields>(EMPTY_START);
  const { create, isBusy, problem } = useCreate(onClose);
  const agent = agents?.find(({ id }) => id === chosen);
  const isCommand = chosen === "" || agents === null || (agents !== undefined && agent === undefined);
  const request = isCommand ? commandRequest(start) : agentRequest(chosen, start);
  const canStart = request !== undefined && (isCommand || agent?.found === true);
  const change = (changes: Partial<StartFields>): void => setStart((before) => ({ ...before, ...changes }));
  const submit = (): void => {
    if (request === undefined || !canStart) return;
    saveStartChoice(isCommand ? "" : chosen);
    void create(request);
  };
  return (
    <Dialog title="New session" onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <AgentChoice agents={agents} chosen={isCommand ? "" : chosen} onChoose={setChosen} />
        {isCommand ? (
          <CommandFields sessions={sessions} start={start} onChange={change} />
        ) : (
          agent !== undefined && <AgentFields agent={agent} models={knownModels(sessions, chosen)} start={start} onChange={change} />
        )}
        <Field
          label="Directory"
          placeholder="~"
          isMono
          value={start.cwd}
          onChange={(event) => change({ cwd: event.target.value })}
          list="known-directories"
        />
        <Directories sessions={sessions} />
        <Field
          label="Name"
          placeholder={isCommand ? "as the command" : "as the agent"}
          value={start.name}
          maxLength={200}
          onChange={(event) => change({ name: event.target.value })}
        />
        <StartButtons isBusy={isBusy} canStart={canStart} problem={problem} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

interface CommandFieldsProps {
  readonly sessions: readonly SessionInfo[];
  readonly start: StartFields;
  readonly onChange: (changes: Partial<StartFields>) => void;
}

function CommandFields({ sessions, start, onChange }: CommandFieldsProps): ReactElement {
  return (
    <>
      <Recents recents={recentStarts(sessions.filter(({ chat }) => chat === null))} onUse={onChange} />
      <Field
        label="Command"
        placeholder="login shell"
        isMono
        isFirst
        value={start.command}
        onChange={(event) => onChange({ command: event.target.value })}
        hint={commandHint(splitCommand(start.command))}
      />
    </>
  );
}

interface StartButtonsProps {
  readonly isBusy: boolean;
  readonly canStart: boolean;
  readonly problem: string;
  readonly onCancel: () => void;
}

function StartButtons({ isBusy, canStart, problem, onCancel }: StartButtonsProps): ReactElement {
  return (
    <>
      {problem !== "" && (
        <p role="alert" className="text-small text-lost">
          {problem}
        </p>
      )}
      <DialogActions>
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="primary" disabled={isBusy || !canStart}>
          {isBusy ? "Starting…" : "Start"}
        </Button>
      </DialogActions>
    </>
  );
}

function commandHint(split: ReturnType<typeof splitCommand>): string | undefined {
  if (split.is === "script") return "Runs through sh, as written.";
  if (split.is === "unfinished") return `A ${split.quote} is still open.`;
  return undefined;
}

interface Creating {
  readonly create: (body: CreateSession) => Promise<void>;
  readonly isBusy: boolean;
  readonly problem: string;
}

/**
 * One key for one request: a double click, or a retry after the answer was lost, never makes a second session. A refusal is an answer:
 * when it is tried again, what was missing may be there.
 */
function useCreate(onClose: () => void): Creating {
  const { rest } = useServices();
  const [, navigate] = useLocation();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const sent = useRef({ body: "", key: "", isBusy: false });
  const create = async (body: CreateSession): Promise<void> => {
    if (sent.current.isBusy) return;
    const text = JSON.stringify(body);
    sent.current = { body: text, key: sent.current.body === text ? sent.current.key : systemRandomness.id(), isBusy: true };
    setBusy(true);
    setProblem("");
    try {
      const session = await rest.create(body, { key: sent.current.key });
      onClose();
      navigate(...wayTo(session));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : "The session could not be started.");
      setBusy(false);
      sent.current = { body: isUnanswered(error) ? text : "", key: sent.current.key, isBusy: false };
    }
  };
  return { create, isBusy, problem };
}

/** It is not known whether the session was made. */
function isUnanswered(error: unknown): boolean {
  return !(error instanceof PerdureError) || ["server-unreachable", "host-unavailable", "internal"].includes(error.code);
}

function Recents({
  recents,
  onUse,
}: {
  readonly recents: readonly RecentStart[];
  readonly onUse: (recent: RecentStart) => void;
}): ReactElement | null {
  if (recents.length === 0) return null;
  return (
    <div className="-mx-5 flex [scrollbar-width:none] gap-2 overflow-x-auto px-5 sm:mx-0 sm:grid sm:grid-cols-2 sm:px-0">
      {recents.map((recent) => (
        <button
          key={`${recent.command} ${recent.cwd}`}
          type="button"
          onClick={() => onUse(recent)}
          className="flex min-h-11 max-w-56 min-w-0 shrink-0 flex-col justify-center rounded-xl border border-line px-3 text-left hover:bg-sunken active:bg-line"
        >
          <span className="w-full truncate font-mono text-tiny">{recent.command === "" ? "login shell" : recent.command}</span>
          <span className="w-full truncate font-mono text-[0.6875rem] text-soft">{shortenPath(recent.cwd, 28)}</span>
        </button>
      ))}
    </div>
  );
}

function Directories({ sessions }: { readonly sessions: readonly SessionInfo[] }): ReactElement {
  return (
    <datalist id="known-directories">
      {[...new Set(sessions.map((session) => session.cwd))].map((cwd) => (
        <option key={cwd} value={cwd} />
      ))}
    </datalist>
  );
}
