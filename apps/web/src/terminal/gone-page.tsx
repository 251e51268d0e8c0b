/** There is no such session any more, or there never was. */
import type { ReactElement, ReactNode } from "react";
import { Link } from "wouter";

interface GonePageProps {
  readonly reason: "deleted" | "unknown";
  /** What is left of it on this device. */
  readonly children?: ReactNode;
}

export function GonePage({ reason, children }: GonePageProps): ReactElement {
  return (
    <div className="app-frame flex flex-col items-center justify-center gap-4 p-6 text-center">
      <h1 className="text-xl font-semibold tracking-tight">
        {reason === "deleted" ? "This session was deleted" : "There is no such session"}
      </h1>
      <p className="max-w-sm text-row text-soft">
        {reason === "deleted"
          ? "Its program was ended and its history removed."
          : "It may have been deleted, or the link belongs to another server."}
      </p>
      {children}
      <Link href="/" className="inline-flex min-h-11 items-center rounded-xl bg-action px-4 text-row font-medium text-on-action">
        All sessions
      </Link>
    </div>
  );
}
