/**
 * The state of a chat in a terminal between keys and news: what is typed, what is on its way, what a number key would answer, and
 * when the person leaves. Everything is drawn from the conversation as it is.
 */
import { randomUUID } from "node:crypto";
import { MAX_MESSAGE_CHARACTERS, type Conversation } from "@perdure/protocol";
import type { Style } from "../style.ts";
import { plainText } from "../table.ts";
import type { Chatting } from "./chatting.ts";
import { choicesIn, type Choice } from "./choices.ts";
import { deliverMessage } from "./deliver-message.ts";
import { LineEditor, type Key } from "./line-editor.ts";
import { LiveArea, type AreaSize, type LiveLine } from "./live-area.ts";
import { statusOf } from "./chat-status.ts";
import { passAlong } from "./pass-along.ts";
import { Transcript } from "./transcript.ts";

/** News within this time are drawn together. */
const DRAW_MS = 30;
/** Of an earlier conversation so many lines are shown at first. */
const TAIL_LINES = 60;
/** What is on its way when somebody leaves is waited for. */
const LEAVE_MS = 10_000;
/** A second Ctrl-C within this time leaves, unless another turn has begun meanwhile. */
const AGAIN_MS = 2000;

/** Where it is drawn. */
export interface Terminal extends AreaSize {
  write(text: string): void;
}

interface Outgoing {
  readonly id: string;
  readonly text: string;
}

export class ChatScreen {
  readonly #chatting: Chatting;
  readonly #terminal: Terminal;
  readonly #style: Style;
  readonly #editor = new LineEditor();
  readonly #area = new LiveArea();
  readonly #transcript: Transcript;
  readonly #stops: (() => void)[] = [];
  readonly #left = Promise.withResolvers<void>();
  readonly #stopSending = new AbortController();
  #lines: LiveLine[] = [];
  #outgoing: readonly Outgoing[] = [];
  #sending: Promise<void> = Promise.resolve();
  #cancelDraw: (() => void) | undefined;
  #hint = "";
  /** The last Ctrl-C, and which turn was the last one then. */
  #interrupted: { readonly at: number; readonly lastTurn: string | null } | undefined;
  #isShown = false;
  #isLeaving = false;
  #isOver = false;

