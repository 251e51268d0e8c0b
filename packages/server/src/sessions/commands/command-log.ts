/**
 * The commands of a session's shell, folded from the marks in its output. A mark counts once, by its offset, however often the
 * output is read again. At most 500 commands and 128 Ki characters are kept, the newest; those whose output is no longer kept go
 * with it. The state is kept beside each kept screen, so a fresh server goes on from there with the log behind it.
 */
import { type CommandPage, type LinePlace, numberAt, ShellCommand } from "@perdure/protocol";
import * as z from "zod/mini";
import type { ShellMark } from "../../terminal/shell-marks.ts";

export const MAX_KEPT_COMMANDS = 500;
export const MAX_KEPT_CHARACTERS = 128 * 1024;

const Place = z.object({ line: z.number(), columns: z.number() });

/** The state as it is kept. */
const Kept = z.object({
  through: z.number(),
  directory: z.nullable(z.string()),
  prompt: z.nullable(Place),
  input: z.nullable(Place),
  text: z.nullable(z.string()),
  commands: z.array(ShellCommand),
});
type State = z.infer<typeof Kept>;

const EMPTY: State = { through: -1, directory: null, prompt: null, input: null, text: null, commands: [] };

/** A mark as it was read: `offset` is that of its last byte, `time` when it came. */
export interface ReadMark {
  readonly mark: ShellMark;
  readonly offset: number;
  readonly place: LinePlace;
  readonly time: number;
}

export class CommandLog {
  #state: State = EMPTY;

  /** Marks up to this offset were counted. */
  get through(): number {
    return this.#state.through;
  }

  get isEmpty(): boolean {
    return this.#state.through < 0;
  }

  /** Where the command that is typed now begins. */
  get typedAt(): LinePlace | null {
    return this.#state.input;
  }

  /** Goes on from what was kept; what cannot be read is as if nothing had been. */
  restore(data: Uint8Array): void {
    const state = parse(data);
    if (state && state.through > this.#state.through) this.#state = state;
  }

  /** As it is to be kept. */
  encode(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify(this.#state));
  }

  take(read: ReadMark): void {
    if (read.offset <= this.#state.through) return; // a replay
    this.#state = bounded({ ...this.#fold(read), through: read.offset });
  }

  /** What is older than the kept output goes; a command at work stays. */
  trim(offset: number): void {
    const { commands } = this.#state;
    const kept = commands.filter((command) => command.offset >= offset || command.endedAt === null);
    if (kept.length < commands.length) this.#state = { ...this.#state, commands: kept };
  }

  page(before: number, limit: number, incarnation: number): CommandPage {
    const { commands, directory } = this.#state;
    const older = commands.filter((command) => command.offset < before);
    const shown = older.slice(-limit).toReversed();
    const next = older.length > shown.length ? (shown.at(-1)?.offset ?? null) : null;
    return { commands: shown, next, directory, incarnation };
  }

  #fold({ mark, offset, place, time }: ReadMark): State {
    const state = this.#state;
    switch (mark.is) {
      case "prompt":
        return { ...ended(state, place, time, null), prompt: place, input: null, text: null };
      case "input":
        return { ...state, input: place };
      case "continuation":
        return state;
      case "text":
        return { ...state, text: mark.text };
      case "output":
        return begun(state, { mark, offset, place, time });
      case "end":
        return ended(state, place, time, mark.exitCode);
      case "directory":
        return { ...state, directory: mark.path };
    }
  }
}

function begun(state: State, { mark, offset, place, time }: ReadMark): State {
  const known = ended(state, place, time, null);
  const typedIn = state.input ?? state.prompt;
  const command: ShellCommand = {
    offset,
    text: state.text ?? (mark.is === "output" ? mark.text : null),
    directory: state.directory,
    exitCode: null,
    startedAt: time,
    endedAt: null,
    line: typedIn ? numberAt(typedIn) : null,
    outputLine: numberAt(place),
    endLine: null,
  };
  const before = known.commands.map((each) => drawnOver(each, command.line ?? numberAt(place)));
  return { ...known, prompt: null, input: null, text: null, commands: [...before, command] };
}

/** The command at work has ended. One that clears the screen is where it was no longer. */
function ended(state: State, place: LinePlace, time: number, exitCode: number | null): State {
  const last = state.commands.at(-1);
  if (!last || last.endedAt !== null) return state;
  const behind = numberAt(place) + (place.columns > 0 ? 1 : 0);
  const isWhole = last.outputLine !== null && behind >= last.outputLine;
  const lines = isWhole ? { endLine: behind } : { line: null, outputLine: null };
  return { ...state, commands: [...state.commands.slice(0, -1), { ...last, ...lines, exitCode, endedAt: time }] };
}

/** From this line on something else stands on the screen than before. */
function drawnOver(command: ShellCommand, line: number): ShellCommand {
  if (command.line !== null && command.line >= line) return { ...command, line: null, outputLine: null, endLine: null };
  return command.endLine !== null && command.endLine > line ? { ...command, endLine: line } : command;
}

/** The newest that there is room for. */
function bounded(state: State): State {
  let characters = 0;
  let from = state.commands.length;
  while (from > 0 && state.commands.length - from < MAX_KEPT_COMMANDS) {
    const { text, directory } = state.commands[from - 1]!;
    characters += (text?.length ?? 0) + (directory?.length ?? 0);
    if (characters > MAX_KEPT_CHARACTERS) break;
    from -= 1;
  }
  return from === 0 ? state : { ...state, commands: state.commands.slice(from) };
}

function parse(data: Uint8Array): State | null {
  try {
    const parsed = Kept.safeParse(JSON.parse(new TextDecoder().decode(data)));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
