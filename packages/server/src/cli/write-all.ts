/** Writes a body to a stream at the stream's pace, without ending the stream. */
import { once } from "node:events";
import type { Writable } from "node:stream";

/** Resolves when all is handed over. Rejects when the body breaks off or the signal is aborted. */
export async function writeAll(
  body: ReadableStream<Uint8Array>,
  output: Writable,
  transform: (data: Uint8Array) => Uint8Array | string,
  signal: AbortSignal,
): Promise<void> {
  const reader = body.getReader();
  const stop = () => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      signal.throwIfAborted();
      if (!output.write(transform(piece.value))) await once(output, "drain", { signal });
    }
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
