/**
 * Where messages are written. They are kept before they are sent: what waits and why is always said below. Enter sends at a desk; on
 * a touch screen it breaks the line, and the button sends.
 */
import type { Choice, Conversation } from "@perdure/protocol";
import { MAX_MESSAGE_CHARACTERS } from "@perdure/protocol";
import { ArrowUp, Square } from "lucide-react";
import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactElement, type RefObject } from "react";
import { useDraft } from "../keep/use-draft.ts";
import { TOUCH, useMedia } from "../ui/use-media.ts";
import { useAttempt, useChat } from "./chat-actions.ts";
import { commandName, fittingCommands } from "./command-completion.ts";
import { CommandList } from "./command-list.tsx";
import { composerHint } from "./composer-hint.ts";
import { SettingsPicker } from "./settings-picker.tsx";
import { useStop } from "./use-stop.ts";

const MAX_HEIGHT_PX = 220;
const NO_COMMANDS: readonly Choice[] = [];

interface ComposerProps {
  readonly session: string;
  readonly conversation: Conversation | undefined;
  readonly isLive: boolean;
  readonly inserted: { readonly text: string } | undefined;
  readonly onSaid: () => void;
}

export function Composer(props: ComposerProps): ReactElement {
  const { conversation, isLive } = props;
  const { field, text, setText, commands, canSend, send, isTouch } = useComposer(props);
  const hintId = useId();
  const hint = composerHint(conversation, isLive, text.length);
  return (
    <form
      aria-label="Composer"
      className="shrink-0 border-t border-line bg-paper px-2 pt-2 pb-1.5 sm:px-6 sm:pb-3"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div className="relative mx-auto w-full max-w-3xl">
        {commands.fitting.length > 0 && (
          <CommandList id={commands.id} commands={commands.fitting} chosen={commands.chosen} onTake={commands.take} />
        )}
        <div className="rounded-2xl border border-line bg-raised focus-within:border-soft/50">
          <textarea
            ref={field}
            rows={1}
            value={text}
            placeholder={hint.placeholder}
            aria-label="Message"
            aria-describedby={hintId}
            {...commands.aria}
            autoCapitalize="sentences"
            enterKeyHint={isTouch ? "enter" : "send"}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.nativeEvent.isComposing || commands.onKeyDown(event) || !isSendKey(event, isTouch)) return;
              event.preventDefault();
              void send();
            }}
            className="block min-h-11 w-full resize-none overflow-y-auto bg-transparent px-3.5 pt-2.5 pb-1 text-base leading-[1.4] outline-none placeholder:text-soft"
          />
          <Buttons conversation={conversation} isLive={isLive} canSend={canSend} action={hint.action} />
        </div>
        <p id={hintId} className={`px-2 pt-1 text-tiny empty:hidden ${hint.isUrgent ? "text-needs-ink" : "text-soft"}`}>
          {hint.line}
        </p>
      </div>
    </form>
  );
}

interface ComposerState {
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly commands: Commands;
  readonly canSend: boolean;
  readonly send: () => Promise<void>;
  readonly isTouch: boolean;
}

function useComposer({ session, conversation, inserted, onSaid }: ComposerProps): ComposerState {
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useDraft(session, inserted);
  const { view } = useChat();
  const { isBusy, attempt } = useAttempt();
  const isTouch = useMedia(TOUCH);
  const commands = useCommands(text, conversation?.settings.commands ?? NO_COMMANDS, setText);
  useLayoutEffect(() => {
    if (field.current !== null) grow(field.current, text);
  }, [text]);
  useComposerFocus(field, isTouch, inserted);
  const canSend = text.trim() !== "" && text.length <= MAX_MESSAGE_CHARACTERS && !isBusy;
  const send = async (): Promise<void> => {
    if (!canSend || !(await attempt(async () => view.send(text)))) return;
    setText("");
    onSaid();
  };
  return { field, text, setText, commands, canSend, send, isTouch };
}

function isSendKey(event: KeyboardEvent, isTouch: boolean): boolean {
  if (event.key !== "Enter") return false;
  return isTouch ? event.metaKey || event.ctrlKey : !event.shiftKey && !event.altKey;
}

