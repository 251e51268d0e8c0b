// Somebody who sits in front of an agent's own terminal program in a session, through the client library: types messages, reads the screen,
// stays connected through the ends of servers and runs.

import { setTimeout as delay } from "node:timers/promises";
import type { Attachment, Client } from "@perdure/client";
import { XtermScreen } from "../../packages/server/src/terminal/xterm-screen.ts";
import { ByteRecord } from "../harness/byte-record.ts";
import { attachFirst, connectClient } from "../harness/library-client.ts";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { until } from "../harness/until.ts";
import type { FakeModel, ModelRequest } from "./fake-model.ts";

const TERMINAL_MS = 45_000;
/** Some programs take what comes faster than a person types for a paste, in which Return is a line feed. */
const BETWEEN_KEYS_MS = 500;
const scrollbackLines = 2_000;

export class AgentTerminal {
  static readonly cols = 160;
  static readonly rows = 40;
  readonly session: string;
  readonly #home: PerdureHome;
  readonly #model: FakeModel;
  readonly #client: Client;
  readonly #prompt: RegExp;
  readonly #record = new ByteRecord();
  #screen = newScreen();
  #attachment: Attachment | undefined;

  private constructor(home: PerdureHome, model: FakeModel, session: string, prompt: RegExp) {
    this.#prompt = prompt;
    this.#home = home;
    this.#model = model;
    this.session = session;
    this.#client = connectClient(home);
  }

  static async open(home: PerdureHome, model: FakeModel, session: string, prompt: RegExp): Promise<AgentTerminal> {
    const terminal = new AgentTerminal(home, model, session, prompt);
    terminal.#attachment = await attachFirst(terminal.#client, session, {
      output: (data, offset, done) => {
        terminal.#record.take(offset, data);
        terminal.#screen.write(data);
        done();
      },
    });
    return terminal;
  }

  /** Screen and scrollback of the run. */
  get text(): string {
    return this.#screen.lines(scrollbackLines).join("\n");
  }

  /** Every byte that was ever shown. */
  get shown(): Buffer {
    return this.#record.bytes;
  }

  async untilShown(words: string): Promise<void> {
    const report = (): string => this.text;
    await until(`"${words}" on the screen`, () => this.text.includes(words), { timeoutMs: TERMINAL_MS, report });
  }

  /** In all that was printed, whatever has happened to the screen since. */
  async untilPrinted(words: string): Promise<void> {
    const report = (): string => this.text;
    await until(`"${words}" printed`, () => this.shown.toString().includes(words), { timeoutMs: TERMINAL_MS, report });
  }

  /** The program says that it takes a message. */
  async untilReady(): Promise<void> {
    const isReady = (): boolean => this.#screen.lines(0).some((row) => this.#prompt.test(row));
    await until("a program that takes a message", isReady, { timeoutMs: TERMINAL_MS, report: () => this.text });
  }

  /** Types a message and waits until its answer is shown; what the model was asked. */
  async say(text: string): Promise<ModelRequest> {
    const before = this.#model.requests.length;
    this.#send(text);
    await delay(BETWEEN_KEYS_MS);
    const find = (): ModelRequest | undefined =>
      this.#model.requests.slice(before).find((request) => !request.isAside && request.text === text);
    const enter = async (): Promise<boolean> => {
      this.#send("\r");
      await delay(BETWEEN_KEYS_MS);
      return find() !== undefined;
    };
    await until(`a question to the model: ${text}`, enter, { timeoutMs: TERMINAL_MS, report: () => this.text });
    const isWhole = (): ModelRequest | undefined => (find()?.end === "whole" ? find() : undefined);
    const request = await until(`a whole answer to ${text}`, isWhole, { timeoutMs: TERMINAL_MS, report: () => this.text });
    await this.untilShown(`echo: ${text} `);
    return request;
  }

  /** Keys as they are. */
  press(keys: string): void {
    this.#send(keys);
  }

  /** Connects to the server that is there now, at once. */
  retryNow(): void {
    this.#client.retryNow();
  }

  /** A new run in the session, when its program takes messages. */
  async startRun(): Promise<void> {
    this.#screen.close();
    this.#screen = newScreen();
    await this.#home.api.startRun(this.session, { view: "terminal", cols: AgentTerminal.cols, rows: AgentTerminal.rows });
    await this.#home.api.untilRun(this.session, "running");
    this.#client.retryNow();
    await this.untilReady();
  }

  close(): void {
    this.#client.close();
    this.#screen.close();
  }

  #send(keys: string): boolean {
    return this.#attachment?.send(Buffer.from(keys)) ?? false;
  }
}

function newScreen(): XtermScreen {
  return new XtermScreen(AgentTerminal.cols, AgentTerminal.rows, scrollbackLines);
}
