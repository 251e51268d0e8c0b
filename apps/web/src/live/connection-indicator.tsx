/** The one place that says how the connection is. */
import type { ReactElement } from "react";
import { useNow } from "../ui/use-now.ts";
import { connectionWords, isFailing, type ConnectionTone } from "./connection-words.ts";
import { useConnection, useServices } from "./services.ts";

const DOTS: Readonly<Record<ConnectionTone, string>> = { live: "bg-alive", busy: "bg-needs", down: "bg-lost" };

export function ConnectionIndicator(): ReactElement {
  const { client, signInAgain } = useServices();
  const state = useConnection();
  const now = useNow(state.is === "waiting" ? 250 : 60_000);
  const { tone, words, canRetry } = connectionWords(state, now);
  const isSignedOut = state.is === "closed" && state.reason === "unauthorized";
  const isOutdated = state.is === "closed" && state.reason === "wrong-protocol";
  return (
    <div data-testid="connection" className="flex min-h-11 items-center gap-1 text-small whitespace-nowrap text-soft tabular">
      <span role="status" className="flex items-center gap-2">
        <span aria-hidden className={`size-2 shrink-0 rounded-full ${DOTS[tone]}`} />
        {words}
      </span>
      {canRetry && !isFailing(state) && <Action onClick={() => client.retryNow()}>Retry now</Action>}
      {isSignedOut && <Action onClick={signInAgain}>Sign in</Action>}
      {isOutdated && <Action onClick={() => location.reload()}>Reload</Action>}
    </div>
  );
}

function Action({ onClick, children }: { readonly onClick: () => void; readonly children: string }): ReactElement {
  return (
    <button
      type="button"
      onClick={onClick}
      className="inline-flex min-h-11 items-center px-1.5 font-medium text-ink underline decoration-line decoration-2 underline-offset-4 hover:decoration-current"
    >
      {children}
    </button>
  );
}
