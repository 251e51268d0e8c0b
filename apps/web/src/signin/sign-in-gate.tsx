/** Decides at the start, and after a refusal, whether the app or the sign-in page is shown. */
import type { Rest } from "@perdure/client";
import { useCallback, useEffect, useState, type ReactElement, type ReactNode } from "react";
import { pair, probeSignIn, type SignIn } from "./credential.ts";
import { deviceName } from "./device-name.ts";
import { codeInFragment } from "./pairing-link.ts";
import { SignInPage } from "./sign-in-page.tsx";

interface SignInGateProps {
  readonly rest: Rest;
  /** The app; `again` asks the server anew who this page is. */
  readonly children: (again: () => void) => ReactNode;
}

export function SignInGate({ rest, children }: SignInGateProps): ReactNode {
  const [asked, setAsked] = useState(1);
  const [answer, setAnswer] = useState<{ readonly to: number; readonly signIn: SignIn }>({ to: 0, signIn: { is: "unreachable" } });
  useEffect(() => {
    const ask = async (): Promise<void> => setAnswer({ to: asked, signIn: await enter(rest) });
    void ask();
  }, [rest, asked]);
  const again = useCallback(() => setAsked((times) => times + 1), []);
  if (answer.to !== asked) return <Blank />;
  const { signIn } = answer;
  if (signIn.is !== "signed-out") return children(again);
  const enterApp = (): void => setAnswer({ to: asked, signIn: { is: "signed-in" } });
  return <SignInPage rest={rest} message={signIn.message ?? ""} onSignedIn={enterApp} />;
}

/** A pairing link is used up first, and leaves no trace in the address or the history. */
async function enter(rest: Rest): Promise<SignIn> {
  const code = codeInFragment(location.hash);
  if (code === undefined) return probeSignIn(rest);
  history.replaceState(history.state, "", location.pathname + location.search);
  const paired = await pair(rest, code, deviceName(navigator.userAgent, navigator.maxTouchPoints));
  if (paired.is === "signed-in") return paired;
  // A used-up link on a device that is signed in anyway, such as the second tap on it, is no reason to stop.
  const before = await probeSignIn(rest);
  return before.is === "signed-in" ? before : paired.is === "unreachable" ? before : paired;
}

function Blank(): ReactElement {
  return <div className="app-frame" />;
}
