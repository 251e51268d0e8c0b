/** Starts a session: a command, a directory, a name. All may stay empty: then it is the login shell at home. */
import { systemRandomness } from "@perdure/client";
import { PerdureError, type CreateSession, type SessionInfo } from "@perdure/protocol";
import { useRef, useState, type ReactElement } from "react";
import { useLocation } from "wouter";
import { useServices } from "../live/services.ts";
import { Button } from "../ui/button.tsx";
import { Dialog, DialogActions } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { recentStarts, type RecentStart } from "./recent-starts.ts";
import { shortenPath } from "./shorten-path.ts";
import { splitCommand } from "./split-command.ts";

interface NewSessionDialogProps {
  readonly sessions: readonly SessionInfo[];
  readonly onClose: () => void;
}

export function NewSessionDialog({ sessions, onClose }: NewSessionDialogProps): ReactElement {
  const [command, setCommand] = useState("");
  const [cwd, setCwd] = useState("");
  const [name, setName] = useState("");
  const { create, isBusy, problem } = useCreate(onClose);
  const split = splitCommand(command);
  const submit = (): void => {
    if (split.is === "unfinished") return;
    const directory = cwd.trim();
    void create({
      ...(split.is === "shell" ? {} : { command: [...split.words] }),
      ...(directory === "" ? {} : { cwd: directory }),
      ...(name.trim() === "" ? {} : { name: name.trim() }),
    });
  };
  const useRecent = (recent: RecentStart): void => {
    setCommand(recent.command);
    setCwd(recent.cwd);
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
        <Recents recents={recentStarts(sessions)} onUse={useRecent} />
        <Field
          label="Command"
          placeholder="login shell"
          isMono
          isFirst
          value={command}
          onChange={(event) => setCommand(event.target.value)}
          hint={commandHint(split)}
        />
        <Field
          label="Directory"
          placeholder="~"
          isMono
          value={cwd}
          onChange={(event) => setCwd(event.target.value)}
          list="known-directories"
        />
        <Directories sessions={sessions} />
        <Field label="Name" placeholder="as the command" value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
        <StartButtons isBusy={isBusy} canStart={split.is !== "unfinished"} problem={problem} onCancel={onClose} />
      </form>
    </Dialog>
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
      navigate(`/s/${session.id}`);
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
