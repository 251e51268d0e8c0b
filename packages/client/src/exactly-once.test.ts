import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Attachment } from "./client.ts";
import { createMemoryPendingInput, type PendingInput } from "./pending-input.ts";
import { bytes, clientBench, type ClientBench, settled, view } from "./testing/client-bench.ts";
import { FakeClock } from "./testing/fake-clock.ts";
import { ModelServer } from "./testing/model-server.ts";
import { RecordingViewer } from "./testing/recording-viewer.ts";

/** What may happen next. Numbers say how much of it. */
type Step =
  | {
      readonly is:
        | "accept"
        | "cut"
        | "snapshot"
        | "host-goes"
        | "host-comes"
        | "next-run"
        | "reload"
        | "prefer-snapshot"
        | "wake"
        | "server-silent";
    }
  | { readonly is: "type" | "print" | "flow" | "receive" | "deliver" | "parse" | "pass" | "overlap"; readonly count: number };

const counted = (is: Extract<Step, { count: number }>["is"], max: number) =>
  fc.integer({ min: 1, max }).map((count): Step => ({ is, count }));
const plain = (is: Exclude<Step, { count: number }>["is"]) => fc.constant<Step>({ is });

const everyday = [
  { weight: 6, arbitrary: plain("accept") },
  { weight: 6, arbitrary: counted("receive", 6) },
  { weight: 6, arbitrary: counted("deliver", 6) },
  { weight: 5, arbitrary: counted("type", 5) },
  { weight: 5, arbitrary: counted("print", 30) },
  { weight: 5, arbitrary: counted("flow", 12) },
  { weight: 3, arbitrary: counted("parse", 4) },
  { weight: 3, arbitrary: counted("pass", 5000) },
  { weight: 2, arbitrary: plain("cut") },
  { weight: 1, arbitrary: plain("server-silent") },
  { weight: 1, arbitrary: counted("overlap", 40) },
  { weight: 1, arbitrary: plain("wake") },
  { weight: 1, arbitrary: plain("host-goes") },
  { weight: 1, arbitrary: plain("host-comes") },
];

/** A page and its server, which do one step after the other. */
class World {
  readonly server = new ModelServer();
  readonly clock = new FakeClock();
  readonly viewers: RecordingViewer[] = [];
  /** What was typed and taken, by run. */
  readonly typed = new Map<number, string>();
  readonly #mode: "screen" | "log";
  readonly #store: PendingInput = createMemoryPendingInput();
  #bench!: ClientBench;
  #attachment!: Attachment;
  #letters = 0;

  constructor(mode: "screen" | "log") {
    this.#mode = mode;
    this.#load();
  }

  get viewer(): RecordingViewer {
    return this.viewers.at(-1)!;
  }

  get pendingBytes(): number {
    return this.#attachment.pendingBytes;
  }

  async do(step: Step): Promise<void> {
    const { server } = this;
    const wasSeen = this.viewer.all("attached").length > 0;
    switch (step.is) {
      case "accept":
        server.accept();
        break;
      case "cut":
        server.cut();
        break;
      case "server-silent":
        server.network.last.isStalled = true;
        break;
      case "wake":
        this.#bench.surroundings.happen("visible");
        this.clock.advance(2500);
        break;
      case "snapshot":
        server.snapshot();
        break;
      case "prefer-snapshot":
        server.prefersSnapshot = true;
        break;
      case "host-goes":
      case "host-comes":
        server.isHostThere = step.is === "host-comes";
        break;
      case "next-run":
        server.nextRun();
        break;
      case "reload":
        this.#bench.client.close();
        this.#load();
        break;
      case "type":
        if (wasSeen) for (let key = 0; key < step.count; key += 1) this.#type();
        break;
      case "print":
        server.print(letters(server.log.length, step.count));
        break;
      case "flow":
        server.flow(step.count);
        break;
      case "receive":
        server.receive(step.count);
        break;
      case "deliver":
        server.deliver(step.count);
        break;
      case "parse":
        this.viewer.parse(step.count);
        break;
      case "pass":
        this.clock.advance(step.count);
        break;
      case "overlap":
        server.overlap = step.count;
    }
    await settled();
  }

