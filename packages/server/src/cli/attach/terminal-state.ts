/**
 * What a program has changed in the user's own terminal, read from the output that is written to it, so that every way out of an
 * attachment puts the terminal back: modes, alternate screen, cursor, mouse, bracketed paste, keyboard protocol, colours. Only what
 * was changed is put back: leaving the alternate screen without having entered it would move the cursor.
 */
import { SequenceSplitter, type SequenceKind } from "@perdure/protocol";

/** Private modes that are on in a fresh terminal; the others listed are off. Modes not listed are left alone. */
const ON_BY_DEFAULT = new Set([7, 25]);
const OFF_BY_DEFAULT = new Set([
  1, 5, 6, 9, 12, 45, 66, 69, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 2026, 2027, 2031, 2048,
]);
const ALTERNATE_SCREENS = new Set([47, 1047, 1049]);
/** Colours a program may set (OSC n) and what resets them (OSC 100 + n). */
const PALETTES = new Set(["4", "5"]);
/** One command with several fields sets the next ones, too. */
const [FIRST_DYNAMIC, LAST_DYNAMIC] = [10, 19];
/** Not put back by a full reset everywhere. */
const MODES_OUTLASTING_RESET = new Set([12, 25]);
const OUTLASTS_RESET = /^(?:colour|mode20$|pointer$)/;
/** Also what leaving the alternate screen may have restored with a cursor: its pen and its character set. */
const PLAIN = "\x0f\x1b(B\x1b[m";
/** To the other screen and back; nothing else happens to either. */
const VISIT_ALTERNATE = "\x1b[?47h";
const END_VISIT = "\x1b[?47l";
const TAB_WIDTH = 8;
// oxlint-disable-next-line no-control-regex -- terminators are control characters
const TERMINATOR = /(?:\x07|\x1b\\|\xc2\x9c)$/;
// oxlint-disable-next-line no-control-regex -- as above
const BREAK = /[\x18\x1a]$/;
const MAX_KEYBOARD_DEPTH = 16;
/** A longer sequence sets nothing of this. */
const MAX_SEQUENCE_BYTES = 4096;

/** Levels pushed and whether flags were set outright, for one screen: each screen has its own stack. */
interface Keyboard {
  depth: number;
  isSet: boolean;
}

export class TerminalState {
  readonly #splitter = new SequenceSplitter(isControl, MAX_SEQUENCE_BYTES);
  #modes = new Set<number>();
  #alternate: number | undefined;
  #keyboards: { main: Keyboard; alternate: Keyboard } = freshKeyboards();
  /** Sequences that put back other things, by what they put back. */
  #resets = new Map<string, string>();
  /** Tab stops were set or cleared. */
  #hasTabs = false;

  /** What is written to the terminal, in order, in pieces of any size. */
  feed(data: Uint8Array): void {
    for (const { kind, bytes } of this.#splitter.split(data)) {
      if (kind === "escape") this.#applyEscape(latin1(bytes).slice(1));
      else if (kind === "csi") this.#applyCsi(latin1(bytes).slice(2));
      else if (kind === "osc") this.#applyOsc(latin1(bytes).slice(2));
    }
  }

  get isAlternate(): boolean {
    return this.#alternate !== undefined;
  }

  /** What ends an unfinished sequence, so that other text can be written; empty if there is none. */
  interrupt(): string {
    const isInside = this.#splitter.heldBytes > 0 || this.#splitter.overlong !== null;
    this.#splitter.reset();
    return isInside ? "\x18\x1b\\" : "";
  }

