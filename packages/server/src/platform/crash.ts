/**
 * Named crash points: `PERDURE_CRASH=<point>:<n>` makes the real binary end by SIGKILL the n-th time it passes that point, so
 * that tests can die at every step of the pipeline. Without the variable a point costs one comparison. The names are listed in
 * docs/ARCHITECTURE.md.
 */

/** What output and input pass in the host, in their order. */
export const HOST_STEPS = [
  "host-after-read",
  "host-after-spool",
  "host-after-send",
  "host-after-input-taken",
  "host-after-input-written",
] as const;

/** What output and input pass in the server, in their order. */
export const SERVER_STEPS = [
  "server-after-receive",
  "server-before-commit",
  "store-before-transaction",
  "store-inside-transaction",
  "store-after-transaction",
  "server-after-commit",
  "server-after-broadcast",
  "server-before-host-ack",
  "server-after-host-ack",
  "server-after-input-received",
  "server-after-input-forwarded",
  "server-before-input-ack",
] as const;

/** What a message and its answer pass in the server, in their order: what is named is committed, and nobody was told. */
export const CHAT_STEPS = [
  "server-after-message-accepted",
  "server-after-message-dispatched",
  "server-after-ledger-sent",
  "server-after-message-delivered",
  "server-after-message-consumed",
  "server-after-answer-part",
  "server-after-approval-requested",
  "server-after-approval-answered",
  "server-after-turn-ended",
] as const;

/** Every point: the steps, and what is passed now and then. */
export const CRASH_POINTS = [
  ...HOST_STEPS,
  ...SERVER_STEPS,
  ...CHAT_STEPS,
  "host-after-spawn",
  "server-after-run-row",
  "server-after-spawn",
  "store-after-seal",
  "store-inside-compaction",
  "store-after-compaction",
  "store-after-trim",
  "store-inside-migration",
] as const;

/** One of {@link CRASH_POINTS}. */
export type CrashPoint = (typeof CRASH_POINTS)[number];

const [armed, count] = (process.env["PERDURE_CRASH"] ?? "").split(":");
let left = Number(count ?? 1);

/** Ends this process by SIGKILL if it was told to die here. */
export function crashPoint(point: CrashPoint): void {
  if (armed !== point) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
}
