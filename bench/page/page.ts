// The page of the browser benchmarks: the client library and xterm.js, and the time from wanting a session to its pixels.

import { createClient } from "@perdure/client";
import { parseCursor } from "@perdure/protocol";
import { Terminal } from "@xterm/xterm";

export interface Ask {
  readonly url: string;
  readonly session: string;
  /** `screen`: the present. `log`: every byte from the first on. */
  readonly mode: "screen" | "log";
  readonly cols: number;
  readonly rows: number;
}

/** Milliseconds from nothing, a new connection and an empty terminal, until all that is committed is parsed and painted. */
async function show({ url, session, mode, cols, rows }: Ask): Promise<number> {
  const element = document.querySelector("#terminal") as HTMLElement;
  element.replaceChildren();
  const startedMs = performance.now();
  const terminal = new Terminal({ cols, rows, scrollback: 1000, cursorBlink: false, fontFamily: "monospace", fontSize: 12 });
  terminal.open(element);
  const client = createClient({ url: () => url, client: { kind: "web", name: "bench", version: "0.0.0" } });
  const { promise: parsed, resolve } = Promise.withResolvers<void>();
  let end = Number.POSITIVE_INFINITY;
  const write = (data: Uint8Array, upTo: number, done: () => void): void => {
    terminal.write(data, () => {
      done();
      if (upTo >= end) resolve();
    });
  };
  client.attach({
    session,
    mode,
    visible: true,
    viewer: {
      attached: (_how, info) => {
        end = parseCursor(info.cursor)?.offset ?? 0;
      },
      snapshot: (snapshot, done) => {
        terminal.resize(snapshot.cols, snapshot.rows);
        write(snapshot.data, snapshot.offset, done);
      },
      output: (data, offset, done) => write(data, offset + data.length, done),
      resized: (newCols, newRows) => terminal.resize(newCols, newRows),
      session: () => undefined,
      refused: () => undefined,
      gone: () => undefined,
    },
  });
  await parsed;
  await painted();
  client.close();
  return performance.now() - startedMs;
}

/** xterm.js draws in the next frame; a message sent in it arrives when that frame is done. */
function painted(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.addEventListener("message", () => resolve());
      port1.start();
      port2.postMessage(null);
    });
  });
}

Object.assign(globalThis, { show });
