/** What lies over the terminal: how old it is when it is not live, whose size it has, what is not sent yet, the way to the end. */
import { isAlive } from "@perdure/protocol";
import { ArrowDown } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import { isFailing } from "../live/connection-words.ts";
import { FailureNotice } from "../live/failure-notice.tsx";
import { useConnection } from "../live/services.ts";
import { StalePill } from "../live/stale-pill.tsx";
import type { Size } from "./screen-fit.ts";
import type { TerminalHandle } from "./use-terminal.ts";
import { useSlow } from "./use-slow.ts";

const SETTLED_MS = 700;
const NOTICEABLE_MS = 1000;

export function ScreenOverlays({ handle }: { readonly handle: TerminalHandle }): ReactElement {
  const { state, terminal, isAtEnd } = handle;
  const connection = useConnection();
  const isLive = connection.is === "connected";
  const canTakeInput = isLive && state?.session !== undefined && isAlive(state.session.run.state);
  const foreign = useSlow(canTakeInput ? state.foreignSize : undefined, SETTLED_MS);
  // Typing that is acknowledged at once is not worth a word.
  const unsent = useSlow(state?.unsent === "" ? undefined : state?.unsent, isLive ? NOTICEABLE_MS : 0);
  return (
    <div className="pointer-events-none absolute inset-0 flex flex-col justify-between overflow-hidden p-2.5">
      <div className="flex flex-col items-center gap-2">
        {!isLive && <StalePill isDrawn={state?.isDrawn ?? false} />}
        {isFailing(connection) && <FailureNotice className="pointer-events-auto max-w-md" />}
      </div>
      <div className="flex flex-col items-center gap-2">
        {foreign !== undefined && <ForeignSize size={foreign} onFit={() => terminal?.viewer.takeControl()} />}
        {unsent !== undefined && <Pill>{unsent}</Pill>}
        {!isAtEnd && (
          <button
            type="button"
            onClick={() => terminal?.screen.goToEnd()}
            className="pointer-events-auto inline-flex min-h-11 animate-[rise_.15s_ease-out] items-center gap-1.5 self-end rounded-full border border-line bg-raised px-4 text-small font-medium shadow-[0_4px_16px_var(--shadow)] active:bg-line"
          >
            <ArrowDown size={16} /> Latest
          </button>
        )}
      </div>
    </div>
  );
}

/** The size is another screen's until somebody types here, or asks for it. */
function ForeignSize({ size, onFit }: { readonly size: Size; readonly onFit: () => void }): ReactElement {
  return (
    <p className="flex animate-[rise_.15s_ease-out] items-center gap-1 rounded-full border border-line bg-raised pl-3.5 text-small whitespace-nowrap text-soft shadow-[0_4px_16px_var(--shadow)] tabular">
      {size.cols} × {size.rows}, set by another screen
      <button
        type="button"
        onClick={onFit}
        className="pointer-events-auto min-h-11 rounded-full px-3.5 font-medium text-ink underline-offset-4 hover:underline active:bg-line"
      >
        Fit here
      </button>
    </p>
  );
}

function Pill({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <p className="animate-[rise_.15s_ease-out] rounded-full border border-line bg-raised px-3.5 py-1.5 text-center text-small text-soft shadow-[0_4px_16px_var(--shadow)]">
      {children}
    </p>
  );
}
