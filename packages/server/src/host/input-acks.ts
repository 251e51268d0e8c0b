/**
 * Acknowledgements of input wait a moment before they are sent: nobody waits for them, and on a machine with few processors what a
 * program answers to a key would wait behind them. All are sent, in their order.
 */
import type { HostAnswer } from "./wire.ts";

const GATHER_MS = 5;
const MAX_GATHERED = 64;

type InputAck = Extract<HostAnswer, { type: "input-acked" }>;

export class InputAcks {
  readonly #send: (acks: readonly InputAck[]) => void;
  #gathered: InputAck[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (acks: readonly InputAck[]) => void) {
    this.#send = send;
  }

  add(ack: InputAck): void {
    this.#gathered.push(ack);
    if (this.#gathered.length >= MAX_GATHERED) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Sends what has gathered, now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const acks = this.#gathered;
    this.#gathered = [];
    if (acks.length > 0) this.#send(acks);
  }

  /** Nobody hears them any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#gathered = [];
  }
}
