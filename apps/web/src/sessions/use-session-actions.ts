/** What can be done to a session, each with its refusal said in words. */
import { systemRandomness, type Rest } from "@perdure/client";
import type { SessionInfo } from "@perdure/protocol";
import { useMemo, useRef } from "react";
import { useServices } from "../live/services.ts";

export interface SessionActions {
  rename(name: string): Promise<boolean>;
  end(): Promise<boolean>;
  remove(): Promise<boolean>;
  /** A new run in the same session. Pressed twice it starts one. */
  startAgain(size?: { readonly cols: number; readonly rows: number }): Promise<boolean>;
}

export function useSessionActions(session: SessionInfo): SessionActions {
  const { rest, toasts } = useServices();
  const started = useRef<{ readonly after: string; readonly key: string } | undefined>(undefined);
  const { id } = session;
  const runId = session.run.id;
  return useMemo(() => {
    const attempt = async (act: (rest: Rest) => Promise<unknown>): Promise<boolean> => {
      try {
        await act(rest);
        return true;
      } catch (error) {
        toasts.say(error instanceof Error ? error.message : "That did not work.");
        return false;
      }
    };
    return {
      rename: async (name) => attempt(async () => rest.rename(id, name)),
      end: async () => attempt(async () => rest.end(id)),
      remove: async () => attempt(async () => rest.delete(id)),
      startAgain: async (size) => {
        // One key for each ended run: however often it is pressed or retried, one new run follows it.
        if (started.current?.after !== runId) started.current = { after: runId, key: systemRandomness.id() };
        const { key } = started.current;
        return attempt(async () => rest.startRun(id, size ?? {}, { key }));
      },
    };
  }, [rest, toasts, id, runId]);
}
