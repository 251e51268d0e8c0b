// Cuts recordings of real programs and made-up streams at random places, with the terminal resized at random places, and goes on from a
// snapshot: neither at once nor at the end may anything tell the two terminals apart.

import fc from "fast-check";
import { type Cut, cutAt, type CutResult, type Excuse, type Size, type Step } from "../../packages/server/src/testing/screen/cut.ts";
import { spell, stream } from "../../packages/server/src/testing/screen/grammar.ts";
import { seededRandom, type Random } from "../../packages/server/src/testing/recordings.ts";
import type { Recording } from "./recording.ts";

/** What came of the cuts of one recording, or of all made-up streams. */
export interface CutCount {
  readonly name: string;
  cuts: number;
  exact: number;
  readonly excused: Record<Excuse, number>;
  /** Sizes of the snapshots without the rows above the screen. */
  readonly snapshotBytes: number[];
  readonly failures: string[];
}

const scrollback = 200;
const longestStream = 60;

export function cutRecording(recording: Recording, cuts: number, seed: number): CutCount {
  const count = newCount(recording.name);
  const random = seededRandom(seed);
  for (let index = 0; index < cuts; index += 1) {
    const { steps, cut } = index % 2 === 0 ? plainly(recording, random) : resized(recording, random);
    const { cols, rows } = recording;
    take(count, cutAt({ cols, rows }, steps, cut, scrollback), () => `${recording.name}: cut ${JSON.stringify(cut)} of ${describe(steps)}`);
  }
  return count;
}

export function cutStreams(cuts: number, seed: number): CutCount {
  const count = newCount("made-up streams");
  for (const made of fc.sample(stream(longestStream), { numRuns: cuts, seed })) {
    take(count, cutAt(made.size, made.steps, made.cut, 20), () => spell(made));
  }
  return count;
}

function newCount(name: string): CutCount {
  return { name, cuts: 0, exact: 0, excused: { links: 0, misfit: 0, waiting: 0 }, snapshotBytes: [], failures: [] };
}

function take(count: CutCount, { atRestore, atEnd, excuses, snapshot }: CutResult, where: () => string): void {
  count.cuts += 1;
  count.snapshotBytes.push(snapshot.length);
  const different = [...Object.entries(atRestore), ...Object.entries(atEnd)];
  if (different.length === 0) count.exact += 1;
  else if (excuses.length > 0) for (const excuse of excuses) count.excused[excuse] += 1;
  else {
    const [field, [stayed, moved] = []] = different[0] ?? [];
    count.failures.push(`${where()}: ${String(field)} was ${String(stayed)} and is ${String(moved)}`);
  }
}

function plainly({ bytes }: Recording, random: Random): { readonly steps: readonly Step[]; readonly cut: Cut } {
  return { steps: [bytes], cut: { step: 0, byte: random(bytes.length + 1) } };
}

/** One to four other sizes on the way. */
function resized({ bytes }: Recording, random: Random): { readonly steps: readonly Step[]; readonly cut: Cut } {
  const places = Array.from({ length: 1 + random(4) }, () => random(bytes.length)).toSorted((a, b) => a - b);
  const steps: Step[] = [];
  let from = 0;
  for (const to of places) {
    steps.push(bytes.subarray(from, to), anySize(random));
    from = to;
  }
  steps.push(bytes.subarray(from));
  const step = random(steps.length);
  const cutStep = steps[step];
  return { steps, cut: { step, byte: cutStep instanceof Uint8Array ? random(cutStep.length + 1) : 0 } };
}

function anySize(random: Random): Size {
  return { cols: 20 + random(120), rows: 5 + random(45) };
}

function describe(steps: readonly Step[]): string {
  return steps.map((step) => (step instanceof Uint8Array ? `${step.length} bytes` : `${step.cols}x${step.rows}`)).join(", ");
}
