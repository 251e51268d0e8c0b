// Runs the fault runs named on the command line, or all: they break the real binaries, many times.
//
//   npm run faults -- [NAME…] [--times N] [--seed S]      (of the run "cut": --cuts N)

import { parseArgs } from "node:util";
import { formatTable, type FaultRun } from "./fault-run.ts";
import { faultRuns } from "./fault-runs.ts";

function chosen(names: readonly string[]): readonly FaultRun[] {
  const unknown = names.filter((name) => !faultRuns.some((run) => run.name === name));
  if (unknown.length === 0) return names.length === 0 ? faultRuns : faultRuns.filter((run) => names.includes(run.name));
  console.error(`No such fault run: ${unknown.join(", ")}. There are:`);
  console.error(formatTable(faultRuns.map(({ name, times, question }) => ({ name, times, question }))));
  return process.exit(2);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { times: { type: "string" }, cuts: { type: "string" }, seed: { type: "string" } },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000_000) : Number(values.seed);
let failed = 0;
for (const run of chosen(positionals)) {
  const asked = values.times ?? values.cuts;
  const times = asked === undefined ? run.times : Number(asked);
  console.log(`\n${run.name}: ${run.question} (--times ${times} --seed ${seed})`);
  const startedMs = performance.now();
  const { rows, failures } = await run.run({ times, seed, say: (line) => console.error(`  ${line}`) });
  console.log(formatTable(rows));
  for (const failure of failures) console.log(`FAILED: ${failure}`);
  console.log(`${failures.length === 0 ? "passed" : "failed"} in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
  failed += failures.length;
}
// At once: Node.js otherwise waits for requests of sockets that were destroyed, and has been seen to do so for ever.
process.exit(failed === 0 ? 0 : 1);
