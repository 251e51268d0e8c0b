/**
 * A session's history as a stream of bytes, read from the log piece by piece: raw, as plain text, or as an asciicast. What is
 * streamed ends at the tail of the moment it began.
 */
import { formatCursor, PerdureError } from "@perdure/protocol";
import type { Session } from "../sessions/session.ts";
import type { Store, StreamRecord } from "../store/store.ts";
import { PlainText } from "./plain-text.ts";

const READ_BYTES = 256 * 1024;

export type HistoryFormat = "raw" | "text" | "asciicast";

const TYPE: Readonly<Record<HistoryFormat, string>> = {
  raw: "application/octet-stream",
  text: "text/plain; charset=utf-8",
  asciicast: "application/x-asciicast",
};

/** An answer that streams the history from `from` on (else from the first kept byte). Throws `cursor-gone`. */
export function historyResponse(store: Store, session: Session, format: HistoryFormat, from: number | undefined): Response {
  const { tail, trimmed, incarnation } = session.stream;
  const start = from ?? trimmed;
  if (start < trimmed)
    throw new PerdureError("cursor-gone", "That part of the history is no longer kept; ask without a cursor for what is.");
  if (start > tail) throw new PerdureError("cursor-gone", "The cursor lies beyond the end of the history; ask without a cursor.");
  const records = readRecords(store, session, start, tail);
  const pieces = format === "raw" ? rawBytes(records) : format === "text" ? plainText(records) : asciicast(records, session);
  return new Response(ReadableStream.from(pieces), {
    headers: { "Content-Type": TYPE[format], "Perdure-Cursor": formatCursor({ incarnation, offset: tail }), "Cache-Control": "no-store" },
  });
}

async function* readRecords(store: Store, session: Session, from: number, to: number): AsyncGenerator<StreamRecord> {
  let at = from;
  while (at < to) {
    const result = await store.read(session.key, at, READ_BYTES);
    if (!result.ok) throw new Error(`the history could not be read: ${result.reason}`);
    if (result.records.length === 0) return;
    for (const record of result.records) {
      const data = record.data.subarray(0, Math.max(0, to - record.offset));
      at = record.offset + record.data.length;
      yield { ...record, data };
      if (at >= to) return;
    }
  }
}

async function* rawBytes(records: AsyncIterable<StreamRecord>): AsyncGenerator<Uint8Array> {
  for await (const record of records) if (record.data.length > 0) yield record.data;
}

async function* plainText(records: AsyncIterable<StreamRecord>): AsyncGenerator<Uint8Array> {
  const plain = new PlainText();
  const encoder = new TextEncoder();
  for await (const record of records) {
    const text = plain.write(record.data);
    if (text) yield encoder.encode(text);
  }
  const rest = plain.end();
  if (rest) yield encoder.encode(rest);
}

/** asciicast version 2: a header, then one event a line with seconds since the first. */
async function* asciicast(records: AsyncIterable<StreamRecord>, session: Session): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  let startedAt: number | undefined;
  for await (const record of records) {
    if (startedAt === undefined) {
      startedAt = record.time;
      const { cols, rows } = record.size ?? session.details;
      const header = { version: 2, width: cols, height: rows, timestamp: Math.floor(startedAt / 1000), title: session.name };
      yield encoder.encode(`${JSON.stringify(header)}\n`);
    }
    const seconds = Math.max(0, record.time - startedAt) / 1000;
    if (record.size) yield encoder.encode(`${JSON.stringify([seconds, "r", `${record.size.cols}x${record.size.rows}`])}\n`);
    const text = decoder.decode(record.data, { stream: true });
    if (text) yield encoder.encode(`${JSON.stringify([seconds, "o", text])}\n`);
  }
}
