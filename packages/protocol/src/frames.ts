/**
 * The binary frames of a client connection (PROTOCOL §5): one byte of type, then a fixed header, big-endian, then data.
 * Terminal bytes travel as they are; everything else is a control frame of JSON.
 */
import { ClientMessage, ServerMessage } from "./messages.ts";
import { PerdureError } from "./errors.ts";
import { MAX_INPUT_BYTES } from "./version.ts";

const TYPE = { control: 1, output: 2, snapshot: 3, input: 4, ack: 5, inputAck: 6, snapshotPart: 7 } as const;
const MAX_WRITER_BYTES = 64;

/** Bytes of the session's output, from `offset` on. */
export interface OutputFrame {
  readonly is: "output";
  readonly channel: number;
  readonly offset: number;
  readonly data: Uint8Array;
}

/** Draw this instead of everything so far: VT bytes for an empty terminal of this size. Output goes on from `offset`. */
export interface SnapshotFrame {
  readonly is: "snapshot";
  readonly channel: number;
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
  readonly data: Uint8Array;
}

/** A part of the snapshot whose last part is the snapshot frame that follows on the channel (feature `snapshot-parts`). */
export interface SnapshotPartFrame {
  readonly is: "snapshot-part";
  readonly channel: number;
  readonly data: Uint8Array;
}

/** Numbered input for one run. `seq` counts from 1 for each writer and run, without gaps. */
export interface InputFrame {
  readonly is: "input";
  readonly channel: number;
  readonly run: number;
  readonly writer: string;
  readonly seq: number;
  readonly data: Uint8Array;
}

/** The client has parsed everything before `offset`. */
export interface AckFrame {
  readonly is: "ack";
  readonly channel: number;
  readonly offset: number;
}

/** All input of the writer up to and including `seq` is with the program's host. */
export interface InputAckFrame {
  readonly is: "input-ack";
  readonly channel: number;
  readonly run: number;
  readonly writer: string;
  readonly seq: number;
}

export type ClientFrame = { readonly is: "control"; readonly message: ClientMessage } | InputFrame | AckFrame;
export type ServerFrame =
  | { readonly is: "control"; readonly message: ServerMessage }
  /** A control message of a type this release does not know: ignore it. */
  | { readonly is: "unknown"; readonly type: string }
  | OutputFrame
  | SnapshotFrame
  | SnapshotPartFrame
  | InputAckFrame;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** A control message of either side as a frame. */
export function encodeControl(message: ClientMessage | ServerMessage): Uint8Array {
  const json = encoder.encode(JSON.stringify(message));
  const frame = new Uint8Array(1 + json.length);
  frame[0] = TYPE.control;
  frame.set(json, 1);
  return frame;
}

/** Bytes of the header of an output frame; the data follows it. */
export const OUTPUT_HEADER_BYTES = 13;

/** An output frame; several parts are joined without a copy in between. */
export function encodeOutput(channel: number, offset: number, parts: readonly Uint8Array[]): Uint8Array {
  let length = OUTPUT_HEADER_BYTES;
  for (const part of parts) length += part.length;
  const { frame, view } = start(TYPE.output, length, channel);
  setOffset(view, 5, offset);
  let at = OUTPUT_HEADER_BYTES;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}

/** A snapshot frame. */
export function encodeSnapshot(snapshot: Omit<SnapshotFrame, "is">): Uint8Array {
  const { frame, view } = start(TYPE.snapshot, 17 + snapshot.data.length, snapshot.channel);
  setOffset(view, 5, snapshot.offset);
  view.setUint16(13, snapshot.cols);
  view.setUint16(15, snapshot.rows);
  frame.set(snapshot.data, 17);
  return frame;
}

/** A part of a snapshot. */
export function encodeSnapshotPart(channel: number, data: Uint8Array): Uint8Array {
  const { frame } = start(TYPE.snapshotPart, 5 + data.length, channel);
  frame.set(data, 5);
  return frame;
}

/** An input frame. Throws if the writer's name is longer than 64 bytes. */
export function encodeInput(input: Omit<InputFrame, "is">): Uint8Array {
  const writer = writerBytes(input.writer);
  const { frame, view } = start(TYPE.input, 18 + writer.length + input.data.length, input.channel);
  setNumbered(frame, view, input.run, input.seq, writer);
  frame.set(input.data, 18 + writer.length);
  return frame;
}

/** An acknowledgement of parsed output. */
export function encodeAck(channel: number, offset: number): Uint8Array {
  const { frame, view } = start(TYPE.ack, 13, channel);
  setOffset(view, 5, offset);
  return frame;
}

/** An acknowledgement of input. */
export function encodeInputAck(ack: Omit<InputAckFrame, "is">): Uint8Array {
  const writer = writerBytes(ack.writer);
  const { frame, view } = start(TYPE.inputAck, 18 + writer.length, ack.channel);
  setNumbered(frame, view, ack.run, ack.seq, writer);
  return frame;
}

