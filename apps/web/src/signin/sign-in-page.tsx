/** Shown when the server does not know this device: how to get a code, and a field for it. */
import type { Rest } from "@perdure/client";
import { useState, type ReactElement } from "react";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Wordmark } from "../ui/wordmark.tsx";
import { pair } from "./credential.ts";
import { deviceName } from "./device-name.ts";
import { codeInText } from "./pairing-link.ts";

interface SignInPageProps {
  readonly rest: Rest;
  readonly message: string;
  readonly onSignedIn: () => void;
}

export function SignInPage({ rest, message, onSignedIn }: SignInPageProps): ReactElement {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState(message);
  const [isBusy, setBusy] = useState(false);
  const code = codeInText(text);
  const submit = async (): Promise<void> => {
    if (code === undefined) return setProblem("That is neither a pairing link nor its code.");
    setBusy(true);
    const answer = await pair(rest, code, deviceName(navigator.userAgent, navigator.maxTouchPoints));
    setBusy(false);
    if (answer.is === "signed-in") onSignedIn();
    else
      setProblem(
        answer.is === "unreachable" ? "The server does not answer. Try again in a moment." : (answer.message ?? "That did not work."),
      );
  };
  return (
    <div className="app-frame overflow-y-auto">
      <main className="mx-auto flex min-h-full w-full max-w-md flex-col justify-center gap-6 px-5 py-10">
        <Wordmark />
        <div className="flex flex-col gap-2">
          <h1 className="text-2xl font-semibold tracking-tight text-balance">Sign in on this device</h1>
          <p className="text-row text-pretty text-soft">
            On the machine where perdure runs, or on any device that is signed in already, ask for a link:
          </p>
          <code className="mt-1 rounded-xl border border-line bg-sunken px-4 py-3.5 font-mono text-row select-all">
            <span className="text-soft select-none">$ </span>perdure pair
          </code>
          <p className="text-small text-soft">Open the link or scan its code here, or paste it below. It works once, for five minutes.</p>
        </div>
        <form
          className="flex flex-col gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <Field label="Link or code" isMono value={text} onChange={(event) => setText(event.target.value)} enterKeyHint="go" />
          {problem !== "" && (
            <p role="alert" className="text-small text-lost">
              {problem}
            </p>
          )}
          <Button type="submit" look="primary" disabled={isBusy || text.trim() === ""}>
            {isBusy ? "Signing in…" : "Sign in"}
          </Button>
        </form>
      </main>
    </div>
  );
}
