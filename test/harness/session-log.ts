// The whole log of a session, read as a client reads it: every byte from a cursor on.

import { parseCursor } from "@perdure/protocol";
import { ByteRecord } from "./byte-record.ts";
import type { PerdureHome } from "./perdure-home.ts";
import { RawConnection } from "./raw-connection.ts";
import { until } from "./until.ts";

/** What is committed of a session's output now. Throws if it does not begin with the session's first byte. */
export async function readLog(home: PerdureHome, session: string, timeoutMs = 60_000): Promise<Buffer> {
  const connection = await RawConnection.greet(home.url, { token: home.token });
  try {
    const record = new ByteRecord();
    let failure: unknown;
    connection.onFrame((frame) => {
      if (frame.is !== "output") return;
      try {
        record.take(frame.offset, frame.data);
      } catch (error) {
        failure ??= error;
      }
    });
    connection.attach(session);
    const attached = await connection.message("attached");
    const end = parseCursor(attached.session.cursor)?.offset ?? 0;
    const report = (): string => `${record.end} of ${end} bytes`;
    await until(`the log of ${session}`, () => failure !== undefined || record.end >= end, { timeoutMs, report });
    if (failure !== undefined) throw failure;
    return record.bytes;
  } finally {
    connection.cut();
  }
}
