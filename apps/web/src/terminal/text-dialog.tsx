/** The terminal's text as the browser's own, to select and copy with a finger. */
import { useEffect, useRef, type ReactElement } from "react";
import { useServices } from "../live/services.ts";
import { Button } from "../ui/button.tsx";
import { Dialog, DialogActions } from "../ui/dialog.tsx";
import { copyText } from "./copy-text.ts";

interface TextDialogProps {
  readonly text: string;
  readonly onClose: () => void;
}

export function TextDialog({ text, onClose }: TextDialogProps): ReactElement {
  const { toasts } = useServices();
  const block = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (block.current !== null) block.current.scrollTop = block.current.scrollHeight;
  }, []);
  const copy = async (): Promise<void> => {
    toasts.say((await copyText(text)) ? "Copied." : "The browser did not allow copying.");
    onClose();
  };
  return (
    <Dialog title="Select text" onClose={onClose} isWide>
      <pre
        ref={block}
        tabIndex={0}
        className="max-h-[60dvh] overflow-auto rounded-xl bg-sunken p-3 font-mono text-tiny wrap-anywhere whitespace-pre-wrap select-text"
      >
        {text}
      </pre>
      <DialogActions>
        <Button onClick={() => void copy()}>Copy all</Button>
      </DialogActions>
    </Dialog>
  );
}
