/** The way back to the list, at the left of a page's header. */
import { ChevronLeft } from "lucide-react";
import type { ReactElement } from "react";
import { Link } from "wouter";

export function BackLink({ className = "" }: { readonly className?: string }): ReactElement {
  return (
    <Link
      href="/"
      aria-label="All sessions"
      title="All sessions"
      className={`inline-flex size-11 shrink-0 items-center justify-center rounded-xl text-soft hover:bg-sunken hover:text-ink ${className}`}
    >
      <ChevronLeft size={22} />
    </Link>
  );
}
