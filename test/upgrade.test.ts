// An upgrade while programs run: the host of the old release, a server of the next one, which knows one feature and one migration more.

import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PerdureHome } from "./harness/perdure-home.ts";
import { isAlive } from "./harness/processes.ts";
import { inputRecorder } from "./harness/programs.ts";
import { dist } from "./harness/server-process.ts";
import { until } from "./harness/until.ts";
import { Workload } from "./harness/workload.ts";

const next = join(dirname(dist), `.dist-next-${process.pid}`);

let home: PerdureHome;

beforeEach(() => {
  home = new PerdureHome();
  makeNextRelease();
});

afterEach(async () => {
  await home.close();
  rmSync(next, { recursive: true, force: true });
});

/** The same build, but for one feature of the host protocol more. */
function makeNextRelease(): void {
  cpSync(dist, next, { recursive: true });
  const features = '"pipe-runs", "input-increasing"';
  const chunks = readdirSync(next).filter((name) => name.endsWith(".js") && readFileSync(join(next, name), "utf8").includes(features));
  if (chunks.length === 0) throw new Error("the build does not hold the list of features as expected");
  for (const name of chunks) {
    const text = readFileSync(join(next, name), "utf8");
    writeFileSync(join(next, name), text.replaceAll(features, `${features}, "further-feature"`));
  }
}

test("living sessions of both kinds go on under the new server, and nothing is lost", async () => {
  await home.start();
  const host = await home.hostPid();
  const workload = await Workload.start(home, { name: "1", seed: 7, bytesPerSecond: 1_000_000 });
  const environment = { variables: home.variables };
  const piped = await home.api.create({ command: inputRecorder(home.path("piped")), kind: "pipe", environment });
  await until("the program on pipes", () => existsSync(home.path("piped")));
  await workload.untilPrinted(200_000);
  const { schema } = (await home.api.status()).protocols;

  const further = home.write("further.sql", "CREATE TABLE further (id INTEGER PRIMARY KEY);");
  await home.killServerAndRestart({ dist: next, env: { PERDURE_FURTHER_MIGRATION: further } });
  workload.retryNow();
  await workload.untilPrinted(200_000);
  const status = await home.api.status();
  expect(status.protocols.schema).toBe(schema + 1);
  expect(status.host?.pid).toBe(host);
  for (const before of [workload.printer, workload.listener, piped]) {
    const { run } = await home.api.session(before.id);
    expect(run).toEqual(before.run);
    expect(run.state.is === "running" && isAlive(run.state.pid)).toBe(true);
  }
  expect(readdirSync(home.directory).some((name) => name.includes("backup"))).toBe(true);
  expect((await workload.finish()).failures).toEqual([]);
});
