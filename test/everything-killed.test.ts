// Every process is killed at once: server, host and programs.

import { expect, test } from "vitest";
import { prefixDifference } from "./harness/byte-record.ts";
import type { PerdureHome } from "./harness/perdure-home.ts";
import { inputRecorder, numberedLines } from "./harness/programs.ts";
import { readLog } from "./harness/session-log.ts";
import { homeForEachTest } from "./harness/set-up.ts";
import { ShownRecorder } from "./harness/shown-recorder.ts";
import { until } from "./harness/until.ts";
import { existsSync, readFileSync } from "node:fs";

let home: PerdureHome;

homeForEachTest(async (made) => {
  home = made;
  await home.start();
});

test("sessions are listed, their runs are lost with a reason, their history is whole, and a new run starts in them", async () => {
  const environment = { variables: home.variables };
  const printer = await home.api.create({ command: numberedLines({ record: home.path("record"), bytesPerSecond: 2e6 }), environment });
  const piped = await home.api.create({ command: inputRecorder(home.path("heard")), kind: "pipe", environment });
  const ended = await home.api.create({ command: ["/bin/sh", "-c", "echo over; exit 3"], environment, name: "ended" });
  await home.api.untilRun(ended.id, "exited");
  await until("the program on pipes", () => existsSync(home.path("heard")));
  const shown = ShownRecorder.start(home, printer.id);
  await shown.untilShown(500_000);
  await home.killEverything();
  await shown.stop();

  await home.start();
  const sessions = await home.api.sessions();
  expect(sessions.map(({ id }) => id).toSorted()).toEqual([printer, piped, ended].map(({ id }) => id).toSorted());
  expect((await home.api.untilRun(printer.id, "lost")).run.state).toMatchObject({ reason: "host-died" });
  expect((await home.api.untilRun(piped.id, "lost")).run.state).toMatchObject({ reason: "host-died-exit-unknown" });
  expect((await home.api.session(ended.id)).run.state).toMatchObject({ is: "exited", code: 3 });
  const log = await readLog(home, printer.id);
  expect(prefixDifference(shown.shown.bytes, log)).toBeNull();
  expect(prefixDifference(log, readFileSync(home.path("record")))).toBeNull();
  expect((await readLog(home, ended.id)).toString()).toBe("over\r\n");

  const again = await home.api.startRun(ended.id, { environment });
  expect(again.run.number).toBe(2);
  expect(again.id).toBe(ended.id);
  await home.api.untilRun(ended.id, "exited");
  const text = (await readLog(home, ended.id)).toString();
  expect(text.match(/over/g)).toHaveLength(2);
});
