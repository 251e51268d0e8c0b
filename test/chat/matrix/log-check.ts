// What the server's log says of a conversation: each turn ends once in it, as it ended, and nothing is an error.

import { STREAM_LOG_PREFIX, type Conversation, type StreamReason } from "@perdure/protocol";

/** pino's level of errors. */
const ERROR = 50;

const endOf: Readonly<Record<Conversation["turns"][string]["state"], readonly StreamReason[]>> = {
  running: [],
  completed: ["stream.completed"],
  interrupted: ["stream.abandoned", "stream.aborted.signal", "stream.reconciled.stale", "stream.finalized.error"],
  failed: ["stream.finalized.error"],
};
const ends: ReadonlySet<string> = new Set(Object.values(endOf).flat());

interface Line {
  readonly level?: number;
  readonly session?: string;
  readonly turn?: string;
  readonly code?: string;
  readonly msg?: string;
}

/** `wasKilled`: a server ended in between, which may have kept an end and not come to say it. */
export function wrongLog(lines: readonly string[], session: string, { turns }: Conversation, wasKilled: boolean): string[] {
  const own = lines.map(parse).filter((line) => line.session === session);
  const wrong = own.filter(({ level = 0 }) => level >= ERROR).map(({ msg }) => `the log has an error: ${msg ?? ""}`);
  const told = own.filter(({ msg = "", code = "" }) => msg.startsWith(STREAM_LOG_PREFIX) && ends.has(code));
  for (const { id, state } of Object.values(turns)) {
    const codes = told.filter(({ turn }) => turn === id).map(({ code }) => code ?? "");
    if (codes.length > 1) wrong.push(`the log tells ${codes.length} ends of turn ${id}: ${codes.join(", ")}`);
    if (codes.length === 0 && !wasKilled) wrong.push(`the log tells no end of turn ${id}`);
    const foreign = codes.filter((code) => !(endOf[state] as readonly string[]).includes(code));
    if (foreign.length > 0) wrong.push(`turn ${id} is ${state}, the log says ${foreign.join(", ")}`);
  }
  return wrong;
}

function parse(line: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return {};
  }
}
