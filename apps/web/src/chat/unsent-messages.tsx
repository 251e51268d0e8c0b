/** Of a session that is gone: what this device had not sent yet. It is given back, never dropped unseen. */
import type { OutgoingMessage } from "@perdure/client";
import type { ReactElement } from "react";
import { useServices } from "../live/services.ts";
import { CopyButton } from "../markdown/code-block.tsx";
import { useAttempt } from "./chat-actions.ts";
import { plural } from "./chat-words.ts";
import { SmallButton } from "./small-button.tsx";

export function UnsentMessages({ messages }: { readonly messages: readonly OutgoingMessage[] }): ReactElement | null {
  const { chats } = useServices();
  const { isBusy, attempt } = useAttempt();
  if (messages.length === 0) return null;
  return (
    <section aria-label="Not sent" className="w-full max-w-sm rounded-2xl border border-needs/40 bg-needs-wash p-3.5 text-left text-small">
      <h2 className="font-medium text-needs-ink">{plural(messages.length, "message")} not sent</h2>
      <ul className="mt-1 max-h-[40vh] divide-y divide-needs/20 overflow-y-auto">
        {messages.map(({ id, text }) => (
          <li key={id} className="flex items-center gap-1 py-1.5">
            <span className="line-clamp-3 min-w-0 grow wrap-anywhere whitespace-pre-wrap">{text}</span>
            <CopyButton text={text} label="Copy the text" />
            <SmallButton look="quiet" disabled={isBusy} onClick={() => void attempt(async () => chats.outgoing.remove(id))}>
              Drop
            </SmallButton>
          </li>
        ))}
      </ul>
    </section>
  );
}
