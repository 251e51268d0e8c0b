/**
 * The engine of one session, as it runs in the worker: output goes in, the screen and events come out. Unfinished sequences
 * never reach the emulator: they are held back, so that a snapshot at any cut is whole, and so that what a sequence causes
 * carries the offset of its last byte however the output was cut into chunks.
 */
import { FIRST_PLACE, LineNumbers, numberAt, type Piece, type ScreenColours, type SequenceKind, SequenceSplitter } from "@perdure/protocol";
import type { Clock } from "../platform/clock.ts";
import { answerCsi, answerOsc } from "./answers.ts";
import { ASKING_FINALS } from "./asking.ts";
import { colourOf, DARK_COLOURS } from "./colours.ts";
import { type EngineEvent, type EngineStart, SCROLLBACK_LINES, type EngineSnapshot, type Gathering } from "./engine.ts";
import { EventGate } from "./event-gate.ts";
import { gathererOf, type Gatherer } from "./gatherer.ts";
import { readNotification } from "./notification.ts";
import { type OscCommand, readOsc, tailLength } from "./osc-command.ts";
import { plainText } from "./plain-text.ts";
import { MarkedScreen } from "./marked-screen.ts";
import { writeSnapshot } from "./screen-snapshot.ts";
import { UnfinishedSequence } from "./unfinished-sequence.ts";
import { XtermScreen } from "./xterm-screen.ts";

/** Longer sequences have no effect on the screen: they are dropped, and a snapshot taken inside one drops the rest too. */
const MAX_SEQUENCE_BYTES = 64 * 1024;
const EVENTS_PER_SECOND = 10;
const ANSWERS_PER_SECOND = 1000;
const BEL = 0x07;
const ST_BYTES = new TextEncoder().encode("\x1b\\");

/** What brings a fresh terminal into a sequence of this kind, in such a way that its end has no effect. */
const INSIDE_OVERLONG: Readonly<Partial<Record<SequenceKind, string>>> = {
  escape: "\x1b    ",
  csi: "\x1b[<<",
  osc: "\x1b]x",
  dcs: "\x1bX",
  string: "\x1bX",
};

export class ScreenEngine {
  readonly #screen: XtermScreen;
  readonly #numbers: LineNumbers;
  readonly #gatherer: Gatherer | null;
  readonly #splitter = new SequenceSplitter(hasEffectBeyondScreen, MAX_SEQUENCE_BYTES);
  readonly #onEvent: (event: EngineEvent) => void;
  readonly #clock: Clock;
  readonly #gates: Readonly<Record<"bell" | "notification" | "title" | "answer", EventGate>>;
  /** End of what has reached the emulator. */
  #offset: number;
  /** What leads a fresh emulator into the sequence that this one was left in. */
  readonly #unfinished = new UnfinishedSequence();
  /** What viewers see where the program has set no colours. */
  #colours: ScreenColours = DARK_COLOURS;
  readonly #marked: MarkedScreen;
  #title = "";
  #toldTitle = "";
  #cancelTitle: (() => void) | null = null;

