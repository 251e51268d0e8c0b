/** The pages and what they share. */
import { createChatClient, type ChatClientOptions, type Client, type Drafts, type Rest } from "@perdure/client";
import { Component, lazy, Suspense, useEffect, useMemo, type ReactElement, type ReactNode } from "react";
import { Redirect, Route, Switch } from "wouter";
import { followLastLive } from "./live/last-live.ts";
import { ServicesContext, useSessions, type Services } from "./live/services.ts";
import { countNeedsYou } from "./sessions/attention-order.ts";
import { HomePage } from "./sessions/home-page.tsx";
import { NeedsYouContext, useIconBadge } from "./sessions/needs-you-badge.ts";
import { SessionPage } from "./sessions/session-page.tsx";
import { SignInGate } from "./signin/sign-in-gate.tsx";
import { createToasts, Toasts } from "./ui/toasts.tsx";

const DevicesPage = lazy(async () => import("./devices/devices-page.tsx"));

interface AppProps {
  readonly rest: Rest;
  /** A new connection; one lives from sign-in to sign-out. */
  readonly connect: () => Client;
  /** Where messages to agents wait, and the other tabs that send them. */
  readonly chatOptions: ChatClientOptions;
  readonly drafts: Drafts;
}

export function App({ rest, connect, chatOptions, drafts }: AppProps): ReactElement {
  return (
    <Failsafe>
      <SignInGate rest={rest}>
        {(again) => <SignedIn rest={rest} connect={connect} chatOptions={chatOptions} drafts={drafts} signInAgain={again} />}
      </SignInGate>
    </Failsafe>
  );
}

interface SignedInProps extends AppProps {
  readonly signInAgain: () => void;
}

function SignedIn({ rest, connect, chatOptions, drafts, signInAgain }: SignedInProps): ReactElement {
  const services = useMemo<Services>(() => {
    const client = connect();
    const chats = createChatClient(client, rest, chatOptions);
    return { client, chats, rest, drafts, signInAgain, lastLive: followLastLive(client, Date.now), toasts: createToasts() };
  }, [rest, connect, chatOptions, drafts, signInAgain]);
  useEffect(
    () => () => {
      services.chats.close();
      services.client.close();
    },
    [services],
  );
  return (
    <ServicesContext value={services}>
      <Pages />
      <Toasts store={services.toasts} />
    </ServicesContext>
  );
}

function Pages(): ReactElement {
  const needsYou = countNeedsYou(useSessions());
  useIconBadge(needsYou);
  return (
    <NeedsYouContext value={needsYou}>
      <Suspense fallback={<div className="app-frame" />}>
        <Switch>
          <Route path="/">
            <HomePage />
          </Route>
          <Route path="/s/:id">{({ id }) => <SessionPage key={id} id={id} />}</Route>
          <Route path="/devices">
            <DevicesPage />
          </Route>
          <Route>
            <Redirect to="/" replace />
          </Route>
        </Switch>
      </Suspense>
    </NeedsYouContext>
  );
}

/** A fault of the page says so instead of leaving it white; a reload is always safe, since nothing lives in the page alone. */
class Failsafe extends Component<{ readonly children: ReactNode }, { readonly error: Error | undefined }> {
  override state: { readonly error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: unknown): { readonly error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <div role="alert" className="app-frame flex flex-col items-center justify-center gap-4 p-6 text-center">
        <h1 className="text-xl font-semibold tracking-tight">This page has a fault</h1>
        <p className="max-w-md text-row text-soft">Your programs are not touched by it. Reloading brings the page back where it was.</p>
        <p className="max-w-md font-mono text-tiny break-words text-soft">{error.message}</p>
        <button
          type="button"
          onClick={() => location.reload()}
          className="min-h-11 rounded-xl bg-action px-4 text-row font-medium text-on-action"
        >
          Reload
        </button>
      </div>
    );
  }
}
