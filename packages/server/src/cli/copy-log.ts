/**
 * Copies a session's output to a stream. A terminal gets it without the queries, which it would answer into the shell, and is put
 * back to how it was; everything else gets every byte.
 */
import { QueryFilter } from "@perdure/client";
import type { SessionInfo } from "@perdure/protocol";
import { TerminalState } from "./attach/terminal-state.ts";
import { followLog, type FollowOptions } from "./follow-log.ts";

/** What is written for a piece of output, and at the end. */
export interface Rendering {
  piece(data: Uint8Array): Uint8Array | string;
  end(): string;
}

/** For a terminal, safe; for anything else as it is. */
export function rawRendering(output: { readonly isTTY?: boolean; readonly columns?: number }): Rendering {
  if (output.isTTY !== true) return { piece: (data) => data, end: () => "" };
  const filter = new QueryFilter();
  const state = new TerminalState();
  return {
    piece: (data) => {
      const shown = filter.filter(data);
      state.feed(shown);
      return shown;
    },
    end: () => state.restore(output.columns || 80),
  };
}

export interface CopyOptions extends Pick<FollowOptions, "client" | "session" | "from" | "signal" | "isUntilEnd"> {
  readonly output: NodeJS.WriteStream;
  /** Default: {@link rawRendering}. */
  readonly rendering?: Rendering;
}

/** Copies until the program has ended, or the signal. The stream's pace is the reader's pace. */
export async function copyLog(options: CopyOptions): Promise<SessionInfo> {
  const { output } = options;
  const rendering = options.rendering ?? rawRendering(output);
  try {
    return await followLog({ ...options, onData: (data, done) => void output.write(rendering.piece(data), () => done()) });
  } finally {
    output.write(rendering.end());
  }
}
