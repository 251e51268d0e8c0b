/**
 * A living program seen from its run: bytes in, bytes out, exit. Both kinds (`pty.ts`, `pipe.ts`) keep these rules: all output
 * comes before `ended`, whatever was paused in between, and `ended` comes once.
 */
import * as fs from "node:fs";
import type { RunEnd } from "./wire.ts";

export interface ProgramEvents {
  /** Bytes read. The buffer is used again after the call. */
  output(channel: "output" | "error", bytes: Buffer): void;
  /** Exit *and* end of output were seen. */
  ended(end: RunEnd): void;
}

export interface Program {
  readonly pid: number;
  /** Bytes the program has not taken yet. */
  readonly waitingBytes: number;
  write(data: Uint8Array): void;
  resize(cols: number, rows: number): void;
  setReading(isReading: boolean): void;
  close(): void;
}

/** What reads share: bytes are copied out before the next read happens. */
export const READ_BUFFER: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

/** After the exit of the program, others that hold its output may write this much more; what it wrote itself is less. */
export const MAX_BYTES_AFTER_EXIT: number = 1024 * 1024;

export function exitOf(code: number | null, signal: string | null): RunEnd {
  return { is: "exited", code: signal ? null : code, signal };
}

/** Bytes read into {@link READ_BUFFER} from a descriptor that does not block: 0 if there are none now, or will be none any more. */
export function readNow(fd: number): number {
  try {
    return fs.readSync(fd, READ_BUFFER, 0, READ_BUFFER.length, null);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "EAGAIN" || error.code === "EIO")) return 0;
    throw error;
  }
}
