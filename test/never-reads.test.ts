// A client that attaches and never reads: it is left behind. The server does not keep for it what it does not take, and nobody else waits.

import { CLOSE } from "@perdure/protocol";
import { expect, test } from "vitest";
import { Audience, stall } from "./faults/viewers.ts";
import type { PerdureHome } from "./harness/perdure-home.ts";
import { residentBytes } from "./harness/processes.ts";
import { numberedLines } from "./harness/programs.ts";
import { RawConnection } from "./harness/raw-connection.ts";
import { homeForEachTest } from "./harness/set-up.ts";
import { until, within } from "./harness/until.ts";

const printedBytes = 48 * 1024 * 1024;
const maxGrowthBytes = 64 * 1024 * 1024;

let home: PerdureHome;

homeForEachTest(async (made) => {
  home = made;
  await home.start();
});

/** Prints so much that a viewer who does not read is far behind, to viewers who read all of it; answers the server's memory at its most. */
async function printTo(audience: number, isOneStalled: boolean): Promise<number> {
  const go = home.path(`go-${audience}-${isOneStalled}`);
  const command = numberedLines({ record: `${go}-record`, bytes: printedBytes, wait: go, seed: 3 });
  const { id } = await home.api.create({ command, environment: { variables: home.variables } });
  const viewers = await Audience.join(home, id, audience);
  const stalled = isOneStalled ? await stall(home, id) : undefined;
  home.write(`go-${audience}-${isOneStalled}`, "");
  let peak = 0;
  const isShown = (): boolean => {
    peak = Math.max(peak, residentBytes(home.server.pid));
    return viewers.end >= printedBytes;
  };
  await until("everything shown to those who read", isShown, { timeoutMs: 90_000, everyMs: 50, report: () => String(viewers.end) });
  stalled?.cut();
  viewers.leave();
  return peak;
}

test("nine viewers get everything while a tenth stalls, and the server grows by at most 64 MB for it", { timeout: 240_000 }, async () => {
  const without = await printTo(10, false);
  const withOne = await printTo(9, true);
  expect(withOne - without).toBeLessThan(maxGrowthBytes);
});

test("a client that asks and never reads is closed, and its connection is given up", { timeout: 120_000 }, async () => {
  // The answers are long: each tells the command of every session.
  const command = ["/bin/sh", "-c", "exec cat", "x".repeat(100_000)];
  const { id } = await home.api.create({ command, environment: { variables: home.variables } });
  const deaf = await RawConnection.greet(home.url, { token: home.token });
  deaf.attach(id);
  await deaf.message("attached");
  deaf.socket.pause();
  const watchers = async (): Promise<number> => (await home.api.session(id)).watchers.length;
  expect(await watchers()).toBe(1);
  const isGivenUp = async (): Promise<boolean> => {
    for (let asked = 0; asked < 50; asked += 1) deaf.control({ type: "watch" });
    return (await watchers()) === 0;
  };
  await until("a connection that is given up", isGivenUp, { timeoutMs: 60_000, everyMs: 50 });
  deaf.socket.resume();
  const { code } = await within(60_000, "the close", deaf.closed);
  expect([CLOSE.overloaded, 1006]).toContain(code);
});
