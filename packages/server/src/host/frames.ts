/**
 * Frames on the host's socket, read and written by both ends: `u32 length | u8 type | body`, where length counts type and
 * body (PROTOCOL §11.2). The reader takes any slicing of the stream, and copies only frames that arrive in pieces.
 */
import { HOST_FRAME, type HostAnswer, type HostInput, type HostRequest, MAX_HOST_FRAME_BYTES } from "./wire.ts";

/** Bytes before the records in a `records` frame: length, type, handle. */
export const RECORDS_ROOM = 9;
const INPUT_HEAD_BYTES = 12;
const MAX_WRITER_BYTES = 255;

/** Cuts a byte stream into frames. What was read before a fault stays valid; after a fault the connection has to be closed. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** Calls `frame` for each whole frame. False: the peer does not speak this framing, or a frame is too large. */
  push(chunk: Buffer, frame: (type: number, body: Buffer) => void): boolean {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= 5) {
      const length = this.#peekLength();
      if (length < 1 || length > MAX_HOST_FRAME_BYTES) return false;
      if (this.#bytes < 4 + length) return true;
      const whole = this.#take(4 + length);
      frame(whole.readUInt8(4), whole.subarray(5));
    }
    return true;
  }

  #peekLength(): number {
    if ((this.#chunks[0]?.length ?? 0) < 4) this.#chunks = [Buffer.concat(this.#chunks, this.#bytes)];
    return this.#chunks[0]?.readUInt32BE(0) ?? 0;
  }

  #take(bytes: number): Buffer {
    const first = this.#chunks[0];
    const all = first && first.length >= bytes ? first : Buffer.concat(this.#chunks, this.#bytes);
    const rest = all.subarray(bytes);
    if (all === first && rest.length > 0) this.#chunks[0] = rest;
    else if (all === first) this.#chunks.shift();
    else this.#chunks = rest.length > 0 ? [rest] : [];
    this.#bytes -= bytes;
    return all.subarray(0, bytes);
  }
}

/** A control message as a frame. */
export function encodeControl(message: HostRequest | HostAnswer): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const frame = Buffer.allocUnsafe(5 + body.length);
  writeHead(frame, HOST_FRAME.control, body.length);
  body.copy(frame, 5);
  return frame;
}

/** Fills the room before records, so that they are sent from the buffer they were spooled from. */
export function writeRecordsHead(frame: Buffer, handle: number): void {
  writeHead(frame, HOST_FRAME.records, frame.length - 5);
  frame.writeUInt32BE(handle, 5);
}

/** Body: `u32 handle | u8 numbering | u48 seq | u8 writer length | writer | data`. */
export function encodeInput(input: HostInput): Buffer {
  const writer = Buffer.from(input.writer);
  if (writer.length > MAX_WRITER_BYTES) throw new RangeError("A writer's id has at most 255 bytes.");
  const frame = Buffer.allocUnsafe(5 + INPUT_HEAD_BYTES + writer.length + input.data.length);
  writeHead(frame, HOST_FRAME.input, frame.length - 5);
  frame.writeUInt32BE(input.handle, 5);
  frame.writeUInt8(input.numbering === "contiguous" ? 0 : 1, 9);
  frame.writeUIntBE(input.seq, 10, 6);
  frame.writeUInt8(writer.length, 16);
  writer.copy(frame, 17);
  frame.set(input.data, 17 + writer.length);
  return frame;
}

/** Undefined: not an input frame. */
export function decodeInput(body: Buffer): HostInput | undefined {
  if (body.length < INPUT_HEAD_BYTES) return undefined;
  const numbering = body.readUInt8(4);
  const dataAt = INPUT_HEAD_BYTES + body.readUInt8(11);
  if (numbering > 1 || body.length < dataAt) return undefined;
  return {
    handle: body.readUInt32BE(0),
    numbering: numbering === 0 ? "contiguous" : "increasing",
    writer: body.toString("utf8", INPUT_HEAD_BYTES, dataAt),
    seq: body.readUIntBE(5, 6),
    data: body.subarray(dataAt),
  };
}

function writeHead(frame: Buffer, type: number, bodyBytes: number): void {
  frame.writeUInt32BE(1 + bodyBytes, 0);
  frame.writeUInt8(type, 4);
}
