// Snapshots under cuts: recordings of real programs and streams of all sequences, cut anywhere, resized anywhere.

import { median } from "../../bench/bench.ts";
import { cutRecording, cutStreams, type CutCount } from "../screen/cut-recordings.ts";
import { readRecordings } from "../screen/recording.ts";
import type { FaultRun } from "./fault-run.ts";

export const cutRun: FaultRun = {
  name: "cut",
  question: "is a terminal restored from a snapshot at any cut the one that stayed, in every field, at once and at the end?",
  times: 2000,
  run({ times, seed, say }) {
    const recordings = readRecordings();
    const each = Math.ceil(times / 2 / recordings.length);
    const counts: CutCount[] = [];
    for (const [index, recording] of recordings.entries()) {
      counts.push(cutRecording(recording, each, seed + index));
      say(`${recording.name}: ${each} cuts`);
    }
    counts.push(cutStreams(Math.max(1, times - each * recordings.length), seed));
    const failures = counts.flatMap(({ failures: all }) => all.slice(0, 3));
    return Promise.resolve({ rows: [...counts, total(counts)].map(rowOf), failures });
  },
};

function rowOf({ name, cuts, exact, excused, snapshotBytes }: CutCount): Readonly<Record<string, string | number>> {
  return {
    stream: name,
    cuts,
    exact,
    ...excused,
    other: cuts - exact - Object.values(excused).reduce((sum, count) => sum + count, 0),
    "snapshot median": median(snapshotBytes),
    max: Math.max(...snapshotBytes),
  };
}

function total(counts: readonly CutCount[]): CutCount {
  const sum = (of: (count: CutCount) => number): number => counts.reduce((all, count) => all + of(count), 0);
  return {
    name: "all",
    cuts: sum(({ cuts }) => cuts),
    exact: sum(({ exact }) => exact),
    excused: {
      links: sum(({ excused }) => excused.links),
      misfit: sum(({ excused }) => excused.misfit),
      waiting: sum(({ excused }) => excused.waiting),
    },
    snapshotBytes: counts.flatMap(({ snapshotBytes }) => snapshotBytes),
    failures: [],
  };
}
