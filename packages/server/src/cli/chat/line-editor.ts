/**
 * The line a person types in a chat: text, cursor and what was said before. Pure: keys in, state out. A pasted text is one message,
 * whatever ends of lines it has.
 */

/** A key as Node's `readline` names it. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
}

/** Most characters of one message are fewer; more are not taken. */
const MAX_CHARACTERS = 100_000;
const MAX_REMEMBERED = 200;
const SEGMENTER = new Intl.Segmenter(undefined, { granularity: "grapheme" });

export class LineEditor {
  #characters: string[] = [];
  #cursor = 0;
  #isPasting = false;
  readonly #said: string[] = [];
  /** Which of what was said is shown; at the end: the new line. */
  #place = 0;
  #draft = "";

  get text(): string {
    return this.#characters.join("");
  }

  get isEmpty(): boolean {
    return this.#characters.length === 0;
  }

  /** More keys of one paste are coming. */
  get isPasting(): boolean {
    return this.#isPasting;
  }

  /** The text before the cursor. */
  get beforeCursor(): string {
    return this.#characters.slice(0, this.#cursor).join("");
  }

  /** The message, if this key ends it. */
  press(key: Key): string | undefined {
    if (key.name === "paste-start" || key.name === "paste-end") this.#isPasting = key.name === "paste-start";
    else if (this.#isPasting) this.#insert(isEnter(key) ? "\n" : (key.sequence ?? ""));
    else if (isEnter(key) && key.meta !== true && key.name !== "enter") return this.#submit();
    else if (isEnter(key)) this.#insert("\n");
    else if (key.ctrl === true) this.#control(key.name ?? "");
    else if (!this.#move(key)) this.#insert(key.meta === true ? "" : (key.sequence ?? ""));
    return undefined;
  }

  /** What was said before this chat, oldest first. */
  remember(texts: readonly string[]): void {
    this.#said.push(...texts.filter((text) => text.trim() !== ""));
    this.#said.splice(0, this.#said.length - MAX_REMEMBERED);
    this.#place = this.#said.length;
  }

  set(text: string): void {
    this.#characters = graphemes(text).slice(0, MAX_CHARACTERS);
    this.#cursor = this.#characters.length;
  }

  #submit(): string | undefined {
    const { text } = this;
    if (text.trim() === "") return undefined;
    this.set("");
    this.remember([text]);
    return text;
  }

  #insert(text: string): void {
    // oxlint-disable-next-line no-control-regex -- keys without a character are no text
    const added = graphemes(text.replaceAll("\r", "\n").replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ""));
    if (this.#characters.length + added.length > MAX_CHARACTERS) return;
    this.#characters.splice(this.#cursor, 0, ...added);
    this.#cursor += added.length;
  }

  /** Keys that are no text. `false`: it is one. */
  #move({ name, meta }: Key): boolean {
    switch (name) {
      case "left":
      case "right":
        this.#cursor = Math.min(this.#characters.length, Math.max(0, this.#cursor + (name === "left" ? -1 : 1)));
        return true;
      case "home":
      case "end":
        this.#cursor = name === "home" ? 0 : this.#characters.length;
        return true;
      case "backspace":
        this.#remove(meta === true ? this.#wordStart() : this.#cursor - 1, this.#cursor);
        return true;
      case "delete":
        this.#remove(this.#cursor, this.#cursor + 1);
        return true;
      case "up":
      case "down":
        this.#recall(name === "up" ? -1 : 1);
        return true;
      case "escape":
      case "tab":
      case "insert":
      case "pageup":
      case "pagedown":
        return true;
      default:
        return /^f\d+$/.test(name ?? "");
    }
  }

  /** The keys of a shell's line. */
  #control(name: string): void {
    const end = this.#characters.length;
    if (name === "a") this.#cursor = 0;
    else if (name === "e") this.#cursor = end;
    else if (name === "b" || name === "f") this.#move({ name: name === "b" ? "left" : "right" });
    else if (name === "p" || name === "n") this.#recall(name === "p" ? -1 : 1);
    else if (name === "u") this.#remove(0, this.#cursor);
    else if (name === "k") this.#remove(this.#cursor, end);
    else if (name === "w") this.#remove(this.#wordStart(), this.#cursor);
    else if (name === "h") this.#remove(this.#cursor - 1, this.#cursor);
    else if (name === "d") this.#remove(this.#cursor, this.#cursor + 1);
  }

  #remove(from: number, to: number): void {
    const start = Math.max(0, from);
    this.#characters.splice(start, Math.max(0, to - start));
    this.#cursor = Math.min(start, this.#characters.length);
  }

  #wordStart(): number {
    const before = this.beforeCursor;
    return graphemes(before.replace(/\S+\s*$/, "")).length;
  }

  #recall(by: -1 | 1): void {
    if (this.#place === this.#said.length) this.#draft = this.text;
    const place = this.#place + by;
    if (place < 0 || place > this.#said.length) return;
    this.#place = place;
    this.set(this.#said[place] ?? this.#draft);
  }
}

/** Characters as a person counts them. */
function graphemes(text: string): string[] {
  return Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
}

function isEnter({ name }: Key): boolean {
  return name === "return" || name === "enter";
}
