/**
 * Waits for something to be true of a session: its program has ended, it is quiet, or it has printed a text.
 */
import type { Client } from "@perdure/client";
import { isAlive, type SessionInfo } from "@perdure/protocol";
import { PlainText } from "../http/plain-text.ts";
import type { Clock } from "../platform/clock.ts";
import { followLog } from "./follow-log.ts";

export interface WaitConditions {
  readonly isExit: boolean;
  readonly idleMs: number | undefined;
  readonly match: RegExp | undefined;
  /** The screen as it is does not count for `match`. */
  readonly isNewOnly: boolean;
  readonly timeoutMs: number | undefined;
}

export interface WaitOptions {
  readonly client: Client;
  readonly session: SessionInfo;
  readonly conditions: WaitConditions;
  /** The screen as text. */
  readonly screen: () => Promise<string>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** `ended-before`: the program has ended, and what was waited for can no longer come. */
export interface Waited {
  readonly met: "exit" | "idle" | "match" | "timeout" | "ended-before";
  readonly session: SessionInfo;
}

/** What was printed last, as far back as a match may reach. */
const MAX_TEXT_LENGTH = 64 * 1024;
/** A burst of output is looked at once. */
const SCREEN_AFTER_MS = 150;

export async function waitFor(options: WaitOptions): Promise<Waited> {
  const waiting = new Waiting(options);
  return waiting.run();
}

class Waiting {
  readonly #options: WaitOptions;
  readonly #enough = new AbortController();
  readonly #plain = new PlainText();
  #met: Waited["met"] | undefined;
  #session: SessionInfo;
  #text = "";
  #stopIdle: (() => void) | undefined;
  #stopScreen: (() => void) | undefined;
  #stopTimeout: (() => void) | undefined;

  constructor(options: WaitOptions) {
    this.#options = options;
    this.#session = options.session;
  }

  async run(): Promise<Waited> {
    const { client, session, conditions, signal, clock } = this.#options;
    if (conditions.timeoutMs !== undefined) this.#stopTimeout = clock.after(conditions.timeoutMs, () => this.#finish("timeout"));
    this.#restartIdle();
    try {
      await this.#lookAtScreen();
      if (this.#met === undefined) {
        await followLog({
          client,
          session: session.id,
          from: session.cursor,
          isUntilEnd: true,
          signal: AbortSignal.any([signal, this.#enough.signal]),
          onData: (data, done) => this.#printed(data, done),
          onSession: (info) => this.#changed(info),
        });
        await this.#ended();
      }
    } catch (error) {
      if (this.#met === undefined) throw error;
    } finally {
      for (const stop of [this.#stopIdle, this.#stopScreen, this.#stopTimeout]) stop?.();
    }
    return { met: this.#met ?? "ended-before", session: this.#session };
  }

  /** The program has ended and all it printed was looked at. */
  async #ended(): Promise<void> {
    await this.#lookAtScreen();
    this.#met ??= this.#options.conditions.isExit ? "exit" : this.#options.conditions.match === undefined ? "idle" : "ended-before";
  }

  #changed(session: SessionInfo): boolean {
    this.#session = session;
    // Nothing has to be read for the exit alone.
    if (this.#options.conditions.isExit && this.#options.conditions.match === undefined && !isAlive(session.run.state))
      this.#finish("exit");
    return this.#met !== undefined;
  }

  #printed(data: Uint8Array, done: () => void): void {
    done();
    const { match } = this.#options.conditions;
    this.#restartIdle();
    if (match === undefined) return;
    // The unfinished line counts, too: prompts have no end.
    this.#text = (this.#text + this.#plain.write(data) + this.#plain.end()).slice(-MAX_TEXT_LENGTH);
    if (match.test(this.#text)) this.#finish("match");
    else this.#stopScreen ??= this.#options.clock.after(SCREEN_AFTER_MS, () => void this.#lookAtScreen());
  }

  /** Programs that draw print no lines: what they show is on the screen only. */
  async #lookAtScreen(): Promise<void> {
    this.#stopScreen?.();
    this.#stopScreen = undefined;
    const { match, isNewOnly } = this.#options.conditions;
    if (match === undefined || isNewOnly || this.#met !== undefined) return;
    const text = await this.#options.screen().catch(() => ""); // the server is away: the next output or its end looks again
    if (match.test(text) || match.test(withPromptsBlank(text))) this.#finish("match");
  }

  #restartIdle(): void {
    const { idleMs } = this.#options.conditions;
    if (idleMs === undefined || this.#met !== undefined) return;
    this.#stopIdle?.();
    this.#stopIdle = this.#options.clock.after(idleMs, () => this.#finish("idle"));
  }

  #finish(met: Waited["met"]): void {
    this.#met ??= met;
    this.#enough.abort(new Error("enough"));
  }
}

/** Prompts end with a blank, and the text of a screen has none at the ends of its rows: its last row counts with one, too. */
function withPromptsBlank(screen: string): string {
  return `${screen.trimEnd()} `;
}
