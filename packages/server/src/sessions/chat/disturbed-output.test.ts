// What the real agents wrote, in other pieces, with other ends of lines and bytes that are no text, and a new server at any place.

import { EMPTY_CONVERSATION, reduce, type Conversation } from "@perdure/protocol";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { RecordedInput } from "../../agents/acceptance.ts";
import type { Driver } from "../../agents/driver.ts";
import { shownIn } from "../../agents/disturbed.ts";
import { LineSplitter } from "../../agents/line-splitter.ts";
import { allRecordings } from "../../agents/recordings.ts";
import type { Batch } from "../records.ts";
import { DriverRun, type Folded, type KeptDriver } from "./driver-run.ts";

const RECORDINGS = allRecordings().map(([name, driver, recording]) => ({ name, driver, recording }));

interface Disturbance {
  /** Sizes of the pieces in which output comes. */
  readonly pieces: readonly number[];
  /** Behind so many pieces a new server goes on. */
  readonly restartEvery: number | null;
  readonly ends: "\n" | "\r\n";
  readonly between: readonly string[];
}

const AS_IT_IS: Disturbance = { pieces: [1 << 20], restartEvery: null, ends: "\n", between: [] };

/** What a person sees of all that came, but for the lines that only say that something cannot be read. */
function shownBehind({ driver, recording }: (typeof RECORDINGS)[number], disturbance: Disturbance): unknown {
  const run = new Run(driver, recording.setup, recording.time, disturbance);
  for (const input of recording.inputs) run.take(input);
  return shownIn(run.conversation);
}

class Run {
  conversation: Conversation = EMPTY_CONVERSATION;
  readonly #newDriver: Driver;
  readonly #disturbance: Disturbance;
  /** What the store has, from the beginning of the line that is not complete. */
  #stored: { readonly offset: number; readonly kind: "output" | "error"; readonly data: Buffer }[] = [];
  #tail = 0;
  #run: DriverRun;
  #count = 0;

  constructor(driver: Driver, ...[setup, time, disturbance]: [Parameters<Driver["begin"]>[0], number, Disturbance]) {
    this.#newDriver = driver;
    this.#disturbance = disturbance;
    const begun = DriverRun.begin(driver, setup, 0, time);
    this.#run = new DriverRun(driver, begun.kept);
    this.#note(begun);
  }

  take(input: RecordedInput): void {
    if (input.is === "exit") return;
    if (input.is === "command" || input.is === "timer") return this.#commit(this.#run.step(input));
    if (input.is === "stderr") return this.#write(Buffer.from(input.text), "error", input.time);
    const text = "text" in input ? input.text : Buffer.from(input.bytes, "base64").toString();
    for (let rest = Buffer.from(this.#disturbed(text)); rest.length > 0;) {
      const size = Math.max(1, this.#disturbance.pieces[this.#count % this.#disturbance.pieces.length] ?? 1);
      this.#write(rest.subarray(0, size), "output", input.time);
      rest = rest.subarray(size);
    }
  }

  #disturbed(text: string): string {
    const { ends, between } = this.#disturbance;
    const noise = between.map((line) => `${line}${ends}`).join("");
    return text.replaceAll("\n", `${ends}${noise}`);
  }

  #write(data: Buffer, kind: "output" | "error", time: number): void {
    const start = this.#tail;
    this.#tail += data.length;
    this.#stored.push({ offset: start, kind, data });
    const pieces = [{ is: "data", offset: start, time, data }] as const;
    const batch: Batch = { start, end: this.#tail, pieces, records: [{ kind, time, data }], nextRecord: 0, runEnd: null };
    this.#commit(this.#run.fold(batch));
    this.#count += 1;
    if (this.#disturbance.restartEvery !== null && this.#count % this.#disturbance.restartEvery === 0) this.#restart();
  }

  /** The next server has what was kept, and the bytes. */
  #restart(): void {
    const kept = JSON.parse(JSON.stringify(this.#run.kept)) as KeptDriver;
    const splitter = new LineSplitter(kept.folded);
    for (const { offset, data, kind } of this.#stored) {
      if (kind === "error") continue;
      if (splitter.push(data.subarray(Math.max(0, kept.wire - offset))).length > 0)
        throw new Error("a line that is not folded is complete");
    }
    this.#run = new DriverRun(this.#newDriver, kept, splitter);
  }

  #commit(folded: Folded): void {
    this.#run.committed(folded);
    this.#stored = this.#stored.filter(({ offset, data }) => offset + data.length > this.#run.kept.wire);
    this.#note(folded);
  }

  #note({ events }: Folded): void {
    this.conversation = reduce(this.conversation, events);
  }
}

test("pieces, new servers, ends of lines and noise between them change nothing", () => {
  const noise = fc.constantFrom(
    "",
    "\u0000\u0007",
    "\ud800 half",
    "not json",
    "{",
    "null",
    "[]",
    '{"type":"of-tomorrow","x":[1]}',
    "Ünïcödé 😀",
  );
  const disturbance = fc.record({
    pieces: fc.array(fc.integer({ min: 100, max: 5000 }), { minLength: 1, maxLength: 5 }),
    restartEvery: fc.option(fc.integer({ min: 1, max: 7 })),
    ends: fc.constantFrom("\n" as const, "\r\n" as const),
    between: fc.array(noise, { maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.nat(RECORDINGS.length - 1), disturbance, (index, how) => {
      const one = RECORDINGS[index]!;
      expect(shownBehind(one, how)).toEqual(shownBehind(one, AS_IT_IS));
    }),
    { numRuns: 80 },
  );
});
