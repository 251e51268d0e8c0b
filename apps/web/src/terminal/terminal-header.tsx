/** Above the terminal: the way back, what this is and how it is, and the menu. */
import type { SessionInfo } from "@perdure/protocol";
import {
  AArrowDown,
  AArrowUp,
  ChevronDown,
  ChevronUp,
  Info,
  List,
  Keyboard,
  MessageSquareText,
  MessagesSquare,
  Search as SearchIcon,
  TextSelect,
} from "lucide-react";
import { useState, type ReactElement } from "react";
import { useLocation } from "wouter";
import { clampFontSize, loadFontSize, saveFontSize } from "../keep/view-state.ts";
import { ConnectionIndicator } from "../live/connection-indicator.tsx";
import { useConnection, useKnownNow } from "../live/services.ts";
import { LifeLine } from "../sessions/life-line.tsx";
import { SessionMenu } from "../sessions/session-menu.tsx";
import { shortenPath } from "../sessions/shorten-path.ts";
import { joinCommand } from "../sessions/split-command.ts";
import { stateWords, watcherWords } from "../sessions/state-words.ts";
import { useSwitchView } from "../sessions/use-switch-view.ts";
import { deviceName } from "../signin/device-name.ts";
import { BackLink } from "../ui/back-link.tsx";
import { IconButton } from "../ui/button.tsx";
import type { MenuItem } from "../ui/menu.tsx";
import { PHONE, useMedia } from "../ui/use-media.ts";
import { CommandsDialog } from "./commands/commands-dialog.tsx";
import type { Commands } from "./commands/use-commands.ts";
import { DetailsDialog } from "./details-dialog.tsx";
import { TextDialog } from "./text-dialog.tsx";
import type { Bars } from "./use-bars.ts";
import type { Terminal } from "./use-terminal.ts";

interface TerminalHeaderProps {
  readonly session: SessionInfo | undefined;
  readonly terminal: Terminal | undefined;
  readonly bars: Bars;
  readonly commands: Commands;
  readonly onSearch: () => void;
}

export function TerminalHeader({ session, terminal, bars, commands, onSearch }: TerminalHeaderProps): ReactElement {
  const isLive = useConnection().is === "connected";
  return (
    <header className="shrink-0 border-b border-line bg-paper pt-[env(safe-area-inset-top)]">
      <div className="flex h-12 items-center pr-1 pl-0.5">
        <BackLink />
        <div className="flex min-w-0 grow items-center gap-3">{session !== undefined && <Identity session={session} />}</div>
        {/* When it is not live, the words stand over the terminal, where there is room for them. */}
        {isLive && (
          <div className="px-2">
            <ConnectionIndicator />
          </div>
        )}
        <IconButton
          label={bars.isComposing ? "Close the message field" : "Write a message"}
          aria-pressed={bars.isComposing}
          onClick={() => bars.setComposing(!bars.isComposing)}
        >
          <MessageSquareText size={20} />
        </IconButton>
        {session !== undefined && <HeaderMenu session={session} terminal={terminal} bars={bars} commands={commands} onSearch={onSearch} />}
      </div>
    </header>
  );
}

function Identity({ session }: { readonly session: SessionInfo }): ReactElement {
  const now = useKnownNow(10_000);
  const watchers = watcherWords(withoutThisPage(session.watchers));
  return (
    <>
      <span className="hidden sm:inline-flex">
        <LifeLine run={session.run} needsYou={false} />
      </span>
      <div className="flex min-w-0 flex-col">
        <h1 className="truncate text-row leading-tight font-semibold tracking-[-0.005em]">{session.name}</h1>
        <p className="truncate text-tiny leading-tight text-soft tabular">
          <span className="hidden font-mono text-[0.6875rem] sm:inline">
            {joinCommand(session.command) || "login shell"} in {shortenPath(session.cwd, 40)} ·{" "}
          </span>
          {stateWords(session.run.state, now)}
          <span className="hidden md:inline">{watchers === "" ? "" : ` · also seen by ${watchers}`}</span>
        </p>
      </div>
    </>
  );
}

