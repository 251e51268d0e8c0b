// The thread of the screen engines dies in the middle of everything: every screen comes back from its snapshot and the log, as if nothing
// had been, and no program notices.

import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../platform/clock.ts";
import { ScreenEngine } from "../terminal/screen-engine.ts";
import { ENVIRONMENT, openScratchSessions, ScratchSink, VIEW, type ScratchSessions } from "../testing/scratch-sessions.ts";
import { unseen } from "./records.ts";
import type { Session } from "./session.ts";

const READ_BYTES = 1024 * 1024;
const DEATHS = 3;
/** Where `mortal-engine-worker` listens. */
const death = new BroadcastChannel("perdure-engines-die");

let scratch: ScratchSessions;
let keys = 0;

beforeAll(async () => {
  scratch = await openScratchSessions(undefined, { engineWorker: new URL("../testing/mortal-engine-worker.ts", import.meta.url) });
}, 30_000);
afterAll(async () => {
  death.close();
  await scratch.close();
}, 30_000);

function die(): void {
  death.postMessage("die"); // oxlint-disable-line unicorn/require-post-message-target-origin -- no window
}

/** Reads on. */
class ReadingSink extends ScratchSink {
  read: (offset: number) => void = () => undefined;

  override output(offset: number, parts: readonly Uint8Array[]): void {
    super.output(offset, parts);
    const end = parts.reduce((sum, { length }) => sum + length, offset);
    setImmediate(() => this.read(end)); // it counts as sent once this returns
  }
}

/** A session in bash with somebody who looks at it. */
async function watched(script: string) {
  const request = { command: ["bash", "-c", script], environment: ENVIRONMENT, cols: 60, rows: 12 };
  const { session } = await scratch.sessions.create(request, `key-${(keys += 1)}`);
  const sink = new ReadingSink();
  const view = scratch.sessions.attach(session, { ...VIEW, isVisible: true }, sink);
  sink.read = (offset) => view.viewer.acknowledge(offset);
  return { session, sink, view };
}

/** What an engine says of the screen that was fed the whole log at once. */
async function screenOfLog(session: Session): Promise<readonly string[]> {
  const engine = new ScreenEngine({ cols: 60, rows: 12, offset: 0, snapshot: null }, () => undefined, systemClock);
  for (let from = 0; from < session.stream.tail;) {
    const read = await scratch.store.read(session.key, from, READ_BYTES);
    if (!read.ok) throw new Error(`the log could not be read: ${read.reason}`);
    for (const { offset, data } of unseen(read.records, from)) {
      engine.feed(data, false);
      from = offset + data.length;
    }
  }
  const text = contentOf(engine.snapshot(1000));
  engine.close();
  return text;
}

function contentOf({ data, offset }: { readonly data: Uint8Array; readonly offset: number }): readonly string[] {
  return [String(offset), ...Buffer.from(data).toString("latin1").split("\n")];
}

async function screenOf(session: Session): Promise<readonly string[]> {
  await session.committedEnd.reachesShown(AbortSignal.timeout(20_000));
  return contentOf(await session.screen.snapshot(AbortSignal.timeout(20_000)));
}

test("screens come back exact, in a flood and at rest, and what is asked afterwards is answered", { timeout: 60_000 }, async () => {
  const full = await watched(
    String.raw`stty -echo raw; printf '\033[?1049h\033[?25l\033[3;7r\033[?1000;1006h\033[38;5;99mediting\033[4;9H'; exec cat`,
  );
  await full.sink.until(() => full.sink.text.includes("editing"));
  const before = await screenOf(full.session);
  const flood = await watched(
    String.raw`stty -echo; read -r go; seq -f $'line %.0f \033[32mgreen\033[1m and bold\033[m, a little wider than the screen is, 漢字' 150000; echo the end; exec cat`,
  );
  flood.view.input(1, "w", 1, Buffer.from("go\n"));
  for (let count = 1; count <= DEATHS; count += 1) {
    await flood.sink.until(() => flood.sink.text.length > count * 2_000_000);
    die();
  }
  await flood.sink.until(() => flood.sink.text.includes("the end"));
  expect(await screenOf(flood.session)).toEqual(await screenOfLog(flood.session));
  expect(await screenOf(full.session)).toEqual(before);
  expect([full, flood].map(({ session }) => session.run.state.is)).toEqual(["running", "running"]);

  const asking = await watched(
    // Where the next thread is not there in time the answer is not typed any more: then it asks again.
    String.raw`stty -echo; echo ready; read -r go; until [ -n "$answer" ]; do printf '\033[6n'; IFS= read -rs -t 5 -d R answer; done; printf '%q\n' "$answer"; exec cat`,
  );
  await asking.sink.until(() => asking.sink.text.includes("ready")); // what is typed is not echoed any more
  await screenOf(asking.session);
  die();
  asking.view.input(1, "w", 1, Buffer.from("go\n"));
  await asking.sink.until(() => asking.sink.text.includes("2;1"));
  expect(scratch.fatals).toEqual([]);
});