  constructor(chatting: Chatting, terminal: Terminal, style: Style) {
    const { link, onConnection, signal } = chatting;
    this.#chatting = chatting;
    this.#terminal = terminal;
    this.#style = style;
    this.#transcript = new Transcript(style, terminal.cols);
    const onAbort = (): void => this.#left.reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#stops.push(
      link.subscribe(() => this.#changed()),
      link.onFailure((failure) => this.#left.reject(failure)),
      onConnection(() => this.#drawSoon()),
      () => signal.removeEventListener("abort", onAbort),
    );
    this.#changed();
    this.#drawSoon();
  }

  /** What was typed and is not known to be with the server. */
  get unsent(): readonly string[] {
    return this.#outgoing.map(({ text }) => text);
  }

  /** Resolves when the person leaves. Rejects when the session is gone, or by the signal. */
  untilLeft(): Promise<void> {
    return this.#left.promise;
  }

  press(key: Key): void {
    this.#hint = "";
    const choice = this.#editor.isEmpty ? this.#choiceOf(key) : undefined;
    if (key.ctrl === true && key.name === "c") this.#interrupt();
    else if (key.ctrl === true && key.name === "d" && this.#editor.isEmpty) this.#leave();
    else if (choice !== undefined) this.#choose(choice);
    else this.#typed(this.#editor.press(key));
    if (this.#editor.isPasting) this.#drawSoon();
    else this.#draw();
  }

  resized(): void {
    this.#draw();
  }

  /** What takes the area away; nothing is drawn any more. */
  clear(): string {
    this.#isOver = true;
    return this.#area.clear(this.#terminal.cols);
  }

  close(): void {
    this.#isOver = true;
    this.#cancelDraw?.();
    this.#stopSending.abort(new Error("The chat was left."));
    for (const stop of this.#stops) stop();
  }

  #changed(): void {
    const { conversation } = this.#chatting.link;
    if (conversation === undefined) return;
    this.#outgoing = this.#outgoing.filter(({ id }) => conversation.inputs[id] === undefined);
    if (this.#isShown) return this.#drawSoon();
    this.#isShown = true;
    this.#editor.remember(Object.values(conversation.inputs).map(({ text }) => text));
    this.#lines.push(...this.#tail(this.#transcript.next(conversation).settled));
    this.#draw();
  }

  #tail(lines: readonly LiveLine[]): readonly LiveLine[] {
    const { session } = this.#chatting;
    const title = { text: `${plainText(session.name)} · ${session.chat?.agent ?? ""} · ${session.cwd}`, paint: this.#style.dim };
    if (lines.length <= TAIL_LINES) return [title, ...lines];
    return [title, { text: `… ${lines.length - TAIL_LINES} lines before`, paint: this.#style.dim }, ...lines.slice(-TAIL_LINES)];
  }

  #typed(text: string | undefined): void {
    if (text !== undefined) this.#say(text);
  }

  /** Kept here until the server has it; one after the other, in the order in which they were said. */
  #say(text: string): void {
    if (text.length > MAX_MESSAGE_CHARACTERS) {
      this.#hint = `A message has at most ${MAX_MESSAGE_CHARACTERS} characters.`;
      return this.#editor.set(text);
    }
    const outgoing = { id: randomUUID(), text };
    this.#outgoing = [...this.#outgoing, outgoing];
    this.#sending = this.#deliver(this.#sending, outgoing);
  }

  async #deliver(before: Promise<void>, outgoing: Outgoing): Promise<void> {
    await before;
    const { session, rest, cli, signal: over } = this.#chatting;
    const signal = AbortSignal.any([over, this.#stopSending.signal]);
    const { id: message, text } = outgoing;
    try {
      await passAlong(this.#chatting);
      await deliverMessage({ session: session.id, message, text, rest, clock: cli.clock, signal, onWaiting: () => this.#drawSoon() });
    } catch (error) {
      this.#notSent(outgoing, error);
    }
  }

  /** The words come back to where they were typed. */
  #notSent(outgoing: Outgoing, error: unknown): void {
    if (this.#isOver) return;
    this.#outgoing = this.#outgoing.filter((one) => one !== outgoing);
    this.#failed("not sent", error);
    if (this.#editor.isEmpty) this.#editor.set(outgoing.text);
  }

  #choiceOf({ name, sequence, ctrl, meta }: Key): Choice | undefined {
    const { conversation } = this.#chatting.link;
    if (conversation === undefined || ctrl === true || meta === true || name === undefined || !/^[1-9]$/.test(sequence ?? ""))
      return undefined;
    return choicesIn(conversation).choices[Number(sequence) - 1];
  }

  #choose(choice: Choice): void {
    const { rest, session } = this.#chatting;
    switch (choice.is) {
      case "answer":
        return this.#call("not answered", rest().answerApproval(session.id, choice.approval, { option: choice.option }));
      case "recover":
        return this.#call("not done", rest().recover(session.id, { offer: choice.offer, input: choice.input }));
      case "say":
        return this.#say(choice.text);
    }
  }

  /** First what runs is stopped, or what is typed is dropped; the second time the person leaves. */
  #interrupt(): void {
    const { link, rest, session, cli } = this.#chatting;
    const { runningTurn: turn = null, lastTurn = null, turns = {} } = link.conversation ?? {};
    const before = this.#interrupted;
    const isAgain = before !== undefined && before.lastTurn === lastTurn && cli.clock.now() - before.at < AGAIN_MS;
    const isStopping = turn !== null && turns[turn]?.isStopping === true;
    this.#interrupted = { at: cli.clock.now(), lastTurn };
    if (isAgain || isStopping || this.#isLeaving) return this.#leave();
    if (turn !== null) return this.#call("not stopped", rest().stopTurn(session.id));
    this.#editor.set("");
    this.#hint = "Ctrl-C again leaves";
    this.#stops.push(cli.clock.after(AGAIN_MS, () => this.#forgetHint()));
  }

  #forgetHint(): void {
    if (!this.#isLeaving) this.#hint = "";
    this.#drawSoon();
  }

  /** Waits, bounded, for what is on its way; the second time it leaves at once. */
  #leave(): void {
    if (this.#outgoing.length === 0 || this.#isLeaving) return this.#left.resolve();
    this.#isLeaving = true;
    this.#hint = "sending what was typed; Ctrl-C leaves at once";
    this.#stops.push(this.#chatting.cli.clock.after(LEAVE_MS, () => this.#left.resolve()));
    void this.#whenSent();
  }

  async #whenSent(): Promise<void> {
    await this.#sending;
    this.#outgoing = [];
    this.#left.resolve();
  }

  #call(what: string, done: Promise<unknown>): void {
    done.catch((error: unknown) => this.#failed(what, error));
  }

  #failed(what: string, error: unknown): void {
    if (this.#isOver) return;
    const why = error instanceof Error ? error.message : String(error);
    this.#lines.push({ text: `[${what}: ${plainText(why)}]`, paint: this.#style.red });
    this.#drawSoon();
  }

  #drawSoon(): void {
    if (this.#isOver) return;
    this.#cancelDraw ??= this.#chatting.cli.clock.after(DRAW_MS, () => this.#draw());
  }

  #draw(): void {
    this.#cancelDraw?.();
    this.#cancelDraw = undefined;
    if (this.#isOver) return;
    const { conversation } = this.#chatting.link;
    const shown = conversation && this.#isShown ? this.#transcript.next(conversation) : { settled: [], live: [] };
    const settled = [...this.#lines, ...shown.settled];
    this.#lines = [];
    const live = [...shown.live, ...(conversation ? this.#waiting(conversation) : []), ...this.#status(conversation)];
    const before = this.#editor.beforeCursor;
    const typed = { before, after: this.#editor.text.slice(before.length) };
    this.#terminal.write(this.#area.draw(settled, live, typed, { cols: this.#terminal.cols, rows: this.#terminal.rows }));
  }

  /** What was said and waits, and what can be answered. */
  #waiting(conversation: Conversation): readonly LiveLine[] {
    const { dim, yellow } = this.#style;
    const queued = conversation.queue.flatMap((id) => conversation.inputs[id] ?? []);
    const { lines } = choicesIn(conversation);
    return [
      ...queued.map(({ text, state }) => ({
        text: `› ${plainText(text)} (${state === "held" ? "waits for a decision" : "queued"})`,
        paint: dim,
      })),
      ...this.#outgoing.map(({ text }) => ({ text: `› ${plainText(text)} (on its way)`, paint: dim })),
      ...lines.map((text, index) => ({ text, paint: index === 0 ? yellow : (row: string) => row })),
    ];
  }

  #status(conversation: Conversation | undefined): readonly LiveLine[] {
    const { isConnected, outage, link } = this.#chatting;
    const text = this.#hint || statusOf({ conversation, isConnected: isConnected(), outage: outage(), state: link.session?.chat?.state });
    return [{ text: "" }, { text, paint: this.#style.dim }];
  }
}
