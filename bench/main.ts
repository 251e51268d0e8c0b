// Runs the benchmarks named on the command line, or all. Builds first if a source has changed: what is measured is what is installed.
//
//   npm run bench -- [NAME…] [--json] [--rounds N] [--seed S]
//
// Exit code 1 if something is not accepted.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isBuilt, root } from "../scripts/sources.ts";
import type { Bench, Finding } from "./bench.ts";
import { benches } from "./benches.ts";
import { endRecordings } from "./corpus/recorder.ts";
import { closeHomes } from "./home.ts";
import { formatTable } from "./table.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean" }, rounds: { type: "string", default: "5" }, seed: { type: "string", default: "1" } },
});

function chosen(): readonly Bench[] {
  const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name));
  if (unknown.length === 0) return positionals.length === 0 ? benches : benches.filter(({ name }) => positionals.includes(name));
  console.error(`No such benchmark: ${unknown.join(", ")}. There are: ${benches.map(({ name }) => name).join(", ")}.`);
  return process.exit(2);
}

function buildIfNeeded(): void {
  if (process.env["PERDURE_TEST_DIST"] !== undefined || isBuilt()) return;
  const built = spawnSync(process.execPath, [join(root, "scripts/build.ts"), "--quiet"], { stdio: ["ignore", 2, 2] });
  if (built.status !== 0) process.exit(built.status ?? 1);
}

function say(line: string): void {
  console.error(`  ${line}`);
}

async function run(bench: Bench): Promise<readonly Finding[]> {
  const scratch = mkdtempSync(join(tmpdir(), "perdure-bench-"));
  const startedMs = performance.now();
  console.error(`\n${bench.name}: ${bench.question}`);
  try {
    return await bench.run({ rounds: Number(values.rounds), seed: Number(values.seed), scratch, say });
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
    say(`${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
  }
}

/** Ends what a run has started; it was interrupted. */
async function abandon(): Promise<void> {
  await Promise.allSettled([closeHomes(), endRecordings()]);
  process.exit(130);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void abandon());
const asked = chosen();
buildIfNeeded();
const findings: Finding[] = [];
for (const bench of asked) {
  const found = await run(bench);
  findings.push(...found);
  if (values.json) for (const finding of found) console.log(JSON.stringify(finding));
}
if (!values.json) console.log(`\n${formatTable(findings)}`);
process.exitCode = findings.every(({ ok }) => ok) ? 0 : 1;
