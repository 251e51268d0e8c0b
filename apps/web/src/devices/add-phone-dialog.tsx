/** Signs another device in: a code to scan, a link to send. It works once and for five minutes. */
import type { PairingCode } from "@perdure/protocol";
import { useEffect, useState, type ReactElement } from "react";
import { useServices } from "../live/services.ts";
import { pairingLink } from "../signin/pairing-link.ts";
import { copyText } from "../terminal/copy-text.ts";
import { Button } from "../ui/button.tsx";
import { Dialog, DialogActions } from "../ui/dialog.tsx";
import { useNow } from "../ui/use-now.ts";
import { QrCode } from "./qr-code.tsx";

export function AddPhoneDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const { code, problem, ask } = usePairingCode();
  return (
    <Dialog title="Add a phone" onClose={onClose}>
      {problem !== "" && (
        <p role="alert" className="text-small text-lost">
          {problem}
        </p>
      )}
      {code === undefined ? (
        <div className="mx-auto aspect-square w-full max-w-60 rounded-xl bg-sunken" />
      ) : (
        <Code code={code} onAsk={ask} />
      )}
    </Dialog>
  );
}

function Code({ code, onAsk }: { readonly code: PairingCode; readonly onAsk: () => void }): ReactElement {
  const { toasts } = useServices();
  const now = useNow(1000);
  const link = pairingLink(location.origin, code.code);
  const leftSeconds = Math.ceil((code.expiresAt - now) / 1000);
  if (leftSeconds <= 0) {
    return (
      <>
        <p className="text-row text-soft">The code has expired.</p>
        <Button look="primary" onClick={onAsk}>
          New code
        </Button>
      </>
    );
  }
  const copy = async (): Promise<void> => toasts.say((await copyText(link)) ? "Link copied." : "The browser did not allow copying.");
  return (
    <>
      {isLoopback(location.hostname) && (
        <p className="rounded-xl border border-needs/35 bg-needs-wash px-3.5 py-2.5 text-small text-pretty">
          This page is open at <code className="font-mono text-tiny">{location.host}</code>, which only this machine can reach. A phone
          needs the server to <code className="font-mono text-tiny whitespace-nowrap">--listen</code> on an address of your network.
        </p>
      )}
      <div className="flex justify-center">
        <QrCode text={link} />
      </div>
      <p className="text-center text-small text-soft tabular">
        Scan it with the camera. Works once, for {Math.floor(leftSeconds / 60)}:{String(leftSeconds % 60).padStart(2, "0")} more.
      </p>
      <DialogActions>
        <Button onClick={() => void copy()}>Copy the link</Button>
      </DialogActions>
    </>
  );
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || host.startsWith("127.");
}

interface Pairing {
  readonly code: PairingCode | undefined;
  readonly problem: string;
  readonly ask: () => void;
}

function usePairingCode(): Pairing {
  const { rest } = useServices();
  const [asked, setAsked] = useState(1);
  const [answer, setAnswer] = useState<{ readonly to: number; readonly code?: PairingCode; readonly problem?: string }>({ to: 0 });
  useEffect(() => {
    const ended = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        setAnswer({ to: asked, code: await rest.pairingCode({ signal: ended.signal }) });
      } catch (error) {
        if (!ended.signal.aborted) setAnswer({ to: asked, problem: error instanceof Error ? error.message : "No code could be made." });
      }
    };
    void ask();
    return () => ended.abort();
  }, [rest, asked]);
  const { code, problem = "" } = answer.to === asked ? answer : { code: undefined };
  return { code, problem, ask: () => setAsked((times) => times + 1) };
}
