/** Tells who does not see the page: a new answer once it is complete, a question as soon as it is asked, an end that was not meant. */
import type { Conversation } from "@perdure/protocol";
import type { ReactElement } from "react";
import { announcement } from "./announcement.ts";

export function Announcer({ conversation }: { readonly conversation: Conversation }): ReactElement {
  const { text, isUrgent } = announcement(conversation);
  return (
    <div className="sr-only">
      <p aria-live="polite">{isUrgent ? "" : text}</p>
      <p aria-live="assertive">{isUrgent ? text : ""}</p>
    </div>
  );
}
