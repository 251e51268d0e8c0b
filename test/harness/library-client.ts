// The client library in a Node program, as an embedder uses it: it reconnects by itself and keeps its input until it is acknowledged.

import { createClient, type Attachment, type Client, type Viewer } from "@perdure/client";
import { WebSocket } from "ws";
import type { PerdureHome } from "./perdure-home.ts";
import { within } from "./until.ts";

/** A client of the home's server, wherever it is at that time, or of another port that leads to it. */
export function connectClient(home: PerdureHome, port?: number): Client {
  const headers = { authorization: `Bearer ${home.token}` };
  return createClient({
    url: () => `ws://localhost:${port ?? home.port}/api/socket`,
    openSocket: (url) => new WebSocket(url, { headers, perMessageDeflate: false }),
    client: { kind: "library", name: "situation", version: "0.0.0" },
  });
}

/** A viewer that draws nothing: it acknowledges everything, and does what a test adds. */
export function silentViewer(parts: Partial<Viewer> = {}): Viewer {
  return {
    snapshot: (_snapshot, done) => done(),
    output: (_data, _offset, done) => done(),
    resized: () => undefined,
    attached: () => undefined,
    session: () => undefined,
    refused: () => undefined,
    gone: () => undefined,
    ...parts,
  };
}

/** Attaches and waits for the first answer. */
export async function attachFirst(client: Client, session: string, parts: Partial<Viewer> = {}): Promise<Attachment> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const viewer = silentViewer({
    ...parts,
    attached: (how, info, awayMs) => {
      parts.attached?.(how, info, awayMs);
      resolve();
    },
  });
  const attachment = client.attach({ session, mode: "log", viewer, visible: false });
  await within(20_000, `an attachment to ${session}`, promise, () => JSON.stringify(client.state));
  return attachment;
}
