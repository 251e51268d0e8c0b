/**
 * Where messages wait until the server has them. With a lasting store (`indexed-db-messages.ts`) they outlive the page and the
 * browser; the default lives as long as the page.
 */

/** A message that the server may not have. Under one id the text never changes. */
export interface KeptMessage {
  readonly id: string;
  readonly session: string;
  readonly text: string;
  readonly createdAt: number;
  /** Messages of a session are sent in this order. One that replaces another stands in its place. */
  readonly position: number;
  /** Since when it waits: it was made, or the user said that it still counts. */
  readonly waitingSince: number;
  /** Once it may have been sent, the server may have it, whatever was heard of it. */
  readonly mayHaveBeenSent: boolean;
  /**
   * `withdrawn`: the user took it back after it may have been sent, so the server has to be told; `replacedBy` then waits for the
   * outcome. The others are those of `OutgoingMessage`.
   */
  readonly state:
    | { readonly is: "waiting" }
    | { readonly is: "expired" }
    | { readonly is: "refused"; readonly code: string; readonly text: string }
    | { readonly is: "withdrawn"; readonly replacedBy: string | undefined };
}

/** What one change does to the store. */
export interface MessageChange {
  readonly put?: readonly KeptMessage[];
  readonly remove?: readonly string[];
}

export interface KeptMessages {
  /** Other pages see the same messages. May turn false when the platform refuses. */
  readonly isShared: boolean;
  /** Messages outlive the page. May turn false when the platform refuses. */
  readonly isLasting: boolean;
  /** All, in order. */
  load(): Promise<readonly KeptMessage[]>;
  /**
   * Looks at all messages and changes some, with nothing of another page in between; resolves when it is on the disk, with all messages as
   * they are then. What `change` throws is thrown, and nothing is changed.
   */
  update(change: (messages: readonly KeptMessage[]) => MessageChange): Promise<readonly KeptMessage[]>;
}

/** Withdrawn ones first where two share a place: the server hears of them before it gets what replaces them. */
export function inOrder(messages: Iterable<KeptMessage>): readonly KeptMessage[] {
  const rank = ({ state }: KeptMessage): number => (state.is === "withdrawn" ? 0 : 1);
  return Array.from(messages).toSorted((a, b) => a.position - b.position || rank(a) - rank(b) || a.createdAt - b.createdAt);
}

export function createMemoryMessages(): KeptMessages {
  const messages = new Map<string, KeptMessage>();
  return {
    isShared: false,
    isLasting: false,
    load: () => Promise.resolve(inOrder(messages.values())),
    update: async (change) => {
      const { put = [], remove = [] } = change(inOrder(messages.values()));
      for (const id of remove) messages.delete(id);
      for (const message of put) messages.set(message.id, message);
      return inOrder(messages.values());
    },
  };
}