/** Reads a frame of a client. Throws {@link PerdureError} `bad-message`, saying what was expected. */
export function decodeClientFrame(bytes: Uint8Array): ClientFrame {
  const reader = read(bytes);
  switch (reader.type) {
    case TYPE.control:
      return { is: "control", message: parseClientMessage(reader.json()) };
    case TYPE.input: {
      const { channel, run, seq, writer, end } = reader.numbered();
      if (bytes.length - end > MAX_INPUT_BYTES)
        throw new PerdureError("bad-message", `An input frame carries at most ${MAX_INPUT_BYTES} bytes.`);
      return { is: "input", channel, run, writer, seq, data: bytes.subarray(end) };
    }
    case TYPE.ack:
      return { is: "ack", channel: reader.channel(), offset: reader.offset(5) };
    default:
      throw new PerdureError("bad-message", `Unknown frame type ${reader.type}; a client sends control (1), input (4) or ack (5).`);
  }
}

/** Reads a frame of a server. Throws {@link PerdureError} `bad-message`. */
export function decodeServerFrame(bytes: Uint8Array): ServerFrame {
  const reader = read(bytes);
  switch (reader.type) {
    case TYPE.control:
      return parseServerMessage(reader.json());
    case TYPE.output:
      return { is: "output", channel: reader.channel(), offset: reader.offset(5), data: bytes.subarray(OUTPUT_HEADER_BYTES) };
    case TYPE.snapshot: {
      const [cols, rows] = [reader.uint16(13), reader.uint16(15)];
      return { is: "snapshot", channel: reader.channel(), offset: reader.offset(5), cols, rows, data: bytes.subarray(17) };
    }
    case TYPE.snapshotPart:
      return { is: "snapshot-part", channel: reader.channel(), data: bytes.subarray(5) };
    case TYPE.inputAck: {
      const { channel, run, seq, writer } = reader.numbered();
      return { is: "input-ack", channel, run, writer, seq };
    }
    default:
      return { is: "unknown", type: String(reader.type) };
  }
}

function parseClientMessage(json: unknown): ClientMessage {
  const parsed = ClientMessage.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new PerdureError(
    "bad-message",
    `Malformed control message at "${issue?.path.join(".") ?? ""}": ${issue?.message ?? "unreadable"}.`,
  );
}

function parseServerMessage(json: unknown): ServerFrame {
  const parsed = ServerMessage.safeParse(json);
  if (parsed.success) return { is: "control", message: parsed.data };
  const type = isRecord(json) && typeof json["type"] === "string" ? json["type"] : "";
  const isKnown = ServerMessage.def.options.some((option) => option.shape.type.def.values[0] === type);
  if (!isKnown && type !== "") return { is: "unknown", type };
  throw new PerdureError("bad-message", `The server sent a "${type}" message that this client cannot read.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function start(type: number, length: number, channel: number): { frame: Uint8Array; view: DataView } {
  const frame = new Uint8Array(length);
  const view = new DataView(frame.buffer);
  frame[0] = type;
  view.setUint32(1, channel);
  return { frame, view };
}

function setOffset(view: DataView, at: number, value: number): void {
  view.setBigUint64(at, BigInt(value));
}

function setNumbered(frame: Uint8Array, view: DataView, run: number, seq: number, writer: Uint8Array): void {
  view.setUint32(5, run);
  setOffset(view, 9, seq);
  frame[17] = writer.length;
  frame.set(writer, 18);
}

function writerBytes(writer: string): Uint8Array {
  const bytes = encoder.encode(writer);
  if (bytes.length === 0 || bytes.length > MAX_WRITER_BYTES) {
    throw new PerdureError("bad-message", `A writer's name has 1 to ${MAX_WRITER_BYTES} bytes, this one ${bytes.length}.`);
  }
  return bytes;
}

/** Bounds-checked access to a frame: a short frame is a `bad-message`, never a RangeError. */
function read(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const need = (length: number) => {
    if (bytes.length < length) throw new PerdureError("bad-message", `The frame has ${bytes.length} bytes, at least ${length} expected.`);
  };
  const offset = (at: number): number => {
    need(at + 8);
    const value = Number(view.getBigUint64(at));
    if (!Number.isSafeInteger(value)) throw new PerdureError("bad-message", "A number in the frame is larger than 2^53 - 1.");
    return value;
  };
  const channel = () => {
    need(5);
    return view.getUint32(1);
  };
  need(1);
  return {
    type: bytes[0],
    channel,
    offset,
    uint16: (at: number) => {
      need(at + 2);
      return view.getUint16(at);
    },
    json: (): unknown => {
      try {
        return JSON.parse(decoder.decode(bytes.subarray(1)));
      } catch (cause) {
        throw new PerdureError("bad-message", "A control frame must hold one JSON object in UTF-8.", { cause });
      }
    },
    numbered: () => {
      need(18);
      const end = 18 + (bytes[17] ?? 0);
      need(end);
      if (end === 18 || end > 18 + MAX_WRITER_BYTES) throw new PerdureError("bad-message", "A writer's name has 1 to 64 bytes.");
      return { channel: channel(), run: view.getUint32(5), seq: offset(9), writer: decodeText(bytes.subarray(18, end)), end };
    },
  };
}

function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new PerdureError("bad-message", "A name in the frame is not UTF-8.", { cause });
  }
}
