/**
 * A real text field for whole messages: dictation, correction and selection work as everywhere on the phone. Its text reaches
 * the program in one piece, as a paste, and survives reloads until it was sent.
 */
import { ArrowUp, TextCursorInput } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, type ReactElement, type RefObject } from "react";
import { useDraft } from "../keep/use-draft.ts";
import { IconButton } from "../ui/button.tsx";

interface ComposeBarProps {
  readonly session: string;
  /** Gives the text to the program, followed by Enter or not; `false` if it was not taken. */
  readonly onSend: (text: string, withEnter: boolean) => boolean;
  /** Text to put in, once, from elsewhere. */
  readonly inserted: { readonly text: string } | undefined;
}

const MAX_HEIGHT_PX = 132;

export function ComposeBar({ session, onSend, inserted }: ComposeBarProps): ReactElement {
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useDraft(session, inserted);
  useLayoutEffect(() => {
    if (field.current !== null) grow(field.current, text);
  }, [text]);
  useFocusOnOpen(field);
  const send = (withEnter: boolean): void => {
    if (onSend(text, withEnter)) setText("");
    field.current?.focus();
  };
  return (
    <form
      className="flex shrink-0 items-end gap-1 border-t border-line bg-paper p-1.5"
      onSubmit={(event) => {
        event.preventDefault();
        send(true);
      }}
    >
      <textarea
        ref={field}
        rows={1}
        value={text}
        placeholder="Message"
        aria-label="Message"
        autoCapitalize="sentences"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey) && !event.nativeEvent.isComposing) send(true);
        }}
        className="min-h-11 grow resize-none overflow-y-auto rounded-xl border border-line bg-raised px-3 py-2.5 text-base leading-[1.35] outline-offset-0 placeholder:text-soft/60"
      />
      <IconButton
        label="Insert without Enter"
        disabled={text === ""}
        onPointerDown={(event) => event.preventDefault()}
        onClick={() => send(false)}
      >
        <TextCursorInput size={20} />
      </IconButton>
      <button
        type="submit"
        aria-label="Send and press Enter"
        title="Send and press Enter"
        onPointerDown={(event) => event.preventDefault()}
        className="inline-flex size-11 shrink-0 items-center justify-center rounded-xl bg-action text-on-action active:opacity-75"
      >
        <ArrowUp size={20} />
      </button>
    </form>
  );
}

/** As high as its text, up to a limit; one line when empty. */
function grow(area: HTMLTextAreaElement, text: string): void {
  area.style.height = "";
  if (text !== "") area.style.height = `${Math.min(area.scrollHeight + 2, MAX_HEIGHT_PX)}px`;
}

/** Opened by a tap it takes the focus; come back after a reload it does not bring the keyboard up by itself. */
function useFocusOnOpen(field: RefObject<HTMLTextAreaElement | null>): void {
  useEffect(() => {
    if (!("userActivation" in navigator) || navigator.userActivation.isActive) field.current?.focus();
  }, [field]);
}
