// Somebody's own terminal with a command in it: a real PTY, and an emulator that draws what comes and answers what it is asked, as every
// terminal does. What is waited for is looked at after each piece of output, never after a pause.

import { isDeepStrictEqual } from "node:util";
import { spawn, type IPty } from "@lydell/node-pty";
import { XtermScreen } from "../../packages/server/src/terminal/xterm-screen.ts";
import { pictureOf, stateOf, type TerminalModes } from "./picture.ts";
import { within } from "./until.ts";

const waitMs = 20_000;
const scrollbackLines = 1000;

export interface TerminalOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly cols?: number;
  readonly rows?: number;
}

export interface TerminalEnd {
  readonly code: number;
  readonly signal: number;
}

export class OuterTerminal {
  readonly pid: number;
  readonly ended: Promise<TerminalEnd>;
  readonly #pty: IPty;
  readonly #screen: XtermScreen;
  readonly #onShown = new Set<() => void>();
  #isEnded = false;
  #answers = "";

  constructor([file = "", ...args]: readonly string[], { env, cwd, cols = 80, rows = 24 }: TerminalOptions) {
    this.#screen = new XtermScreen(cols, rows, scrollbackLines);
    this.#pty = spawn(file, args, { name: "xterm-256color", cols, rows, cwd, env: { ...env }, encoding: null });
    this.pid = this.#pty.pid;
    this.#pty.onData((data) => this.#show(data));
    this.ended = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode, signal = 0 }) => {
        this.#isEnded = true;
        resolve({ code: exitCode, signal });
      });
    });
  }

  /** The screen's rows as text; trailing blanks are cut. */
  get rows(): readonly string[] {
    return this.#screen.lines(0);
  }

  /** Screen and scrollback as text. */
  get text(): string {
    return this.#screen.lines(scrollbackLines).join("\n");
  }

  /** Every cell, the cursor and the modes. */
  get picture(): readonly string[] {
    return pictureOf(this.#screen);
  }

  get modes(): TerminalModes {
    return stateOf(this.#screen);
  }

  /** What the emulator has answered to queries that came through. */
  get answers(): string {
    return this.#answers;
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  resize(cols: number, rows: number): void {
    this.#screen.resize(cols, rows);
    this.#pty.resize(cols, rows);
  }

  /** Resolves when it is true of what is shown; fails after 20 s, or when the command has ended and it is not. */
  async until(what: string, isShown: () => boolean): Promise<void> {
    if (isShown()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (isShown()) resolve();
    };
    this.#onShown.add(look);
    void this.ended.then(() => (isShown() ? resolve() : reject(new Error(`the command ended without: ${what}\n${this.text}`))));
    await within(waitMs, what, promise, () => this.text).finally(() => this.#onShown.delete(look));
  }

  /** Resolves when a row of the screen is, or matches, this. */
  async untilRow(wanted: string | RegExp): Promise<void> {
    const isIt = (row: string): boolean => (typeof wanted === "string" ? row.trim() === wanted : wanted.test(row));
    await this.until(`the row ${wanted.toString()}`, () => this.rows.some(isIt));
  }

  /** Resolves when it shows exactly this. */
  async untilPicture(picture: readonly string[]): Promise<void> {
    await this.until(`the picture\n${picture.join("\n")}`, () => isDeepStrictEqual(this.picture, picture));
  }

  /** Its end, which must come soon. */
  end(): Promise<TerminalEnd> {
    return within(waitMs, "the end of the command in the terminal", this.ended, () => this.text);
  }

  /** Ends the command, as closing the window does; nothing happens if it has ended. */
  async close(): Promise<void> {
    if (!this.#isEnded) this.#pty.kill("SIGKILL");
    await this.end();
    this.#screen.close();
  }

  /** Typed as it says: without an encoding the library hands out bytes. */
  #show(data: string | Uint8Array): void {
    const answer = this.#screen.write(data);
    if (answer !== "") {
      this.#answers += answer;
      this.#pty.write(answer);
    }
    for (const look of this.#onShown) look();
  }
}

/** What a fresh terminal of this size shows after these bytes. */
export function pictureAfter(data: string, cols: number, rows: number): readonly string[] {
  const screen = new XtermScreen(cols, rows, scrollbackLines);
  screen.write(data);
  const picture = pictureOf(screen);
  screen.close();
  return picture;
}
