// Each fault run, a few times, so that none of them rots; the long ones are `npm run faults`.

import { expect, test } from "vitest";
import { SERVER_STEPS } from "../packages/server/src/platform/crash.ts";
import { chatPlaces } from "./faults/chat-chaos.ts";
import { faultRuns } from "./faults/fault-runs.ts";

/** How often in a test, and the most that it may take. */
const short: Readonly<Record<string, { readonly times: number; readonly seconds: number }>> = {
  "server-kill": { times: SERVER_STEPS.length + 2, seconds: 240 },
  "server-frozen": { times: 1, seconds: 120 },
  "spool-behind": { times: 3, seconds: 120 },
  "host-kill": { times: 6, seconds: 120 },
  "power-cut": { times: 1, seconds: 60 },
  "chat-chaos": { times: chatPlaces.length, seconds: 120 },
  cut: { times: 300, seconds: 60 },
  "cut-page": { times: 12, seconds: 120 },
  "cut-attach": { times: 20, seconds: 60 },
  "vttest-page": { times: 8, seconds: 60 },
  network: { times: 7, seconds: 180 },
};
/** The verdict of one is about speed, which a test does not judge; the others are tried in `chat/matrix.test.ts` and, for seconds, `web/away.test.ts`. */
const notTested = ["viewers", "chat-matrix", "page-away"];
const seed = 20_261_121;

test("every fault run is tried here", () => {
  expect([...Object.keys(short), ...notTested].toSorted()).toEqual(faultRuns.map(({ name }) => name).toSorted());
});

for (const run of faultRuns) {
  const { times, seconds } = short[run.name] ?? { times: 0, seconds: 0 };
  if (times === 0) continue;
  test(`${run.name}: ${run.question}`, { timeout: seconds * 1000 }, async () => {
    const report = await run.run({ times, seed, say: () => undefined });
    expect(report.failures).toEqual([]);
  });
}
