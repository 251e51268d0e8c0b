/**
 * What the running server says of itself in the state directory, so that the command line finds it. Written after it listens,
 * removed when it ends by order; a file whose process is gone is stale.
 */
import * as fs from "node:fs";
import * as z from "zod/mini";
import type { Home } from "./home.ts";

/** The server takes it, if it is free, unless another is asked for. */
export const DEFAULT_PORT = 7433;

const ServerFile = z.object({
  pid: z.number(),
  /** Of the process, as `processes.ts` reads it: tells a reused pid from the server. */
  startTime: z.string(),
  port: z.number(),
  /** Base URL for this machine: `http://localhost:<port>`. */
  url: z.string(),
  version: z.string(),
  protocol: z.number(),
  epoch: z.number(),
  /** It was told to end, and is about to. */
  isEnding: z.optional(z.boolean()),
});
export type ServerFile = z.infer<typeof ServerFile>;

/** The file's content, or `null` if there is none or it cannot be read. */
export function readServerFile(home: Home): ServerFile | null {
  try {
    return ServerFile.parse(JSON.parse(fs.readFileSync(home.serverFile, "utf8")));
  } catch {
    return null; // absent or half written by something else: the same as no server
  }
}

/** Replaces the file in one step, mode 0600. */
export function writeServerFile(home: Home, content: ServerFile): void {
  const temporary = `${home.serverFile}.${process.pid}`;
  fs.writeFileSync(temporary, JSON.stringify(content), { mode: 0o600 });
  fs.renameSync(temporary, home.serverFile);
}

/** Says that it ends by order, before it lets go of anything. */
export function markEnding(home: Home, pid: number): void {
  const file = readServerFile(home);
  if (file?.pid === pid) writeServerFile(home, { ...file, isEnding: true });
}

/** Removes the file if it is still this server's. */
export function removeServerFile(home: Home, pid: number): void {
  if (readServerFile(home)?.pid === pid) fs.rmSync(home.serverFile, { force: true });
}
