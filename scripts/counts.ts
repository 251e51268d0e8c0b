// Prints "N passed, N failed": the sum over the JSON reports of Vitest named on the command line. A report that is missing belongs to a
// stage that was not reached and counts nothing; a test file that could not even be loaded counts as one failure.

import { existsSync, readFileSync } from "node:fs";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[];
}

let passed = 0;
let failed = 0;
for (const path of process.argv.slice(2)) {
  if (!existsSync(path)) continue;
  const report = JSON.parse(readFileSync(path, "utf8")) as Report;
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((assertion) => assertion.status === "failed"),
  );
  passed += report.numPassedTests;
  failed += report.numFailedTests + brokenFiles.length;
}
console.log(`${passed} passed, ${failed} failed`);