  constructor(start: EngineStart, onEvent: (event: EngineEvent) => void, clock: Clock, scrollback: number = SCROLLBACK_LINES) {
    this.#screen = new XtermScreen(start.cols, start.rows, scrollback);
    this.#onEvent = onEvent;
    this.#clock = clock;
    const gate = (perSecond: number) => new EventGate(clock, perSecond);
    this.#gates = {
      bell: gate(EVENTS_PER_SECOND),
      notification: gate(EVENTS_PER_SECOND),
      title: gate(EVENTS_PER_SECOND),
      answer: gate(ANSWERS_PER_SECOND),
    };
    if (start.snapshot) this.#restore(start.snapshot);
    this.#offset = start.offset;
    const { terminal } = this.#screen;
    const gatherer = start.wants ? gathererOf(start.wants, terminal) : null;
    this.#gatherer = gatherer;
    this.#numbers = gatherer ? new LineNumbers(terminal, (row) => gatherer.take(row)) : new LineNumbers(terminal);
    this.#numbers.begin(start.place ?? FIRST_PLACE);
    this.#marked = new MarkedScreen(terminal, this.#numbers, start.typedAt ?? null);
  }

  /** Takes output that follows what was fed before. */
  feed(data: Uint8Array, isLive: boolean): void {
    for (const piece of this.#splitter.split(data)) {
      this.#offset += piece.bytes.length;
      if (piece.kind === "overlong") continue;
      const replies = this.#write(piece.bytes);
      if (piece.kind !== "text") this.#onSequence(piece, replies, isLive);
    }
  }

  resize(cols: number, rows: number): void {
    this.#executeHeld();
    this.#numbers.resize(cols, rows);
  }

  recolour(colours: ScreenColours): void {
    this.#colours = colours;
  }

  snapshot(scrollback: number): EngineSnapshot {
    const { cols, rows } = this.#screen.terminal;
    const inside = this.#splitter.overlong;
    const text = writeSnapshot(this.#screen.state, scrollback) + (inside ? (INSIDE_OVERLONG[inside] ?? "") : "");
    const place = this.#numbers.at(Math.max(0, this.#screen.terminal.buffer.normal.baseY - scrollback));
    const data = Buffer.concat([new TextEncoder().encode(text), this.#unfinished.bytes]);
    return { offset: this.#offset, cols, rows, data: new Uint8Array(data), toFreeRow: this.#screen.rowsToFreeRow, place };
  }

  lines(scrollback: number): readonly string[] {
    return this.#screen.lines(scrollback);
  }

  /** What was wanted of the lines. `toEnd`: with those that are still here, and then nothing more is fed. */
  gathered(toEnd: boolean): Gathering {
    if (!this.#gatherer) throw new Error("the screen engine was not opened to read lines");
    const reached = this.#numbers.first;
    const isComplete = numberAt(reached) >= this.#gatherer.to;
    if (toEnd && !isComplete) for (const row of this.#numbers.rows()) this.#gatherer.take(row);
    return { gathered: toEnd || isComplete ? this.#gatherer.gathered : null, reached };
  }

  close(): void {
    this.#cancelTitle?.();
    this.#screen.close();
  }

  /** Controls inside a sequence are executed at once: before a resize, though the sequence goes on behind it. */
  #executeHeld(): void {
    if (!this.#splitter.holdsControl) return;
    const held = this.#splitter.release();
    this.#offset += held.length;
    this.#write(held);
  }

  #write(bytes: Uint8Array): string {
    const replies = this.#screen.write(bytes);
    this.#unfinished.follow(bytes, this.#screen.isInSequence);
    return replies;
  }

  /** Nothing in a snapshot is news. */
  #restore(snapshot: Uint8Array): void {
    for (const piece of this.#splitter.split(snapshot)) {
      if (piece.kind === "overlong") continue;
      this.#write(piece.bytes);
      const osc = piece.kind === "osc" ? readOsc(piece.bytes) : null;
      if (osc && setsTitle(osc)) this.#title = this.#toldTitle = plainText(osc.content);
    }
  }

  #onSequence(piece: Piece, replies: string, isLive: boolean): void {
    const isString = piece.kind === "osc" || piece.kind === "dcs";
    if (isString && tailLength(piece.bytes) === 0 && this.#splitter.isAbandoned) return;
    switch (piece.kind) {
      case "control":
        if (this.#gates.bell.pass()) this.#onEvent({ is: "bell", offset: this.#offset - 1 });
        return;
      case "csi":
        if (isLive) this.#answer(replies + answerCsi(piece.bytes));
        return;
      case "osc":
        this.#finish(piece.bytes);
        this.#onOsc(piece.bytes, isLive);
        return;
      case "dcs":
        if (isLive) this.#answer(replies + this.#finish(piece.bytes));
        return;
      default:
        return;
    }
  }

  /** A string that was cut off by another sequence takes effect now, not with that sequence. */
  #finish(string: Uint8Array): string {
    return tailLength(string) > 0 ? "" : this.#write(ST_BYTES);
  }

  #onOsc(sequence: Uint8Array, isLive: boolean): void {
    const osc = readOsc(sequence);
    if (!osc) return;
    if (setsTitle(osc)) this.#setTitle(plainText(osc.content));
    const marked = this.#marked.read(osc, this.#offset);
    if (marked) this.#onEvent({ is: "mark", offset: this.#offset - 1, ...marked });
    const text = readNotification(osc);
    if (text && this.#gates.notification.pass()) this.#onEvent({ is: "notification", offset: this.#offset - 1, text });
    if (isLive) this.#answer(answerOsc(osc, (index) => this.#screen.colours.get(index) ?? colourOf(this.#colours, index)));
  }

  #answer(text: string): void {
    if (text === "" || !this.#gates.answer.pass()) return;
    this.#onEvent({ is: "answer", offset: this.#offset - 1, data: new TextEncoder().encode(text) });
  }

  #setTitle(title: string): void {
    this.#title = title;
    if (this.#cancelTitle) return;
    if (this.#gates.title.pass()) this.#tellTitle();
    else this.#cancelTitle = this.#clock.after(this.#gates.title.waitMs, () => this.#tellTitle());
  }

  #tellTitle(): void {
    this.#cancelTitle = null;
    if (this.#title === this.#toldTitle) return;
    this.#toldTitle = this.#title;
    this.#onEvent({ is: "title", title: this.#title });
  }
}

function setsTitle(osc: OscCommand): boolean {
  return osc.code === 0 || osc.code === 2;
}

function hasEffectBeyondScreen(kind: SequenceKind, bytes: Uint8Array): boolean {
  switch (kind) {
    case "control":
      return bytes[0] === BEL;
    case "csi":
      return ASKING_FINALS.has(bytes.at(-1)!);
    case "osc":
    case "dcs":
      return true;
    default:
      return false;
  }
}
