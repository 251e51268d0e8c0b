/**
 * What both ends of a client connection must agree on. Compatibility is decided by the protocol number and by feature
 * names, never by a release (PROTOCOL §2).
 */
import { EARLY_FRAMES } from "./early-frames.ts";

/** Number of the client protocol. Raised only when an old peer could no longer work. */
export const CLIENT_PROTOCOL = 1;

/** Features this release knows. A peer ignores names it does not know and uses only those that both sent. */
export const CLIENT_FEATURES: readonly string[] = [
  "log-mode",
  "watch",
  "list-parts",
  "snapshot-parts",
  "newest-part",
  "viewers",
  EARLY_FRAMES,
];

/** Largest frame a client may send, in bytes. A larger one closes the connection with 4413. */
export const MAX_CLIENT_FRAME_BYTES = 128 * 1024;

/** Largest input frame's data, in bytes. */
export const MAX_INPUT_BYTES = 64 * 1024;

/** Largest data of an output frame, and of a snapshot frame to a client with the feature `snapshot-parts`. */
export const MAX_DATA_BYTES = 256 * 1024;

/** Largest frame a server sends, in bytes. What would be larger is refused with `too-large`. */
export const MAX_SERVER_FRAME_BYTES = 16 * 1024 * 1024;

/** A client that is at most this many bytes behind gets the bytes, else a snapshot (screen mode). */
export const TAIL_BYTES = 256 * 1024;

/** Most attachments of one connection. */
export const MAX_CHANNELS = 256;
