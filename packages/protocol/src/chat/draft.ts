/**
 * A conversation while a batch of events is applied to it: each of its collections is copied at most once a batch, and only if
 * something in it changes.
 */
import type { Conversation } from "./conversation.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Collections that are objects by id. */
type RecordKey = "inputs" | "messages" | "notices" | "turns" | "approvals";
/** Collections that are lists. */
type ListKey = "entries" | "queue" | "openApprovals" | "runs" | "recoveries";

export class Draft {
  readonly #owned = new Set<string>();
  #conversation: Writable<Conversation>;

  constructor(conversation: Conversation) {
    this.#conversation = { ...conversation };
  }

  get now(): Conversation {
    return this.#conversation;
  }

  set<K extends keyof Conversation>(key: K, value: Conversation[K]): void {
    this.#conversation[key] = value;
    this.#owned.delete(key);
  }

  /** Puts one member of a collection by id. */
  put<K extends RecordKey>(key: K, id: string, value: Conversation[K][string]): void {
    const members = this.#own(key, (all) => ({ ...all })) as Record<string, Conversation[K][string]>;
    // By assignment this id, which no server chose, would not become a member.
    if (id === "__proto__") Object.defineProperty(members, id, { value, enumerable: true, writable: true, configurable: true });
    else members[id] = value;
  }

  /** Changes a member that is there; nothing happens to one that is not. */
  change<K extends RecordKey>(key: K, id: string, change: (member: Conversation[K][string]) => Conversation[K][string]): void {
    if (!Object.hasOwn(this.#conversation[key], id)) return;
    this.put(key, id, change(this.#conversation[key][id] as Conversation[K][string]));
  }

  push<K extends ListKey>(key: K, value: Conversation[K][number]): void {
    (this.#own(key, (all) => [...(all as readonly unknown[])] as unknown as Conversation[K]) as unknown as unknown[]).push(value);
  }

  #own<K extends keyof Conversation>(key: K, copy: (value: Conversation[K]) => Conversation[K]): Conversation[K] {
    if (!this.#owned.has(key)) {
      this.#conversation[key] = copy(this.#conversation[key]);
      this.#owned.add(key);
    }
    return this.#conversation[key];
  }
}
