/** The program is over: what happened, and the next run in the same session. The history stays above. */
import type { SessionInfo } from "@perdure/protocol";
import { Play } from "lucide-react";
import { useState, type ReactElement } from "react";
import { joinCommand } from "../sessions/split-command.ts";
import { endSentence } from "../sessions/state-words.ts";
import { useSessionActions } from "../sessions/use-session-actions.ts";
import { Button } from "../ui/button.tsx";
import { useNow } from "../ui/use-now.ts";
import type { Size } from "./screen-fit.ts";

interface EndBannerProps {
  readonly session: SessionInfo;
  readonly size: Size | undefined;
}

export function EndBanner({ session, size }: EndBannerProps): ReactElement {
  const actions = useSessionActions(session);
  const now = useNow(10_000);
  const [isBusy, setBusy] = useState(false);
  const start = async (): Promise<void> => {
    setBusy(true);
    await actions.startAgain(size);
    setBusy(false);
  };
  const isLost = session.run.state.is !== "exited";
  return (
    <section role="status" className="flex shrink-0 items-center gap-3 border-t border-line bg-paper px-3 py-2 sm:px-4">
      <div className="min-w-0 grow">
        <p className={`text-row ${isLost ? "text-lost" : ""}`}>{endSentence(session.run.state, now)}</p>
        <p className="truncate text-tiny text-soft">
          Its output is kept. A new run of <code className="font-mono">{joinCommand(session.command) || "the login shell"}</code> continues
          below it.
        </p>
      </div>
      <Button look="primary" disabled={isBusy} onClick={() => void start()}>
        <Play size={16} /> Start again
      </Button>
    </section>
  );
}
