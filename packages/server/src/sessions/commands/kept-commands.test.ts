import { expect, test } from "vitest";
import type { Snapshot, Store, StreamRecord, Write } from "../../store/store.ts";
import type { Engine, EngineEvent, Engines, EngineStart } from "../../terminal/engine.ts";
import { ScreenEngine } from "../../terminal/screen-engine.ts";
import { FakeClock, settle } from "../../testing/fake-clock.ts";
import { Screen } from "../screen.ts";
import { CommandLog } from "./command-log.ts";

const KEY = { session: "s", stream: "terminal" } as const;
const never = new AbortController().signal;

/** The real engine, in this thread. */
function engineHere(start: EngineStart, onEvent: (event: EngineEvent) => void, clock: FakeClock): Engine {
  const engine = new ScreenEngine(start, onEvent, clock);
  return {
    lagBytes: 0,
    feed: (_offset, data, isLive) => engine.feed(data, isLive),
    resize: (_offset, cols, rows) => engine.resize(cols, rows),
    recolour: () => undefined,
    drained: () => Promise.resolve(),
    snapshot: (scrollback) => Promise.resolve(engine.snapshot(scrollback)),
    lines: () => Promise.reject(new Error("not asked for")),
    gathered: () => Promise.reject(new Error("not asked for")),
    close: () => engine.close(),
  };
}

/** A log and its snapshots in memory, and servers on it, one after the other. */
class Scene {
  readonly clock = new FakeClock();
  readonly log: StreamRecord[] = [];
  readonly snapshots: Snapshot[] = [];
  opened = 0;
  commands = new CommandLog();
  screen = this.#open();
  #tail = 0;

  async prints(text: string): Promise<void> {
    this.clock.advance(1_000);
    const record: StreamRecord = { kind: "output", offset: this.#tail, time: this.clock.now(), data: Buffer.from(text) };
    this.log.push(record);
    this.#tail += record.data.length;
    const pieces = [{ is: "data", offset: record.offset, time: record.time, data: record.data }] as const;
    this.screen.follow({ start: record.offset, end: this.#tail, pieces: [...pieces], records: [], nextRecord: 0, runEnd: null });
    await settle();
  }

  /** Nothing of the server before is left but what it has committed. */
  begins(): void {
    this.screen.close();
    this.commands = new CommandLog();
    this.screen = this.#open();
  }

  async shown() {
    await this.screen.marksRead(never);
    return this.commands.page(Number.MAX_SAFE_INTEGER, 200, 1);
  }

  /** The first one is cut. */
  #from(offset: number): StreamRecord[] {
    const kept = this.log.filter((record) => record.offset + record.data.length > offset);
    return kept.map((record) => {
      const before = Math.max(0, offset - record.offset);
      return { ...record, offset: record.offset + before, data: record.data.subarray(before) };
    });
  }

  #open(): Screen {
    const store = {
      snapshot: (_key: unknown, kind: string, offset: number) =>
        Promise.resolve(this.snapshots.findLast((each) => each.kind === kind && each.offset <= offset) ?? null),
      read: (_key: unknown, from: number) => Promise.resolve({ ok: true, records: this.#from(from), state: {} }),
      commit: (writes: readonly Write[]) => {
        for (const write of writes) if (write.op === "put-snapshot") this.snapshots.push(write.snapshot);
        return Promise.resolve({ ok: true });
      },
    } as unknown as Store;
    const engines: Engines = {
      open: (start, onEvent) => {
        this.opened += 1;
        return engineHere(start, onEvent, this.clock);
      },
      warm: () => undefined,
      close: () => Promise.resolve(),
    };
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    return new Screen({
      key: KEY,
      store,
      engines,
      clock: this.clock,
      log,
      tail: () => this.#tail,
      start: () => ({ offset: 0, cols: 40, rows: 6 }),
      maxBehindBytes: 1024 * 1024,
      isWatched: () => false,
      commands: this.commands,
      onEvent: () => undefined,
    });
  }
}

/** What a shell prints, in pieces that cut its marks. */
const OUTPUT = Array.from({ length: 5 }, (_, at) => [
  "\x1b]133;A\x07$ \x1b]13",
  "3;B\x07ec",
  `ho ${at}\r\n\x1b]133;C\x07${at}\r\nmore`,
  `\r\n\x1b]133;D;${at}\x07\x1b]7;file:///srv/${at}\x07`,
]).flat();

test("a server that begins anew at any place, with a screen kept at any other, knows the same commands with the same times", async () => {
  const whole = new Scene();
  for (const text of OUTPUT) await whole.prints(text);
  const all = await whole.shown();
  expect(all.commands.map(({ text, exitCode, startedAt, endedAt }) => [text, exitCode, endedAt! - startedAt])).toEqual(
    [4, 3, 2, 1, 0].map((at) => [`echo ${at}`, at, 1_000]),
  );
  for (let kept = 0; kept <= OUTPUT.length; kept += 3) {
    for (let cut = kept; cut <= OUTPUT.length; cut += 1) {
      const scene = new Scene();
      for (const [at, text] of OUTPUT.entries()) {
        if (at === kept) await scene.screen.sleep();
        if (at === cut) scene.begins();
        await scene.prints(text);
      }
      if (cut === OUTPUT.length) scene.begins();
      expect([kept, cut, await scene.shown()]).toEqual([kept, cut, all]);
    }
  }
});

test("a screen that sleeps at the end of the log is not woken to say what is known", async () => {
  const scene = new Scene();
  for (const text of OUTPUT) await scene.prints(text);
  await scene.screen.sleep();
  const { opened } = scene;
  expect((await scene.shown()).commands.length).toBe(5);
  expect(scene.opened).toBe(opened);
  scene.begins();
  expect((await scene.shown()).commands.length).toBe(5);
  expect(scene.opened).toBe(opened + 1);
});
