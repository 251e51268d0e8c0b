/** A session's conversation as one that may leave the memory: only when nobody views it, no run lives, and nothing waits to be sent. */
import type { Attachment } from "./attachment.ts";
import type { EventLog } from "./chat/event-log.ts";
import type { Loadable } from "./chat/loaded.ts";
import type { Session } from "./session.ts";

export class LoadableChat implements Loadable {
  readonly #session: Session;
  readonly #attachments: ReadonlySet<Attachment>;
  /** Set as soon as there is one. */
  events: EventLog | null = null;

  constructor(session: Session, attachments: ReadonlySet<Attachment>) {
    this.#session = session;
    this.#attachments = attachments;
  }

  get isAtRest(): boolean {
    const { events } = this;
    if (!events?.isLoaded || !events.isFree || this.#session.isAlive) return false;
    const { queue, inputs } = events.conversation;
    const [head] = queue;
    const isSending = head !== undefined && inputs[head]?.state === "accepted";
    return !isSending && [...this.#attachments].every(({ mode }) => mode !== "chat");
  }

  get isGone(): boolean {
    return this.events !== null && !this.events.isLoaded && this.events.isFree;
  }

  leave(): void {
    this.events?.unload();
  }
}
