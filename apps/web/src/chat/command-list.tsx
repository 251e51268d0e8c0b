/** The commands that fit, above the composer. The field keeps the focus; arrows, Tab and Enter choose. */
import type { Choice } from "@perdure/protocol";
import { useEffect, useRef, type ReactElement } from "react";
import { commandName } from "./command-completion.ts";

interface CommandListProps {
  readonly id: string;
  readonly commands: readonly Choice[];
  readonly chosen: number;
  readonly onTake: (command: Choice) => void;
}

export function CommandList({ id, commands, chosen, onTake }: CommandListProps): ReactElement {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <div
      ref={list}
      id={id}
      role="listbox"
      aria-label="Commands"
      className="absolute inset-x-0 bottom-full z-10 mb-1.5 max-h-[min(16rem,40vh)] overflow-y-auto overscroll-contain rounded-2xl border border-line bg-raised p-1.5 shadow-[0_12px_40px_var(--shadow)]"
    >
      {commands.map((command, index) => (
        <div
          key={command.id}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === chosen}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onTake(command)}
          onKeyDown={() => undefined}
          className={`flex min-h-11 cursor-pointer items-center gap-3 rounded-xl px-3 py-2 hover:bg-sunken ${index === chosen ? "bg-sunken" : ""}`}
        >
          <span className="shrink-0 font-mono text-small font-medium">{commandName(command)}</span>
          <span className="truncate text-small text-soft">{command.description ?? ""}</span>
        </div>
      ))}
    </div>
  );
}
