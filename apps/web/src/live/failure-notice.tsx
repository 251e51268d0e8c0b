/**
 * What is said when the server has not answered ten times in a row. What is on the screen stays readable; slow attempts go on
 * behind it. It claims only what a page can know.
 */
import type { ReactElement } from "react";
import { clockWords } from "../sessions/relative-time.ts";
import { Button } from "../ui/button.tsx";
import { useNow } from "../ui/use-now.ts";
import { isFailing } from "./connection-words.ts";
import { useConnection, useLastLive, useServices } from "./services.ts";

export function FailureNotice({ className = "" }: { readonly className?: string }): ReactElement | null {
  const { client } = useServices();
  const state = useConnection();
  const lastLive = useLastLive();
  const now = useNow(60_000);
  if (!isFailing(state) || !("attempt" in state)) return null;
  return (
    <section
      role="alert"
      className={`flex animate-[rise_.2s_ease-out] flex-col gap-3 rounded-2xl border border-lost/35 bg-raised p-4 shadow-[0_8px_32px_var(--shadow)] ${className}`}
    >
      <div className="flex flex-col gap-1">
        <h2 className="text-row font-semibold">The server does not answer</h2>
        <p className="text-small text-pretty text-soft">
          {state.attempt} attempts in a row have failed.{" "}
          {lastLive === undefined ? "" : `What you see is as of ${clockWords(lastLive, now)}. `}
          Programs do not need this page to go on. If the machine is up,{" "}
          <code className="font-mono text-tiny text-ink">perdure status</code> on it says more.
        </p>
      </div>
      <Button look="primary" onClick={() => client.retryNow()}>
        Retry now
      </Button>
    </section>
  );
}
