/** What the pages are given: the one connection, the HTTP interface, the lines at the bottom. Made in `main.tsx`, passed down by context. */
import type { ChatClient, Client, Drafts, Rest } from "@perdure/client";
import type { SessionInfo } from "@perdure/protocol";
import { createContext, useCallback, useContext, useSyncExternalStore, type Context } from "react";
import type { ToastStore } from "../ui/toasts.tsx";
import { useNow } from "../ui/use-now.ts";
import { useStore } from "../ui/use-store.ts";
import type { LastLive } from "./last-live.ts";

export interface Services {
  readonly client: Client;
  readonly chats: ChatClient;
  readonly rest: Rest;
  /** Texts that were written and not sent. */
  readonly drafts: Drafts;
  readonly lastLive: LastLive;
  readonly toasts: ToastStore;
  /** Asks again who this page is to the server: after "Signed out". */
  readonly signInAgain: () => void;
}

export const ServicesContext: Context<Services | undefined> = createContext<Services | undefined>(undefined);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (services === undefined) throw new Error("No services: this component must be below the sign-in gate.");
  return services;
}

export function useConnection(): Client["state"] {
  const { client } = useServices();
  return useStore(client, () => client.state);
}

/** All sessions, kept current; `undefined` before the first answer. */
export function useSessions(): readonly SessionInfo[] | undefined {
  const { client } = useServices();
  const subscribe = useCallback((listener: () => void) => client.subscribeSessions(listener), [client]);
  return useSyncExternalStore(subscribe, () => client.sessions);
}

/** When the page was last connected; `undefined` while it is, and before it ever was. */
export function useLastLive(): number | undefined {
  const { client, lastLive } = useServices();
  return useStore(client, () => lastLive.at);
}

/** The time up to which the page knows anything: the present while connected, else when it last was. No state gets older unseen. */
export function useKnownNow(everyMs: number): number {
  const now = useNow(everyMs);
  return useLastLive() ?? now;
}