interface HeaderMenuProps extends TerminalHeaderProps {
  readonly session: SessionInfo;
}

/** Of those who look at the session, one is the reader. */
function withoutThisPage(watchers: SessionInfo["watchers"]): SessionInfo["watchers"] {
  const own = deviceName(navigator.userAgent, navigator.maxTouchPoints);
  const index = watchers.findIndex((watcher) => watcher.kind === "web" && watcher.visible && watcher.name === own);
  return index < 0 ? watchers : watchers.toSpliced(index, 1);
}

function HeaderMenu({ session, terminal, bars, commands, onSearch }: HeaderMenuProps): ReactElement {
  const [dialog, setDialog] = useState<"commands" | "details" | "text" | undefined>(undefined);
  const [, navigate] = useLocation();
  const switchView = useSwitchView(session);
  const close = (): void => setDialog(undefined);
  return (
    <>
      <SessionMenu
        session={session}
        onRemoved={() => navigate("/")}
        extra={[
          ...(session.chat === null
            ? []
            : [{ label: "Continue as a chat", icon: <MessagesSquare size={18} />, onSelect: () => void switchView("chat") }]),
          {
            label: bars.hasKeyBar ? "Hide the key bar" : "Show the key bar",
            icon: <Keyboard size={18} />,
            onSelect: () => bars.setKeyBar(!bars.hasKeyBar),
          },
          ...commandItems(commands, () => setDialog("commands")),
          { label: "Search", icon: <SearchIcon size={18} />, onSelect: onSearch },
          { label: "Select text", icon: <TextSelect size={18} />, onSelect: () => setDialog("text") },
          {
            label: "Details",
            icon: <Info size={18} />,
            onSelect: () => setDialog("details"),
            ...(session.notices.length > 0 ? { detail: `${session.notices.length} notice${session.notices.length === 1 ? "" : "s"}` } : {}),
          },
        ]}
      >
        <FontSize onChange={(size) => terminal?.screen.setFontSize(size)} />
      </SessionMenu>
      {dialog === "commands" && (
        <CommandsDialog
          session={session.id}
          commands={commands.list}
          onGo={(command) => {
            close();
            commands.goTo(command);
          }}
          onClose={close}
        />
      )}
      {dialog === "details" && <DetailsDialog session={session} onClose={close} />}
      {dialog === "text" && <TextDialog text={terminal?.screen.text() ?? ""} onClose={close} />}
    </>
  );
}

/** Where the shell has marked none there is nothing to go to. */
function commandItems({ list, go }: Commands, onList: () => void): readonly MenuItem[] {
  if (list.length === 0) return [];
  return [
    { label: "Commands", icon: <List size={18} />, onSelect: onList },
    { label: "Previous command", icon: <ChevronUp size={18} />, onSelect: () => go(-1) },
    { label: "Next command", icon: <ChevronDown size={18} />, onSelect: () => go(1) },
  ];
}

function FontSize({ onChange }: { readonly onChange: (size: number) => void }): ReactElement {
  const isPhone = useMedia(PHONE);
  const [size, setSize] = useState(() => loadFontSize(isPhone));
  const change = (by: number): void => {
    const next = clampFontSize(size + by);
    setSize(next);
    saveFontSize(next);
    onChange(next);
  };
  return (
    <div role="group" aria-label="Letter size" className="mb-1 flex items-center border-b border-line pb-1">
      <IconButton label="Smaller letters" onClick={() => change(-1)}>
        <AArrowDown size={20} />
      </IconButton>
      <output className="grow text-center text-small text-soft tabular">{size} px</output>
      <IconButton label="Larger letters" onClick={() => change(1)}>
        <AArrowUp size={20} />
      </IconButton>
    </div>
  );
}
