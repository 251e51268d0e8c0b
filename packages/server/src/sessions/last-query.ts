/**
 * What a program asked its terminal just before a server died is still waited for: the next server's screen reads the last output and
 * answers, if it is as young as an answer may be. Whatever was answered already the host does not take again.
 */
import type { Session } from "./session.ts";
import { LIVE_MS } from "./screen.ts";
import type { Services } from "./services.ts";

/** A row may tell of an activity this much before the last. */
const ROW_LAG_MS = 5_000;

/** At the start of a server, of a run that lives. Sessions that have been quiet cost nothing. */
export async function answerLastQuery(session: Session, { store, clock, log }: Pick<Services, "store" | "clock" | "log">): Promise<void> {
  const { stream } = session;
  const isQuiet = clock.now() - session.info.lastActivityAt > ROW_LAG_MS + LIVE_MS;
  if (isQuiet || stream.tail === stream.trimmed) return;
  try {
    const last = await store.read(stream, stream.tail - 1, 1);
    const time = last.ok ? last.records.at(-1)?.time : undefined;
    if (time !== undefined && clock.now() - time <= LIVE_MS) await session.screen.marksRead(AbortSignal.timeout(LIVE_MS));
  } catch (error) {
    if (!session.isDeleted) log.warn({ session: session.id, err: error }, "what its program asked last may not have been answered");
  }
}
