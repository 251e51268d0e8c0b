/** Over what is not live: how the connection is, and how old what is shown is. */
import type { ReactElement } from "react";
import { clockWords } from "../sessions/relative-time.ts";
import { useNow } from "../ui/use-now.ts";
import { ConnectionIndicator } from "./connection-indicator.tsx";
import { useLastLive } from "./services.ts";

export function StalePill({ isDrawn }: { readonly isDrawn: boolean }): ReactElement {
  const lastLive = useLastLive();
  const now = useNow(60_000);
  return (
    <div className="pointer-events-auto flex max-w-full animate-[rise_.2s_ease-out] flex-wrap items-center justify-center gap-x-3 rounded-3xl border border-line bg-raised px-4 shadow-[0_4px_20px_var(--shadow)]">
      <ConnectionIndicator />
      {isDrawn && lastLive !== undefined && <span className="text-small text-soft tabular">as of {clockWords(lastLive, now)}</span>}
    </div>
  );
}
