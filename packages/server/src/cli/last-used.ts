/**
 * Remembers which session was last used in which directory and terminal, so that a bare `perdure attach` returns to it. A
 * convenience: when it cannot be read or written, the session with the latest activity is taken.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { isAlive, type SessionInfo } from "@perdure/protocol";
import * as z from "zod/mini";

const MAX_ENTRIES = 200;

const Entry = z.object({ session: z.string(), directory: z.string(), terminal: z.string(), at: z.number() });
const File = z.array(Entry);

/** A use of a session: where, and in which terminal (empty if it has no name). */
export type LastUse = z.infer<typeof Entry>;

export class LastUsed {
  readonly #file: string;

  constructor(homeDirectory: string) {
    this.#file = path.join(homeDirectory, "last-used.json");
  }

  /** All that is remembered, newest first. */
  read(): readonly LastUse[] {
    try {
      return File.parse(JSON.parse(fs.readFileSync(this.#file, "utf8")));
    } catch {
      return []; // absent or damaged: nothing depends on it
    }
  }

  /** Puts a use first. At {@link MAX_ENTRIES} the oldest is forgotten. */
  remember(use: LastUse): void {
    const others = this.read().filter(
      (each) => each.directory !== use.directory || each.terminal !== use.terminal || each.session !== use.session,
    );
    const temporary = `${this.#file}.${process.pid}`;
    try {
      fs.writeFileSync(temporary, JSON.stringify([use, ...others].slice(0, MAX_ENTRIES)), { mode: 0o600 });
      fs.renameSync(temporary, this.#file);
    } catch {
      fs.rmSync(temporary, { force: true }); // a full disk must not keep anybody from attaching
    }
  }
}

/**
 * The session to return to: last used in this directory, else in this terminal, else started in this directory, else the one with
 * the latest activity. A living one before one that has ended.
 */
export function sessionToReturnTo(
  sessions: readonly SessionInfo[],
  uses: readonly LastUse[],
  here: Pick<LastUse, "directory" | "terminal">,
): SessionInfo | undefined {
  const living = sessions.filter((session) => isAlive(session.run.state));
  const candidates = living.length > 0 ? living : sessions;
  const used = (isHere: (use: LastUse) => boolean) => {
    const order = uses.filter(isHere).map((use) => use.session);
    return candidates.filter(({ id }) => order.includes(id)).toSorted((a, b) => order.indexOf(a.id) - order.indexOf(b.id))[0];
  };
  return (
    used((use) => use.directory === here.directory) ??
    used((use) => use.terminal !== "" && use.terminal === here.terminal) ??
    latest(candidates.filter((session) => session.cwd === here.directory)) ??
    latest(candidates)
  );
}

function latest(from: readonly SessionInfo[]): SessionInfo | undefined {
  return from.toSorted((a, b) => b.lastActivityAt - a.lastActivityAt)[0];
}

/** A name for the terminal this process reads from; empty where it has none. */
export function terminalName(env: Readonly<Record<string, string | undefined>>): string {
  try {
    return fs.readlinkSync("/proc/self/fd/0");
  } catch {
    return env["TERM_SESSION_ID"] ?? ""; // macOS has no such link; its terminals set this
  }
}