  /** Everything back to how it was, in a terminal so wide; afterwards nothing is changed any more. The main screen's text stays. */
  restore(cols: number): string {
    const parts = [this.interrupt(), this.#modes.has(2026) ? "\x1b[?2026l" : ""];
    const ofAlternate = keyboardReset(this.#keyboards.alternate);
    if (this.#alternate !== undefined) parts.push(ofAlternate, `\x1b[?${this.#alternate}l`);
    else if (ofAlternate !== "") parts.push(VISIT_ALTERNATE, ofAlternate, END_VISIT);
    parts.push(keyboardReset(this.#keyboards.main));
    for (const mode of this.#modes) if (mode !== 2026) parts.push(`\x1b[?${mode}${ON_BY_DEFAULT.has(mode) ? "h" : "l"}`);
    parts.push(...this.#resets.values(), this.#hasTabs ? usualTabs(cols) : "", PLAIN);
    this.#forget();
    return parts.join("");
  }

  #forget(): void {
    this.#modes.clear();
    this.#resets.clear();
    this.#hasTabs = false;
    this.#alternate = undefined;
    this.#keyboards = freshKeyboards();
  }

  #applyEscape(text: string): void {
    if (text === "c") this.#reset();
    else if (text === "H") this.#hasTabs = true;
    else if (text === "=" || text === ">") this.#note("keypad", "\x1b>", text === "=");
    else if (text === " F" || text === " G") this.#note("controls", "\x1b F", text === " G");
    else if (text === "%@" || text === "%G") this.#note("encoding", "\x1b%G", text === "%@");
    else this.#designate(text);
  }

  /** A set of 96 characters takes the place of one of 94 in the same slot. */
  #designate(text: string): void {
    const [, slot = "", set = ""] = /^([()*+\-./])([ -/]?[0-~])$/.exec(text) ?? [];
    const of94 = { "-": ")", ".": "*", "/": "+" }[slot] ?? slot;
    if (slot !== "") this.#note(`charset${of94}`, `\x1b${of94}B`, slot !== of94 || set !== "B");
  }

  #reset(): void {
    const lasting = [...this.#resets].filter(([name]) => OUTLASTS_RESET.test(name));
    const lastingModes = [...this.#modes].filter((mode) => MODES_OUTLASTING_RESET.has(mode));
    this.#forget();
    this.#resets = new Map(lasting);
    this.#modes = new Set(lastingModes);
  }

  #applyCsi(text: string): void {
    const match = /^([<-?]?)([0-9:;]*)([ -/]*)([@-~])$/.exec(text);
    if (match === null) return;
    const [, prefix = "", params = "", intermediates = "", final = ""] = match;
    const form = `${prefix}${intermediates}${final}`;
    if (form === "?h" || form === "?l") params.split(";").forEach((mode) => this.#setMode(Number(mode), final === "h"));
    else if (form === "h" || form === "l") params.split(";").forEach((mode) => this.#setAnsiMode(mode, final === "h"));
    else if (/^[<=>]u$/.test(form)) this.#applyKeyboard(prefix, params);
    // The region's reset moves the cursor home, so the cursor is kept around it.
    else if (form === "r") this.#note("margins", "\x1b7\x1b[r\x1b8", params !== "");
    else if (form === " q") this.#note("cursor", "\x1b[0 q", params !== "" && params !== "0");
    else if (form === ">m" && params.startsWith("4")) this.#note("other-keys", "\x1b[>4m", !/^4(;0?)?$/.test(params));
    else if (form === '"q') this.#note("protection", '\x1b[0"q', params === "1");
    else if (form === "g" || form === "?W") this.#hasTabs = true;
    else if (form === "!p") this.#softReset();
  }

  #setMode(mode: number, isOn: boolean): void {
    if (ALTERNATE_SCREENS.has(mode)) {
      this.#alternate = isOn ? mode : undefined;
    } else if (ON_BY_DEFAULT.has(mode) || OFF_BY_DEFAULT.has(mode)) {
      if (isOn === ON_BY_DEFAULT.has(mode)) this.#modes.delete(mode);
      else this.#modes.add(mode);
    }
  }

  #setAnsiMode(mode: string, isOn: boolean): void {
    if (mode === "2" || mode === "4" || mode === "20") this.#note(`mode${mode}`, `\x1b[${mode}l`, isOn);
  }

  #applyKeyboard(prefix: string, params: string): void {
    const keyboard = this.isAlternate ? this.#keyboards.alternate : this.#keyboards.main;
    if (prefix === ">") keyboard.depth = Math.min(MAX_KEYBOARD_DEPTH, keyboard.depth + 1);
    else if (prefix === "<") keyboard.depth = Math.max(0, keyboard.depth - Math.max(1, Number(params) || 1));
    else keyboard.isSet = true;
  }

  /** One that is broken off may have had an effect or not: what it would put back is put back again. */
  #applyOsc(sequence: string): void {
    const text = sequence.replace(TERMINATOR, "");
    const isWhole = text !== sequence;
    const [number = "", ...rest] = text.replace(BREAK, "").split(";");
    const value = rest.join(";");
    if (PALETTES.has(number)) this.#noteColour(Number(number));
    else if (isDynamic(Number(number))) rest.forEach((field, index) => field !== "" && this.#noteColour(Number(number) + index));
    else if (/^1[01]\d$/.test(number) && value === "" && isWhole) this.#resets.delete(`colour${Number(number) - 100}`);
    else if (number === "8") this.#note("link", "\x1b]8;;\x1b\\", rest.slice(1).join(";") !== "" || !isWhole);
    else if (number === "22") this.#note("pointer", "\x1b]22;\x1b\\", value !== "");
    else if (number === "9" && value.startsWith("4;")) this.#note("progress", "\x1b]9;4;0\x1b\\", !value.startsWith("4;0"));
  }

  #noteColour(number: number): void {
    if (number < FIRST_DYNAMIC || isDynamic(number)) this.#note(`colour${number}`, `\x1b]${100 + number}\x1b\\`, true);
  }

  /** DECSTR: the cursor, its keys and margins; not the screen, the mouse or the keyboard protocol. */
  #softReset(): void {
    for (const mode of [1, 6, 7, 25, 66]) this.#modes.delete(mode);
    for (const name of ["margins", "keypad", "mode2", "mode4", "charset(", "charset)", "protection"]) this.#resets.delete(name);
  }

  #note(name: string, reset: string, isChanged: boolean): void {
    if (isChanged) this.#resets.set(name, reset);
    else this.#resets.delete(name);
  }
}

function isDynamic(number: number): boolean {
  return number >= FIRST_DYNAMIC && number <= LAST_DYNAMIC;
}

/** Every eight columns, as after a reset. */
function usualTabs(cols: number): string {
  const stops = Array.from({ length: Math.ceil(cols / TAB_WIDTH) }, (_, index) => `\x1b[${index * TAB_WIDTH + 1}G\x1bH`);
  return `\x1b7\x1b[3g${stops.join("")}\x1b8`;
}

function isControl(kind: SequenceKind): boolean {
  return kind === "escape" || kind === "csi" || kind === "osc";
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function freshKeyboards(): { main: Keyboard; alternate: Keyboard } {
  return { main: { depth: 0, isSet: false }, alternate: { depth: 0, isSet: false } };
}

function keyboardReset(keyboard: Keyboard): string {
  const pop = keyboard.depth > 0 ? `\x1b[<${keyboard.depth}u` : "";
  return pop + (keyboard.isSet ? "\x1b[=0u" : "");
}
