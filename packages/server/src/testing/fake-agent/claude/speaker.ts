/** One answer of the model as Claude Code streams it: its events, and one `assistant` line per block behind the block's last delta. */
import { randomUUID } from "node:crypto";
import type { ToolCall } from "../answers/directives.ts";
import { printLine } from "../output.ts";
import type { Voice } from "../telling.ts";
import { messageOf, said, streamEvent, type LineNames } from "./lines.ts";
import type { Transcript } from "./transcript.ts";

interface OpenBlock {
  readonly kind: "text" | "thinking";
  text: string;
}

export interface SpeakerWay {
  readonly names: LineNames;
  readonly model: string;
  readonly withDeltas: boolean;
  readonly transcript: Transcript;
  /** Printed before the first event. */
  readonly before: () => void;
}

export class Speaker implements Voice {
  readonly #way: SpeakerWay;
  readonly #id = `msg_${randomUUID().replaceAll("-", "")}`;
  #block = -1;
  #open: OpenBlock | null = null;

  constructor(way: SpeakerWay) {
    this.#way = way;
  }

  begin(): void {
    this.#way.before();
    this.#event({ type: "message_start", message: messageOf(this.#id, this.#way.model, []) });
  }

  think(text: string): void {
    this.#append("thinking", { type: "thinking", thinking: "", signature: "" }, text);
    this.#event({ type: "content_block_delta", index: this.#block, delta: { type: "thinking_delta", thinking: text } });
  }

  say(text: string): void {
    this.#append("text", { type: "text", text: "" }, text);
    this.#event({ type: "content_block_delta", index: this.#block, delta: { type: "text_delta", text } });
  }

  /** Ends what is open and calls the tool; its id. */
  call({ name, input }: ToolCall): string {
    this.#close();
    this.#block++;
    const id = `toolu_${randomUUID().replaceAll("-", "")}`;
    this.#event({ type: "content_block_start", index: this.#block, content_block: { type: "tool_use", id, name, input: {} } });
    const delta = { type: "input_json_delta", partial_json: JSON.stringify(input) };
    this.#event({ type: "content_block_delta", index: this.#block, delta });
    this.#say({ type: "tool_use", id, name, input });
    this.#event({ type: "content_block_stop", index: this.#block });
    return id;
  }

  /** `beforeStop`: tools are asked about before the message's last event. */
  end(stopReason: "end_turn" | "tool_use", beforeStop: () => void = () => undefined): void {
    this.#close();
    const delta = { stop_reason: stopReason, stop_sequence: null };
    this.#event({ type: "message_delta", delta, usage: { output_tokens: 5 } });
    beforeStop();
    this.#event({ type: "message_stop" });
  }

  /** The model's stream broke: nothing of it is kept. */
  abandon(): void {
    if (this.#open !== null) this.#event({ type: "content_block_stop", index: this.#block });
    this.#event({ type: "message_stop" });
  }

  /** Somebody interrupted: what was said is kept, then `between` is printed, then the events end. */
  interrupt(between: () => void): void {
    const open = this.#open;
    if (open !== null) this.#say(blockOf(open), { aborted: true });
    between();
    if (open !== null) this.#event({ type: "content_block_stop", index: this.#block });
    this.#event({ type: "message_delta", delta: { stop_reason: null, stop_sequence: null }, usage: { output_tokens: 0 } });
    this.#event({ type: "message_stop" });
  }

  #append(kind: OpenBlock["kind"], block: object, text: string): void {
    if (this.#open?.kind !== kind) {
      this.#close();
      this.#block++;
      this.#open = { kind, text: "" };
      this.#event({ type: "content_block_start", index: this.#block, content_block: block });
    }
    this.#open.text += text;
  }

  #close(): void {
    if (this.#open === null) return;
    this.#say(blockOf(this.#open));
    this.#open = null;
    this.#event({ type: "content_block_stop", index: this.#block });
  }

  #say(block: object, more: object = {}): void {
    const uuid = randomUUID();
    const message = messageOf(this.#id, this.#way.model, [block]);
    this.#way.transcript.append("assistant", uuid, message);
    printLine(said(this.#way.names, "assistant", uuid, message, more));
  }

  #event(event: object): void {
    if (this.#way.withDeltas) printLine(streamEvent(this.#way.names, event));
  }
}

function blockOf({ kind, text }: OpenBlock): object {
  return kind === "text" ? { type: "text", text } : { type: "thinking", thinking: text, signature: "bWFkZS11cA==" };
}