interface ButtonsProps extends Pick<ComposerProps, "conversation" | "isLive"> {
  readonly canSend: boolean;
  readonly action: string;
}

function Buttons({ conversation, isLive, canSend, action }: ButtonsProps): ReactElement {
  return (
    <div className="flex items-center gap-1 pr-1.5 pb-1.5 pl-1.5">
      <div className="flex min-w-0 grow items-center gap-0.5">
        {conversation !== undefined && <SettingsPicker settings={conversation.settings} isLive={isLive} />}
      </div>
      <StopButton conversation={conversation} isLive={isLive} />
      <button
        type="submit"
        aria-label={action}
        title={action}
        disabled={!canSend}
        onPointerDown={(event) => event.preventDefault()}
        className="inline-flex size-11 shrink-0 items-center justify-center rounded-xl bg-action text-on-action transition-opacity active:opacity-75 disabled:opacity-30"
      >
        <ArrowUp size={20} />
      </button>
    </div>
  );
}

function StopButton({ conversation, isLive }: Pick<ComposerProps, "conversation" | "isLive">): ReactElement | null {
  const { canStop, isStopping, stop } = useStop(conversation);
  if (!canStop) return null;
  return (
    <button
      type="button"
      disabled={isStopping || !isLive}
      title={isLive ? "Stops the agent. What it has said is kept." : "There is no connection; the agent goes on."}
      onClick={() => void stop()}
      className="inline-flex min-h-11 shrink-0 items-center gap-2 rounded-xl border border-line px-3.5 text-small font-medium hover:bg-sunken active:opacity-75 disabled:opacity-50"
    >
      <Square size={13} fill="currentColor" /> {isStopping ? "Stopping…" : "Stop"}
    </button>
  );
}

interface Commands {
  readonly id: string;
  readonly fitting: readonly Choice[];
  readonly chosen: number;
  readonly aria: Readonly<Record<string, string | boolean>>;
  readonly take: (command: Choice) => void;
  /** `true`: the key was for the list. */
  readonly onKeyDown: (event: KeyboardEvent) => boolean;
}

function useCommands(text: string, commands: readonly Choice[], setText: (text: string) => void): Commands {
  const id = useId();
  const [at, setAt] = useState(0);
  const [dismissed, setDismissed] = useState("");
  const fitting = text === dismissed ? [] : fittingCommands(text, commands);
  const chosen = Math.min(at, Math.max(0, fitting.length - 1));
  const take = (command: Choice): void => {
    setAt(0);
    setText(`${commandName(command)} `);
  };
  const isOpen = fitting.length > 0;
  const aria = isOpen ? { "aria-controls": id, "aria-activedescendant": `${id}-${chosen}`, "aria-autocomplete": "list" } : {};
  const onKeyDown = (event: KeyboardEvent): boolean => {
    const command = fitting[chosen];
    if (command === undefined || event.shiftKey || event.metaKey || event.ctrlKey) return false;
    if (event.key === "ArrowDown") setAt((chosen + 1) % fitting.length);
    else if (event.key === "ArrowUp") setAt((chosen - 1 + fitting.length) % fitting.length);
    else if (event.key === "Escape") setDismissed(text);
    else if (event.key === "Tab" || (event.key === "Enter" && text !== commandName(command))) take(command);
    else return false;
    event.preventDefault();
    return true;
  };
  return { id, fitting, chosen, aria, take, onKeyDown };
}

/** As high as its text, up to a limit. */
function grow(area: HTMLTextAreaElement, text: string): void {
  area.style.height = "";
  if (text !== "") area.style.height = `${Math.min(area.scrollHeight, MAX_HEIGHT_PX, innerHeight * 0.4)}px`;
}

/** At a desk one can type at once; on a phone the keyboard comes when it is asked for. */
function useComposerFocus(field: RefObject<HTMLTextAreaElement | null>, isTouch: boolean, inserted: ComposerProps["inserted"]): void {
  useEffect(() => {
    const isFree = document.activeElement === null || document.activeElement === document.body;
    if (!isTouch && isFree) field.current?.focus({ preventScroll: true });
  }, [field, isTouch]);
  useEffect(() => {
    if (inserted !== undefined) field.current?.focus();
  }, [field, inserted]);
}
