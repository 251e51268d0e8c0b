/**
 * The events in a stream of bytes: one JSON object a line. The server sends whole lines; a line or a character that is cut all the
 * same is put together again. What is no event is passed over.
 */
import { type ChatEvent, parseChatEvent } from "@perdure/protocol";

/** A line longer than this is passed over: no event is. */
export const MAX_LINE_CHARACTERS: number = 32 * 1024 * 1024;

export class EventLines {
  #decoder = new TextDecoder();
  /** The beginning of a line whose end has not come. */
  #pieces: string[] = [];
  #length = 0;
  #isTooLong = false;

  /** The events that these bytes complete. */
  push(data: Uint8Array): ChatEvent[] {
    const text = this.#decoder.decode(data, { stream: true });
    const end = text.lastIndexOf("\n");
    if (end === -1) {
      this.#keep(text);
      return [];
    }
    const lines = [...this.#pieces, text.slice(0, end)].join("").split("\n");
    if (this.#isTooLong) lines.shift();
    this.#forgetPieces();
    this.#keep(text.slice(end + 1));
    return lines.flatMap((line) => parseChatEvent(line) ?? []);
  }

  /** Another place in the stream: what was unfinished belongs to nothing. */
  restart(): void {
    this.#decoder = new TextDecoder();
    this.#forgetPieces();
  }

  #keep(text: string): void {
    this.#length += text.length;
    if (this.#length > MAX_LINE_CHARACTERS) {
      this.#pieces = [];
      this.#isTooLong = true;
    } else if (text !== "") this.#pieces.push(text);
  }

  #forgetPieces(): void {
    this.#pieces = [];
    this.#length = 0;
    this.#isTooLong = false;
  }
}
