/** Text that was sent to a run which ended before it read it: offered back, never typed into the next run. */
import type { ReactElement } from "react";
import { useServices } from "../live/services.ts";
import { editableText } from "../phone/paste-text.ts";
import { Button } from "../ui/button.tsx";
import { copyText } from "./copy-text.ts";
import type { ReturnedText } from "./session-viewer.ts";

interface ReturnedBannerProps {
  readonly returned: readonly ReturnedText[];
  readonly onForget: (id: number) => void;
  readonly onCompose: (text: string) => void;
}

export function ReturnedBanner({ returned, onForget, onCompose }: ReturnedBannerProps): ReactElement {
  const { toasts } = useServices();
  const isReadOnly = returned.every((piece) => piece.reason === "read-only");
  const reason = isReadOnly ? "this page may look, not type." : "the program ended before it could read what you typed.";
  const text = returned.map((piece) => editableText(piece.text)).join("");
  const forget = (): void => returned.forEach((piece) => onForget(piece.id));
  const copy = async (): Promise<void> => {
    toasts.say((await copyText(text)) ? "Copied." : "The browser did not allow copying.");
  };
  return (
    <section role="alert" className="flex shrink-0 flex-col gap-2 border-t border-needs/40 bg-needs-wash px-3 py-2.5 sm:px-4">
      <p className="text-small">
        <span className="font-medium text-needs-ink">Not delivered:</span> {reason}
      </p>
      {text.trim() !== "" && (
        <pre className="max-h-24 overflow-auto rounded-lg bg-raised px-3 py-2 font-mono text-tiny break-all whitespace-pre-wrap">
          {text}
        </pre>
      )}
      <div className="flex flex-wrap gap-2">
        {text.trim() !== "" && (
          <>
            <Button onClick={() => void copy()}>Copy</Button>
            <Button
              onClick={() => {
                onCompose(text.trimEnd());
                forget();
              }}
            >
              Put into the message field
            </Button>
          </>
        )}
        <Button look="quiet" onClick={forget}>
          Dismiss
        </Button>
      </div>
    </section>
  );
}
