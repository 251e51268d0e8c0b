// The terminal of somebody who never left: everything that a session printed, from its first byte on, with its sizes, in an emulator of its own.

import type { Attachment, Client } from "@perdure/client";
import { PlayedScreen } from "../../packages/server/src/testing/screen/cut.ts";
import { attachFirst, connectClient } from "./library-client.ts";
import type { PerdureHome } from "./perdure-home.ts";
import type { State } from "./shown-terminal.ts";
import { until } from "./until.ts";

/** As many as a page keeps. */
const scrollback = 1000;
const encoder = new TextEncoder();

export class StayedTerminal {
  readonly #client: Client;
  readonly #screen: PlayedScreen;
  #attachment: Attachment | undefined;
  readonly #onOutput: (data: Uint8Array) => void;
  #bytes = 0;

  private constructor(client: Client, screen: PlayedScreen, onOutput: (data: Uint8Array) => void) {
    this.#client = client;
    this.#screen = screen;
    this.#onOutput = onOutput;
  }

  /** Of a session that has not been resized before now. `onOutput`: called with all that is printed, once it is drawn. */
  static async of(home: PerdureHome, session: string, onOutput: (data: Uint8Array) => void = () => undefined): Promise<StayedTerminal> {
    const screen = new PlayedScreen((await home.api.session(session)).size, scrollback);
    const stayed = new StayedTerminal(connectClient(home), screen, onOutput);
    stayed.#attachment = await attachFirst(stayed.#client, session, {
      output: (data, offset, done) => stayed.#output(data, offset, done),
      resized: (cols, rows) => stayed.#screen.play({ cols, rows }),
    });
    return stayed;
  }

  /** Bytes of output so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Its whole state at this moment. */
  readonly state = (): State => this.#screen.state();

  /** The rows of the screen as text. */
  get rows(): readonly string[] {
    return this.#screen.screen.lines(0);
  }

  /** Types into the session, as a device of its own that has no size. */
  type(text: string): void {
    if (this.#attachment?.send(encoder.encode(text)) !== true) throw new Error(`nobody takes ${JSON.stringify(text)}`);
  }

  /** Resolves when a row of the screen is, or matches, this. */
  async untilRow(wanted: string | RegExp, timeoutMs = 20_000): Promise<void> {
    const isIt = (row: string): boolean => (typeof wanted === "string" ? row.trimEnd() === wanted : wanted.test(row));
    await until(`the row ${String(wanted)}`, () => this.rows.some(isIt), { timeoutMs, report: () => this.rows.join("\n") });
  }

  close(): void {
    this.#client.close();
    this.#screen.close();
  }

  #output(data: Uint8Array, offset: number, done: () => void): void {
    if (offset !== this.#bytes) throw new Error(`output from ${offset} on came, ${this.#bytes} was expected`);
    this.#bytes += data.length;
    this.#screen.play(data);
    this.#onOutput(data);
    done();
  }
}
