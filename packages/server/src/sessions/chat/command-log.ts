/**
 * What a run's driver was asked: how it began, and each command and timer with the place in the wire behind which it came. Together
 * with the wire it is all that a driver ever got, so that another release can fold it anew. Kept while the run lives.
 */
import type { Store, StreamKey, Write } from "../../store/store.ts";
import type { Asked } from "./driver-run.ts";

/** A command, and how much of the wire was folded before it. */
export interface AskedAt {
  readonly wire: number;
  readonly asked: Asked;
}

/** A run that was asked more is not folded anew. */
const MAX_BYTES = 8 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

export function commandsOf(session: string): StreamKey {
  return { session, stream: "commands" };
}

export function keepAsked(session: string, { wire, asked }: AskedAt): Write {
  const data = Buffer.from(`${JSON.stringify({ wire, asked })}\n`);
  return { op: "append", ...commandsOf(session), records: [{ kind: "event", time: asked.time, data }] };
}

/** All that the driver of this run was asked, from its beginning; `null` if that is not there whole, or is too much. */
export async function readAsked(store: Store, session: string, run: string): Promise<readonly AskedAt[] | null> {
  const key = commandsOf(session);
  const state = await store.streamState(key);
  if (!state || state.tail - state.trimmed > MAX_BYTES) return null;
  const all: AskedAt[] = [];
  let offset = state.trimmed;
  while (offset < state.tail) {
    const page = await store.read(key, offset, READ_BYTES);
    const last = page.ok ? page.records.at(-1) : undefined;
    if (!page.ok || !last) return null;
    for (const { kind, data } of page.records) {
      const one = kind === "event" ? parse(data) : null; // others stand for bytes that were lost with a damaged file
      if (!one) return null;
      all.push(one);
    }
    offset = last.offset + last.data.length;
  }
  const begin = all.findLastIndex(({ asked }) => asked.is === "begin");
  const first = all[begin]?.asked;
  return first?.is === "begin" && first.setup.run === run ? all.slice(begin) : null;
}

function parse(data: Uint8Array): AskedAt | null {
  try {
    return JSON.parse(Buffer.from(data).toString()) as AskedAt;
  } catch {
    return null;
  }
}
