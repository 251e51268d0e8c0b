/**
 * Divides a program's output into lines, by its place in the run's output. What is not a complete line yet stays outside of every
 * driver's state: a server that starts anew reads it again from the end of the last line.
 */
import { StringDecoder } from "node:string_decoder";
import { MAX_LINE_BYTES } from "./driver.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = "\r";

export type SplitLine =
  | { readonly is: "line"; readonly from: number; readonly to: number; readonly text: string }
  /** It was longer than {@link MAX_LINE_BYTES}; `to` is behind its line feed. */
  | { readonly is: "long-line"; readonly from: number; readonly to: number; readonly bytes: number };

export class LineSplitter {
  /** Where the line begins that is not complete. */
  #from: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** `from`: the place of the first byte that will be given. */
  constructor(from: number) {
    this.#from = from;
  }

  /** End of the last complete line: everything before it was handed out. */
  get consumed(): number {
    return this.#from;
  }

  /** Bytes of the line that is not complete. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  /** One that stands where this one does, and goes its own way. */
  copy(): LineSplitter {
    const copy = new LineSplitter(this.#from);
    copy.#parts = [...this.#parts];
    copy.#bytes = this.#bytes;
    return copy;
  }

  /** The lines that these bytes complete. Invalid UTF-8 becomes U+FFFD. */
  push(data: Uint8Array): SplitLine[] {
    const lines: SplitLine[] = [];
    let at = 0;
    for (let end = data.indexOf(LINE_FEED); end !== -1; end = data.indexOf(LINE_FEED, at)) {
      this.#keep(data.subarray(at, end));
      lines.push(this.#finish());
      at = end + 1;
    }
    this.#keep(data.subarray(at));
    return lines;
  }

  /** What is left at the end of the output, as a line; `null` if there is nothing. */
  end(): SplitLine | null {
    return this.#bytes === 0 ? null : this.#finish(0);
  }

  #keep(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#bytes += part.length;
    if (this.#bytes <= MAX_LINE_BYTES) this.#parts.push(Buffer.from(part));
    else this.#parts = [];
  }

  #finish(feedBytes = 1): SplitLine {
    const bytes = this.#bytes;
    const from = this.#from;
    const to = from + bytes + feedBytes;
    const text = bytes > MAX_LINE_BYTES ? null : decode(this.#parts);
    this.#from = to;
    this.#parts = [];
    this.#bytes = 0;
    return text === null ? { is: "long-line", from, to, bytes } : { is: "line", from, to, text };
  }
}

function decode(parts: readonly Buffer[]): string {
  const decoder = new StringDecoder("utf8");
  const text = parts.map((part) => decoder.write(part)).join("") + decoder.end();
  return text.endsWith(CARRIAGE_RETURN) ? text.slice(0, -1) : text;
}
