// What the real agents said, folded anew from the store at each place where a server of another release may take over.

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { EMPTY_CONVERSATION, reduce, type Conversation } from "@perdure/protocol";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type RecordedInput, type Recording } from "../../agents/acceptance.ts";
import type { Driver } from "../../agents/driver.ts";
import { allRecordings } from "../../agents/recordings.ts";
import { EngineStore } from "../../store/sqlite/engine-fixture.ts";
import type { NewRecord, Write } from "../../store/store.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import type { Batch } from "../records.ts";
import { DriverRun, type Folded } from "./driver-run.ts";
import { keepStep } from "./kept-driver.ts";
import { refold } from "./refold.ts";

const WIRE = { session: "s", stream: "wire" } as const;
/** Places in one recording, spread evenly. */
const PLACES = 12;

let directory: string;
let store: EngineStore;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-refold-"));
  store = new EngineStore({ file: path.join(directory, "perdure.db"), bootId: "boot", version: "0" }, new FakeClock(), () => undefined);
});
afterEach(async () => {
  await store.close();
  fs.rmSync(directory, { recursive: true, force: true });
});

it.each(allRecordings())("%s", async (_, driver, recording) => {
  const run = await RecordedRun.begin(driver, recording);
  const inputs = recording.inputs.filter(({ is }) => is !== "exit");
  const every = Math.max(1, Math.floor(inputs.length / PLACES));
  for (const [index, input] of inputs.entries()) {
    await run.take(input);
    if (index % every !== 0 && index !== inputs.length - 1) continue;
    const refolded = await refold({ store, wire: WIRE, tail: run.tail, run: recording.setup.run, driver, conversation: run.shown });
    if (refolded.is === "impossible") throw new Error(`behind input ${index}: ${refolded.because}`);
    expect(refolded.driver.kept).toEqual(run.driver.kept);
  }
});

/** A run whose every step is committed as a conversation commits it. */
class RecordedRun {
  readonly driver: DriverRun;
  shown: Conversation;
  tail = 0;

  private constructor(driver: DriverRun, shown: Conversation) {
    this.driver = driver;
    this.shown = shown;
  }

  static async begin(driver: Driver, { setup, time }: Recording): Promise<RecordedRun> {
    const session = { id: "s", name: "s", createdAt: 0, lastActivityAt: 0, details: "{}" };
    const marks = { baseOffset: 0, appliedRecord: 0, appliedOffset: 0 };
    const row = { id: setup.run, session: "s", number: setup.number, kind: "pipe", ...marks, state: "{}", isOpen: true } as const;
    const begun = DriverRun.begin(driver, setup, 0, time);
    const started = {
      type: "run.started",
      run: setup.run,
      number: setup.number,
      agent: "a",
      view: "chat",
      origin: "new",
      at: time,
    } as const;
    const run = new RecordedRun(new DriverRun(driver, begun.kept), reduce(EMPTY_CONVERSATION, [started]));
    const noBytes = { kind: "output", time, data: Buffer.alloc(0) } as const;
    await run.#commit(begun, [
      { op: "put-session", session },
      { op: "put-run", run: row },
      { op: "append", ...WIRE, records: [noBytes] },
    ]);
    return run;
  }

  async take(input: RecordedInput): Promise<void> {
    if (input.is === "exit") return;
    if (input.is === "command" || input.is === "timer") return this.#commit(this.driver.step(input));
    const data = input.is === "stderr" || "text" in input ? Buffer.from(input.text) : Buffer.from(input.bytes, "base64");
    const record: NewRecord = { kind: input.is === "stderr" ? "error" : "output", time: input.time, data };
    const [start, end] = [this.tail, this.tail + data.length];
    const pieces = [{ is: "data", offset: start, time: input.time, data }] as const;
    const batch: Batch = { start, end, pieces, records: [record], nextRecord: 0, runEnd: null };
    this.tail = end;
    await this.#commit(this.driver.fold(batch), [{ op: "append", ...WIRE, records: [record], expectedTail: start }]);
  }

  async #commit(folded: Folded, others: readonly Write[] = []): Promise<void> {
    const sends = folded.sends.map((send) => ({ op: "append-send", send }) as const);
    const result = await store.commit([...others, ...keepStep(WIRE, this.tail, folded), ...sends], "normal");
    if (!result.ok) throw new Error(`refused: ${result.reason} at ${result.at}`);
    this.driver.committed(folded);
    this.shown = reduce(this.shown, folded.events);
  }
}
