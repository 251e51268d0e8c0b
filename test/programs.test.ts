// What a program gets and what is left of it.

import { expect, test } from "vitest";
import type { SessionInfo } from "@perdure/protocol";
import type { PerdureHome } from "./harness/perdure-home.ts";
import { descriptorsOf, hasProc, processesWith } from "./harness/processes.ts";
import { RawConnection } from "./harness/raw-connection.ts";
import { readLog } from "./harness/session-log.ts";
import { homeForEachTest } from "./harness/set-up.ts";
import { until } from "./harness/until.ts";

let home: PerdureHome;

homeForEachTest(async (made) => {
  home = made;
  await home.start();
});

function pidOf({ run }: SessionInfo): number {
  if (run.state.is !== "running") throw new Error(`not running: ${JSON.stringify(run)}`);
  return run.state.pid;
}

test.skipIf(!hasProc)("twenty programs on terminals and pipes hold no descriptor but 0, 1 and 2", async () => {
  const environment = { variables: home.variables };
  const sessions: SessionInfo[] = [];
  for (let number = 0; number < 20; number += 1) {
    const kind = number % 2 === 0 ? "pty" : "pipe";
    sessions.push(await home.api.create({ command: ["sleep", "1000"], kind, environment }));
  }
  for (const session of sessions) {
    await until("the program itself", () =>
      processesWith(`PERDURE_SESSION=${session.id}`).every(({ command }) => command.endsWith("sleep 1000")),
    );
    expect([session.run.kind, ...descriptorsOf(pidOf(session)).keys()]).toEqual([session.run.kind, 0, 1, 2]);
  }
});

test.skipIf(!hasProc)(
  "end leaves nothing of an interactive shell: background jobs, nohup and setsid children included",
  { timeout: 60_000 },
  async () => {
    const environment = { variables: { ...home.variables, PS1: "$ " } };
    const { id, run } = await home.api.create({ command: ["/bin/bash", "--norc", "-i"], environment });
    const connection = await RawConnection.greet(home.url, { token: home.token });
    connection.attach(id);
    await connection.message("attached");
    const script = [
      "sleep 1001 &",
      "nohup sleep 1002 >/dev/null 2>&1 &",
      "setsid sleep 1003 &",
      "setsid nohup sh -c 'trap \"\" HUP TERM; sleep 1004 & wait; wait; sleep 1005' >/dev/null 2>&1 &",
      "(setsid sh -c 'sleep 1006 & exec sleep 1007' &)",
      "echo all-$((1 + 1))-started\r",
    ];
    connection.input(1, run.number, "typist", 1, script.join("\r"));
    await until("the shell's word", async () => (await readLog(home, id)).includes("all-2-started"));
    const cookie = `PERDURE_RUN=${run.id}`;
    await until("its children", () => [1001, 1002, 1003, 1004, 1006, 1007].every((seconds) => isRunning(cookie, seconds)));
    await home.api.end(id, 500);
    expect(processesWith(cookie)).toEqual([]);
    expect((await home.api.session(id)).run.state.is).toBe("exited");
    connection.cut();
  },
);

function isRunning(cookie: string, seconds: number): boolean {
  return processesWith(cookie).some(({ command }) => command.endsWith(`sleep ${seconds}`));
}

test("a program that kills the server harms nobody", async () => {
  const environment = { variables: home.variables };
  const bystander = await home.api.create({ command: ["sleep", "1000"], environment });
  const { pid } = home.server;
  const script = `while [ ! -e '${home.path("go")}' ]; do sleep 0.02; done; kill -9 ${pid}; echo done; exec sleep 1000`;
  const killer = await home.api.create({ command: ["/bin/sh", "-c", script], environment });
  home.write("go", "");
  expect((await home.server.exit()).signal).toBe("SIGKILL");
  await home.start();
  await until("its output", async () => (await readLog(home, killer.id)).includes("done"));
  for (const session of [bystander, killer]) {
    const { run } = await home.api.session(session.id);
    expect(run.state).toEqual({ ...session.run.state });
  }
});

test("an exit code and a signal are what they were, and the last byte before them is in the log", async () => {
  const environment = { variables: home.variables };
  const coded = await home.api.create({ command: ["/bin/sh", "-c", "printf last; exit 37"], environment });
  const signalled = await home.api.create({ command: ["/bin/sh", "-c", "printf last; kill -TERM $$"], environment });
  expect((await home.api.untilRun(coded.id, "exited")).run.state).toMatchObject({ code: 37, signal: null });
  expect((await home.api.untilRun(signalled.id, "exited")).run.state).toMatchObject({ code: null, signal: "SIGTERM" });
  for (const { id } of [coded, signalled]) expect((await readLog(home, id)).toString()).toBe("last");
});
