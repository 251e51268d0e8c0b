/**
 * What programs ask of the keyboard: flags of the kitty protocol, a stack of them for each screen, and xterm's modifyOtherKeys. The
 * emulator knows neither, but the user's own terminal may, so a snapshot has to carry them.
 */
import type { IParser } from "@xterm/headless";
import type { KeyboardStack } from "./screen-state.ts";

/** Deeper pushes drop the oldest, as terminals do. */
const MAX_DEPTH = 16;
const ALL_FLAGS = 31;
const MAX_OTHER_KEYS = 3;

interface Stack {
  flags: number;
  pushed: number[];
}

export class KeyboardProtocol {
  #normal = emptyStack();
  #alternate = emptyStack();
  #otherKeys: number | null = null;

  /** Listens to the parser; every other reader of the sequences still gets them. */
  constructor(parser: IParser, isAlternate: () => boolean) {
    const active = () => (isAlternate() ? this.#alternate : this.#normal);
    const on = (prefix: string, final: string, apply: (params: readonly number[]) => void) =>
      parser.registerCsiHandler({ prefix, final }, (params) => {
        apply(params.map((param) => (typeof param === "number" ? param : 0)));
        return false;
      });
    on(">", "u", ([flags = 0]) => push(active(), flags));
    on("<", "u", ([count = 1]) => pop(active(), Math.max(1, count)));
    on("=", "u", ([flags = 0, mode = 1]) => set(active(), flags, mode));
    on(">", "m", ([resource = 0, value]) => this.#setOtherKeys(resource, value));
    parser.registerEscHandler({ final: "c" }, () => {
      this.#reset();
      return false;
    });
  }

  get normal(): KeyboardStack {
    return this.#normal;
  }

  get alternate(): KeyboardStack {
    return this.#alternate;
  }

  get otherKeys(): number | null {
    return this.#otherKeys;
  }

  #setOtherKeys(resource: number, value: number | undefined): void {
    if (resource === 4) this.#otherKeys = value === undefined || value > MAX_OTHER_KEYS ? null : value;
  }

  #reset(): void {
    this.#normal = emptyStack();
    this.#alternate = emptyStack();
    this.#otherKeys = null;
  }
}

function emptyStack(): Stack {
  return { flags: 0, pushed: [] };
}

function push(stack: Stack, flags: number): void {
  stack.pushed = [...stack.pushed, stack.flags].slice(-MAX_DEPTH);
  stack.flags = flags & ALL_FLAGS;
}

function pop(stack: Stack, count: number): void {
  const left = Math.max(0, stack.pushed.length - count);
  stack.flags = count > stack.pushed.length ? 0 : (stack.pushed[left] ?? 0);
  stack.pushed = stack.pushed.slice(0, left);
}

/** Mode 1 sets all flags, 2 adds, 3 takes away. */
function set(stack: Stack, flags: number, mode: number): void {
  const given = flags & ALL_FLAGS;
  if (mode === 2) stack.flags |= given;
  else if (mode === 3) stack.flags &= ~given;
  else if (mode === 0 || mode === 1) stack.flags = given;
}
