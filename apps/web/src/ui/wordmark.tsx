/** The name, with the line of successive parts that the app's icon shows. */
import type { ReactElement } from "react";

interface WordmarkProps {
  /** Only the line where there is little room. */
  readonly isShort?: boolean;
}

export function Wordmark({ isShort = false }: WordmarkProps): ReactElement {
  return (
    <span className="inline-flex items-center gap-2.5">
      <svg width="31" height="10" viewBox="0 0 31 10" aria-hidden fill="none" stroke="currentColor" strokeWidth="2.5" strokeLinecap="round">
        <path d="M1.5 5h4" opacity=".35" />
        <path d="M11 5h4" opacity=".65" />
        <path d="M20.5 5h3" />
        <circle cx="26.5" cy="5" r="4" stroke="none" className="fill-alive" />
      </svg>
      <span className={`text-[1.0625rem] font-semibold tracking-[-0.015em] ${isShort ? "max-sm:sr-only" : ""}`}>perdure</span>
    </span>
  );
}
