/** The commands of a session as a list, to go to and to copy from; for fingers as well. */
import type { ShellCommand } from "@perdure/protocol";
import { ClipboardCopy, Terminal as CommandIcon } from "lucide-react";
import { useEffect, useRef, useState, type ReactElement } from "react";
import { useServices } from "../../live/services.ts";
import { shortenPath } from "../../sessions/shorten-path.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { copyText } from "../copy-text.ts";
import { readOutput } from "./command-output.ts";
import { badgeText, badgeWords, endOf, lengthOf } from "./command-words.ts";
import { NEWEST } from "./session-commands.ts";

interface CommandsDialogProps {
  readonly session: string;
  readonly commands: readonly ShellCommand[];
  readonly onGo: (command: ShellCommand) => void;
  readonly onClose: () => void;
}

export function CommandsDialog({ session, commands, onGo, onClose }: CommandsDialogProps): ReactElement {
  const { rest } = useServices();
  const [older, setOlder] = useState<readonly ShellCommand[]>([]);
  const [isComplete, setComplete] = useState(false);
  const copy = useCopy(session);
  const all = [...commands, ...older.filter(({ offset }) => offset < (commands.at(-1)?.offset ?? Infinity))];
  const more = async (): Promise<void> => {
    const before = all.at(-1)?.offset;
    if (before === undefined) return;
    try {
      const page = await rest.commands(session, { before });
      setOlder((known) => [...known, ...page.commands]);
      setComplete(page.next === null);
    } catch {
      // The button is still there.
    }
  };
  return (
    <Dialog title="Commands" onClose={onClose} isWide>
      {all.length === 0 && <p className="text-row text-soft">The shell has not marked a command yet.</p>}
      <ul className="-mx-2 max-h-[60dvh] overflow-y-auto">
        {all.map((command) => (
          <CommandRow key={command.offset} command={command} copy={copy} onGo={() => onGo(command)} />
        ))}
      </ul>
      {commands.length >= NEWEST && !isComplete && <Button onClick={() => void more()}>Older commands</Button>}
    </Dialog>
  );
}

interface CommandRowProps {
  readonly command: ShellCommand;
  readonly copy: Copy;
  readonly onGo: () => void;
}

function CommandRow({ command, copy, onGo }: CommandRowProps): ReactElement {
  const { text, directory, startedAt, endedAt, line, endLine } = command;
  const name = text ?? "(not known)";
  const took = endedAt === null ? [] : [lengthOf(endedAt - startedAt)];
  const where = directory === null ? [] : [shortenPath(directory, 36)];
  const details = [new Date(startedAt).toLocaleTimeString(), ...took, ...where].join(" · ");
  return (
    <li className="flex items-center gap-1 rounded-xl hover:bg-sunken">
      <button
        type="button"
        disabled={line === null}
        onClick={onGo}
        className="flex min-h-12 min-w-0 grow items-center gap-2.5 px-2 py-1.5 text-left disabled:opacity-60"
      >
        <span
          title={badgeWords(command)}
          className={`w-10 shrink-0 text-small tabular ${endOf(command) === "failed" ? "font-semibold text-lost-ink" : "text-soft"}`}
        >
          {badgeText(command)}
        </span>
        <span className="flex min-w-0 flex-col">
          <span className="truncate font-mono text-small">{name}</span>
          <span className="truncate text-tiny text-soft tabular">{details}</span>
        </span>
      </button>
      {text !== null && (
        <IconButton label="Copy command" onClick={() => void copy.text(text)}>
          <CommandIcon size={18} />
        </IconButton>
      )}
      <IconButton label="Copy output" disabled={endLine === null} onClick={() => void copy.output(command)}>
        <ClipboardCopy size={18} />
      </IconButton>
    </li>
  );
}

interface Copy {
  readonly text: (text: string) => Promise<void>;
  readonly output: (command: ShellCommand) => Promise<void>;
}

function useCopy(session: string): Copy {
  const { rest, toasts } = useServices();
  const ended = useRef(new AbortController());
  useEffect(() => {
    const now = new AbortController();
    ended.current = now;
    return () => now.abort();
  }, []);
  const text = async (what: string): Promise<void> => {
    toasts.say((await copyText(what)) ? "Copied." : "The browser did not allow copying.");
  };
  return {
    text,
    async output(command) {
      const { signal } = ended.current;
      try {
        const output = await readOutput(rest, session, command, signal);
        if (output === undefined) toasts.say("That output is not kept any more, or too long to copy.");
        else await text(output);
      } catch {
        if (!signal.aborted) toasts.say("The output could not be read.");
      }
    },
  };
}
