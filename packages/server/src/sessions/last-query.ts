/**
 * What a program asked its terminal just before a server died is still waited for: the next server's screen reads the last output and
 * answers, if it is as young as an answer may be. Whatever was answered already the host does not take again.
 */
import type { Session } from "./session.ts";
import { LIVE_MS } from "./screen.ts";
import type { Services } from "./services.ts";
import { mayAsk } from "../terminal/asking.ts";

/** A row may tell of an activity this much before the last. */
const ROW_LAG_MS = 5_000;
/** A program that waits for an answer has not printed more behind its question. */
const LOOK_BACK_BYTES = 4 * 1024;

/** At the start of a server, of a run that lives. Sessions that have been quiet cost nothing, those that asked nothing a small read. */
export async function answerLastQuery(session: Session, { store, clock, log }: Pick<Services, "store" | "clock" | "log">): Promise<void> {
  const { stream } = session;
  const isQuiet = clock.now() - session.info.lastActivityAt > ROW_LAG_MS + LIVE_MS;
  if (isQuiet || stream.tail === stream.trimmed) return;
  try {
    const last = await store.read(stream, Math.max(stream.trimmed, stream.tail - LOOK_BACK_BYTES), LOOK_BACK_BYTES);
    const records = last.ok ? last.records.filter(({ time }) => clock.now() - time <= LIVE_MS) : [];
    if (mayAsk(Buffer.concat(records.map(({ data }) => data)))) await session.screen.marksRead(AbortSignal.timeout(LIVE_MS));
  } catch (error) {
    if (!session.isDeleted) log.warn({ session: session.id, err: error }, "what its program asked last may not have been answered");
  }
}
