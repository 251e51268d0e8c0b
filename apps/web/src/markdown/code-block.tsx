/** Code as it was said, with the way to the clipboard. Long lines scroll inside it, so that the page never does sideways. */
import { Check, Copy } from "lucide-react";
import { useEffect, useState, type ReactElement } from "react";
import { copyText } from "../terminal/copy-text.ts";

interface CodeBlockProps {
  readonly language: string;
  readonly text: string;
}

export function CodeBlock({ language, text }: CodeBlockProps): ReactElement {
  return (
    <div className="code">
      <div className="flex h-11 items-center justify-between gap-2 pr-1.5 pl-3.5 font-sans text-tiny text-soft">
        <span className="truncate">{language}</span>
        <CopyButton text={text} label="Copy code" />
      </div>
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </div>
  );
}

const SHOWN_MS = 1600;

export function CopyButton({ text, label }: { readonly text: string; readonly label: string }): ReactElement {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async (): Promise<void> => setCopied(await copyText(text));
  return (
    <button
      type="button"
      aria-label={isCopied ? "Copied" : label}
      title={label}
      onClick={() => void copy()}
      className="relative inline-flex h-8 min-w-9 shrink-0 items-center justify-center gap-1.5 rounded-lg px-2 text-tiny font-medium text-soft before:absolute before:-inset-1.5 before:content-[''] hover:text-ink"
    >
      {isCopied ? <Check size={14} /> : <Copy size={14} />}
      <span className={isCopied ? "" : "sr-only sm:not-sr-only"}>{isCopied ? "Copied" : "Copy"}</span>
    </button>
  );
}