  /** Everything is well again, for as long as it takes until nothing is left to do. */
  async heal(): Promise<void> {
    this.server.isHostThere = true;
    for (let round = 0; round < 200; round += 1) {
      this.server.accept();
      this.server.receive(1000);
      this.server.flow(1000);
      this.server.deliver(1000);
      this.viewer.parse();
      await settled();
      if (this.server.isQuiet && this.pendingBytes === 0) return;
      this.clock.advance(1000);
    }
    throw new Error("the world did not come to rest");
  }

  #load(): void {
    const page = `page${this.viewers.length}`;
    this.#bench = clientBench({ clock: this.clock, network: this.server.network, pendingInput: this.#store, name: page });
    this.viewers.push(new RecordingViewer({ isLazy: true }));
    this.#attachment = view(this.#bench.client, { mode: this.#mode, viewer: this.viewer }).attachment;
  }

  /** The client knows the run from what it was last told; input is for that one. */
  #type(): void {
    const letter = letters(this.#letters, 1);
    if (!this.#attachment.send(bytes(letter))) return;
    this.#letters += 1;
    const run = this.#knownRun();
    this.typed.set(run, (this.typed.get(run) ?? "") + letter);
  }

  #knownRun(): number {
    return this.viewer.runs.at(-1) ?? 1;
  }
}

function letters(from: number, count: number): string {
  return Array.from({ length: count }, (_, index) => String.fromCharCode(33 + ((from + index) % 90))).join("");
}

const seeds = { numRuns: 200, seed: 20_261 };
const timeoutMs = 30_000;

test(
  "whatever the network does, a screen shows the log exactly and the program gets what was typed exactly once, in order",
  async () => {
    const steps = fc.array(
      fc.oneof(...everyday, { weight: 1, arbitrary: plain("snapshot") }, { weight: 1, arbitrary: plain("prefer-snapshot") }),
      { minLength: 60, maxLength: 200, size: "max" },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (schedule) => {
        const world = new World("screen");
        for (const step of schedule) await world.do(step);
        await world.heal();
        expect(world.viewer.shown).toBe(world.server.log);
        expect(world.server.applied.get(1) ?? "").toBe(world.typed.get(1) ?? "");
        expect(world.viewer.all("refused")).toEqual([]);
      }),
      seeds,
    );
  },
  timeoutMs,
);

test(
  "whatever the network does, a reader of the log is given every byte once",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...everyday), { minLength: 60, maxLength: 200, size: "max" }), async (schedule) => {
        const world = new World("log");
        for (const step of schedule) await world.do(step);
        await world.heal();
        const given = world.viewer.all("output");
        expect(given.map(({ text }) => text).join("")).toBe(world.server.log);
        for (const [index, { offset }] of given.entries()) {
          const before = given[index - 1];
          expect(offset).toBe(before ? before.offset + before.text.length : 0);
        }
      }),
      seeds,
    );
  },
  timeoutMs,
);

test(
  "over reloads and ended runs, each letter reaches its own run once, or is offered back, and never another run",
  async () => {
    const steps = fc.array(fc.oneof(...everyday, { weight: 1, arbitrary: plain("reload") }, { weight: 1, arbitrary: plain("next-run") }), {
      minLength: 60,
      maxLength: 200,
      size: "max",
    });
    await fc.assert(
      fc.asyncProperty(steps, async (schedule) => {
        const world = new World("screen");
        for (const step of schedule) await world.do(step);
        await world.heal();
        const offered = world.viewers.flatMap((viewer) => viewer.all("refused").map(({ text }) => text)).join("");
        let applied = 0;
        for (const [run, text] of world.server.applied) {
          expect(isSubsequence(text, world.typed.get(run) ?? "")).toBe(true);
          applied += text.length;
        }
        const typed = [...world.typed.values()].reduce((sum, text) => sum + text.length, 0);
        expect(applied + offered.length).toBe(typed);
      }),
      seeds,
    );
  },
  timeoutMs,
);

function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const letter of whole) if (letter === part[at]) at += 1;
  return at === part.length;
}
