/**
 * Terminal output as plain text: escape sequences removed, line ends made plain, what a carriage return overwrote left out.
 * A stream: sequences and characters may be cut anywhere.
 */

const ESC = 0x1b;
const BEL = 0x07;
const MAX_LINE_LENGTH = 1024 * 1024;

type State = "text" | "escape" | "csi" | "string" | "string-escape" | "charset";

/** Removes what a terminal would interpret. Bounded: a line of more than 1 MiB is given out in parts. */
export class PlainText {
  readonly #decoder = new TextDecoder();
  #state: State = "text";
  #line = "";
  #hasReturned = false;

  /** Complete lines of what was written so far. */
  write(bytes: Uint8Array): string {
    let out = "";
    for (const char of this.#decoder.decode(bytes, { stream: true })) out += this.#take(char);
    if (this.#line.length > MAX_LINE_LENGTH) {
      out += this.#line;
      this.#line = "";
    }
    return out;
  }

  /** The last line, if it has no end. */
  end(): string {
    const rest = this.#line;
    this.#line = "";
    return rest;
  }

  #take(char: string): string {
    const code = char.codePointAt(0) ?? 0;
    if (this.#state !== "text") {
      this.#state = this.#inSequence(code);
      return "";
    }
    if (code === ESC) this.#state = "escape";
    else if (char === "\n") return this.#endLine();
    else if (char === "\r") this.#hasReturned = true;
    else if (char === "\b") this.#line = this.#line.slice(0, -1);
    else if (code >= 0x20 || char === "\t") this.#append(char);
    return "";
  }

  #append(char: string): void {
    if (this.#hasReturned) this.#line = "";
    this.#hasReturned = false;
    this.#line += char;
  }

  #endLine(): string {
    const line = `${this.#line}\n`;
    this.#line = "";
    this.#hasReturned = false;
    return line;
  }

  #inSequence(code: number): State {
    switch (this.#state) {
      case "escape":
        if (code === 0x5b) return "csi";
        if (code === 0x5d || code === 0x50 || code === 0x58 || code === 0x5e || code === 0x5f) return "string";
        return code >= 0x20 && code <= 0x2f ? "charset" : "text";
      case "csi":
        return code >= 0x40 && code <= 0x7e ? "text" : "csi";
      case "charset":
        return code >= 0x30 ? "text" : "charset";
      case "string":
        return code === BEL ? "text" : code === ESC ? "string-escape" : "string";
      case "string-escape":
        return code === 0x5c ? "text" : code === ESC ? "string-escape" : "string";
      case "text":
        return "text";
    }
  }
}
