/** A server that takes each message once, and a network between that loses what a test wants lost. */
import { type ErrorCode, PerdureError } from "@perdure/protocol";
import type { ChatCalls } from "../chat/chat-calls.ts";

/** What becomes of a request. `lose-answer`: the server does it, the client does not hear of it. `hold`: until `letGo`. */
export type Fate = "go" | "lose" | "lose-answer" | "hold" | ErrorCode;

export interface Taken {
  readonly session: string;
  readonly text: string;
  state: "waits" | "removed" | "sent";
}

export class FakeMessageServer implements Pick<ChatCalls, "sendMessage" | "removeMessage"> {
  /** What the server has, in the order in which it came. */
  readonly taken = new Map<string, Taken>();
  /** Every request that was begun, as `send text` or `remove text`. */
  readonly asked: string[] = [];
  /** Requests under way. */
  underWay = 0;
  fate: (what: "send" | "remove", id: string) => Fate = () => "go";
  #held: (() => void)[] = [];
  readonly #texts = new Map<string, string>();

  /** What the agent is to get, in order. */
  get texts(): string[] {
    return [...this.taken.values()].filter(({ state }) => state !== "removed").map(({ text }) => text);
  }

  /** What waits is handed to the agent. */
  dispatchAll(): void {
    for (const message of this.taken.values()) if (message.state === "waits") message.state = "sent";
  }

  letGo(): void {
    for (const go of this.#held.splice(0)) go();
  }

  sendMessage(session: string, id: string, text: string): Promise<void> {
    this.#texts.set(id, text);
    return this.#request("send", id, () => {
      const known = this.taken.get(id);
      if (known && known.text !== text && known.state !== "removed") throw new PerdureError("idempotency-key-reused");
      if (!known) this.taken.set(id, { session, text, state: "waits" });
    });
  }

  removeMessage(session: string, id: string): Promise<void> {
    return this.#request("remove", id, () => {
      const known = this.taken.get(id);
      // What comes late under this id does not count.
      if (!known) return void this.taken.set(id, { session, text: "", state: "removed" });
      if (known.state === "sent") throw new PerdureError("message-sent");
      known.state = "removed";
    });
  }

  async #request(what: "send" | "remove", id: string, effect: () => void): Promise<void> {
    this.asked.push(`${what} ${this.#texts.get(id)}`);
    const fate = this.fate(what, id);
    this.underWay += 1;
    try {
      if (fate === "hold") await new Promise<void>((resolve) => this.#held.push(resolve));
      else await Promise.resolve();
      if (fate === "lose") throw new PerdureError("server-unreachable");
      if (fate !== "go" && fate !== "hold" && fate !== "lose-answer") throw new PerdureError(fate);
      effect();
      if (fate === "lose-answer") throw new PerdureError("server-unreachable");
    } finally {
      this.underWay -= 1;
    }
  }
}
