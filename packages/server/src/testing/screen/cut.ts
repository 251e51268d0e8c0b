/**
 * The property that snapshots are for: cut a program's output anywhere, go on from a snapshot in another terminal, and nothing tells
 * the two apart; neither at once nor at the end.
 */
import { LineNumbers, WholeCharacters } from "@perdure/protocol";
import type { Clock } from "../../platform/clock.ts";
import { SCROLLBACK_LINES } from "../../terminal/engine.ts";
import { ScreenEngine } from "../../terminal/screen-engine.ts";
import { XtermScreen } from "../../terminal/xterm-screen.ts";
import { difference, engineState } from "./engine-state.ts";

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** What happens to a terminal, in order. */
export type Step = Uint8Array | Size;

export interface Cut {
  /** In front of which step, and in front of which of its bytes. */
  readonly step: number;
  readonly byte: number;
}

export type Difference = ReturnType<typeof difference>;

/**
 * Why two terminals may differ: what the emulator itself cannot be brought to, or forgets by its own rules (docs/TERMINAL.md). `links`: they
 * differ in links alone; `misfit`: a mark joined what was before a wide character that did not fit; `waiting`: a wrap waits behind a blank on the
 * alternate screen.
 */
export type Excuse = "links" | "misfit" | "waiting";

export interface CutResult {
  readonly snapshot: Uint8Array;
  readonly atRestore: Difference;
  readonly atEnd: Difference;
  /** Excuses for what differs; empty, though something differs: there is none. */
  readonly excuses: readonly Excuse[];
}

const NO_CLOCK: Clock = { now: () => 0, after: () => () => {} };

/** `scrollback`: of the terminals, and of what the snapshot holds. */
export function cutAt(size: Size, steps: readonly Step[], cut: Cut, scrollback: number = SCROLLBACK_LINES): CutResult {
  const stayed = new PlayedScreen(size, scrollback);
  const engine = new ScreenEngine({ ...size, offset: 0, snapshot: null }, () => {}, NO_CLOCK, scrollback);
  const [before, after] = split(steps, cut);
  for (const step of before) {
    stayed.play(step);
    if (step instanceof Uint8Array) engine.feed(step, false);
    else engine.resize(step.cols, step.rows);
  }
  const snapshot = engine.snapshot(scrollback);
  engine.close();
  const moved = new PlayedScreen(snapshot, scrollback);
  moved.play(snapshot.data);
  moved.play(bytesOf(before).subarray(snapshot.offset));
  const atRestore = difference(stayed.state(), moved.state());
  const excuses = new Set(excusesFor(atRestore, stayed, moved));
  for (const step of after) {
    stayed.play(step);
    moved.play(step);
  }
  const atEnd = difference(stayed.state(), moved.state());
  if (isEmpty(atRestore)) for (const excuse of excusesFor(atEnd, stayed, moved)) excuses.add(excuse);
  stayed.close();
  moved.close();
  return { snapshot: snapshot.data, atRestore, atEnd, excuses: [...excuses] };
}

function excusesFor(found: Difference, stayed: PlayedScreen, moved: PlayedScreen): Excuse[] {
  if (isEmpty(found)) return [];
  if (isEmpty(difference(stayed.state(false), moved.state(false)))) return ["links"];
  if (stayed.hasMisfit) return ["misfit"];
  return stayed.isWaitingBehindBlank ? ["waiting"] : [];
}

function isEmpty(found: Difference): boolean {
  return Object.keys(found).length === 0;
}

/** A terminal as the product has it: guarded, and resized with its history kept in order. */
export class PlayedScreen {
  readonly screen: XtermScreen;
  readonly #numbers: LineNumbers;
  readonly #characters = new WholeCharacters();

  constructor({ cols, rows }: Size, scrollback: number) {
    this.screen = new XtermScreen(cols, rows, scrollback);
    this.#numbers = new LineNumbers(this.screen.terminal);
  }

  play(step: Step): void {
    if (step instanceof Uint8Array) this.screen.write(this.#characters.take(step));
    else this.#numbers.resize(step.cols, step.rows);
  }

  /** The emulator's state, and what is kept beside it. */
  state(hasLinks = true): Record<string, string> {
    const { state, terminal } = this.screen;
    return {
      ...engineState((terminal as unknown as { readonly _core: unknown })._core, { hasLinks }),
      colours: JSON.stringify([...state.colours].toSorted(([a], [b]) => a - b)),
      keyboard: JSON.stringify([state.normal.keyboard, state.alternate.keyboard, state.modes.otherKeys]),
    };
  }

  get isWaitingBehindBlank(): boolean {
    const { isAlternate, alternate, cols } = this.screen.state;
    const last = alternate.read(alternate.base + alternate.row)?.at(-1);
    return isAlternate && alternate.column >= cols && last?.text === "" && last.width === 1;
  }

  /** Somewhere a mark made a cell wide that is none. */
  get hasMisfit(): boolean {
    const { state } = this.screen;
    if (state.hasJoined && state.printedWidth === 2 && !state.modes.isWrapping) return true;
    const isMisfit = (text: string, width: number) => width === 2 && state.widthOf(text.codePointAt(0) ?? 0) < 2;
    return [state.normal, state.alternate].some((buffer) => {
      for (let line = 0; line < buffer.base + state.rows; line++) {
        if (buffer.read(line)?.some(({ text, width }) => text !== "" && isMisfit(text, width))) return true;
      }
      return false;
    });
  }

  close(): void {
    this.screen.close();
  }
}

function split(steps: readonly Step[], { step, byte }: Cut): readonly [readonly Step[], readonly Step[]] {
  const cutStep = steps[step];
  if (!(cutStep instanceof Uint8Array)) return [steps.slice(0, step), steps.slice(step)];
  return [
    [...steps.slice(0, step), cutStep.subarray(0, byte)],
    [cutStep.subarray(byte), ...steps.slice(step + 1)],
  ];
}

function bytesOf(steps: readonly Step[]): Uint8Array {
  return Buffer.concat(steps.filter((step): step is Uint8Array => step instanceof Uint8Array));
}
