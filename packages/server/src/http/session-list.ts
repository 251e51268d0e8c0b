/**
 * The list of sessions as messages (PROTOCOL §5.4): however many there are and however long their commands, no frame is much larger
 * than a part; only a session that is larger by itself has a frame of its own size.
 */
import type { MessageOf, ServerMessage, SessionInfo } from "@perdure/protocol";

/** A part ends before the session that would make it larger. */
export const MAX_PART_BYTES: number = 256 * 1024;

type SessionsMessage = MessageOf<ServerMessage, "sessions">;

/** The list in parts, each but the last saying that there is more. */
export function* listInParts(sessions: Iterable<SessionInfo>): Generator<SessionsMessage> {
  let part: SessionInfo[] = [];
  let bytes = 0;
  for (const session of sessions) {
    const size = Buffer.byteLength(JSON.stringify(session)) + 1;
    if (part.length > 0 && bytes + size > MAX_PART_BYTES) {
      yield { type: "sessions", sessions: part, more: true };
      part = [];
      bytes = 0;
    }
    part.push(session);
    bytes += size;
  }
  yield { type: "sessions", sessions: part };
}
