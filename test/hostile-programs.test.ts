// Programs that print what no terminal was made for, through all of it: host, log, engine and a viewer. Memory stays bounded, nothing
// fails, and the screen behind it is right.

import { expect, test } from "vitest";
import type { PerdureHome } from "./harness/perdure-home.ts";
import { residentBytes } from "./harness/processes.ts";
import { RawConnection } from "./harness/raw-connection.ts";
import { homeForThisFile } from "./harness/set-up.ts";
import { until } from "./harness/until.ts";

const mebibyte = 1024 * 1024;
/** Beyond what the processes take at rest. A megabyte waits at each step, and the collector takes its time. */
const maxGrowthBytes = 256 * mebibyte;

let home: PerdureHome;

homeForThisFile(async (made) => {
  home = made;
  await home.start();
});

const OUTPUTS: readonly (readonly [name: string, script: string, bytes: number])[] = [
  ["100 MB without a newline", "head -c 100000000 /dev/zero | tr '\\0' x", 100_000_000],
  [
    "titles of a megabyte, cut off and whole",
    String.raw`for n in 1 2 3 4 5 6 7 8; do printf '\033]2;'; head -c 1000000 /dev/zero | tr '\0' t; [ $n = 4 ] || printf '\a'; done`,
    8_000_000,
  ],
  ["a string that never ends", String.raw`printf '\033Pq'; head -c 20000000 /dev/zero | tr '\0' s`, 20_000_000],
  ["parameters without end", String.raw`printf '\033['; head -c 5000000 /dev/zero | tr '\0' '1;'`, 5_000_000],
  ["bytes of any kind", "head -c 10000000 /dev/urandom", 10_000_000],
  ["halves of characters", String.raw`head -c 6000000 /dev/zero | tr '\0' '\342'; head -c 6000000 /dev/zero | tr '\0' '\237'`, 12_000_000],
  ["marks upon one letter", String.raw`printf a; yes $(printf '\314\201') | tr -d '\n' | head -c 4000000`, 4_000_000],
];

test.for(OUTPUTS)("%s", { timeout: 60_000 }, async ([, script, bytes]) => {
  const pids = [home.server.pid, await home.hostPid()];
  const restBytes = pids.map(residentBytes);
  const ending = String.raw`printf '\030\033\\\033c\033[31mdone\033[m here\r\n'; exec cat`;
  const command = ["bash", "-c", `stty raw -echo; read -r -d g go; ${script}; ${ending}`];
  const { id } = await home.api.create({ command, environment: { variables: home.variables }, cols: 80, rows: 24 });
  const viewer = await RawConnection.greet(home.url, { token: home.token });
  viewer.attach(id, { mode: "screen" });
  await viewer.message("attached");
  viewer.input(1, 1, "w", 1, "g");
  const peaks = pids.map(() => 0);
  const isPrinted = async (): Promise<boolean> => {
    pids.forEach((pid, index) => (peaks[index] = Math.max(peaks[index]!, residentBytes(pid))));
    return Number((await home.api.session(id)).cursor.split("_")[1]) >= bytes;
  };
  await until("all that is printed", isPrinted, { timeoutMs: 45_000, everyMs: 50 });
  const screen = async (): Promise<string> => (await home.api.send("GET", `/api/sessions/${id}/screen`)).text;
  await until("the end on the screen", async () => (await screen()) === "done here\n", { everyMs: 100 });
  peaks.forEach((peak, index) => expect(peak - restBytes[index]!, `growth of process ${index}`).toBeLessThan(maxGrowthBytes));
  expect((await home.api.session(id)).run.state.is).toBe("running");
  viewer.cut();
  await home.api.delete(id);
});
