/** Rename, end, delete, start again: the menu of a session, on the home screen and above its terminal. */
import { isAlive, type SessionInfo } from "@perdure/protocol";
import { EllipsisVertical, PenLine, Play, Square, Trash2 } from "lucide-react";
import { useState, type ReactElement, type ReactNode } from "react";
import { ConfirmDialog } from "../ui/dialog.tsx";
import { Menu, type MenuItem } from "../ui/menu.tsx";
import { RenameDialog } from "./rename-dialog.tsx";
import { useSessionActions } from "./use-session-actions.ts";

const NO_ITEMS: readonly MenuItem[] = [];

interface SessionMenuProps {
  readonly session: SessionInfo;
  /** Shown before the session's own items. */
  readonly extra?: readonly MenuItem[];
  readonly onRemoved?: () => void;
  readonly className?: string;
  readonly children?: ReactNode;
}

export function SessionMenu({ session, extra = NO_ITEMS, onRemoved, className = "", children }: SessionMenuProps): ReactElement {
  const [asking, setAsking] = useState<"rename" | "end" | "remove" | undefined>(undefined);
  const actions = useSessionActions(session);
  const isLiving = isAlive(session.run.state);
  const close = (): void => setAsking(undefined);
  const items: readonly MenuItem[] = [
    ...extra,
    { label: "Rename", icon: <PenLine size={18} />, onSelect: () => setAsking("rename") },
    isLiving
      ? { label: "End the program", icon: <Square size={18} />, onSelect: () => setAsking("end") }
      : { label: "Start again", icon: <Play size={18} />, onSelect: () => void actions.startAgain() },
    { label: "Delete session", icon: <Trash2 size={18} />, onSelect: () => setAsking("remove"), isDanger: true },
  ];
  const remove = async (): Promise<void> => {
    if (await actions.remove()) onRemoved?.();
  };
  return (
    <>
      <Menu label={`Menu of ${session.name}`} icon={<EllipsisVertical size={20} />} items={items} className={className}>
        {children}
      </Menu>
      {asking === "rename" && <RenameDialog name={session.name} onRename={async (name) => actions.rename(name)} onClose={close} />}
      {asking === "end" && (
        <ConfirmDialog title={`End ${session.name}?`} action="End the program" onConfirm={() => void actions.end()} onClose={close}>
          The program and everything it started is asked to stop, and killed if it does not. What it has printed is kept.
        </ConfirmDialog>
      )}
      {asking === "remove" && (
        <ConfirmDialog title={`Delete ${session.name}?`} action="Delete" onConfirm={() => void remove()} onClose={close}>
          {isLiving ? "Its program is ended, and the session" : "The session"} goes with its whole history. This cannot be undone.
        </ConfirmDialog>
      )}
    </>
  );
}
