// A session is made once, whenever the server or the host dies while it is made.

import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { SessionInfo } from "@perdure/protocol";
import { expect, test } from "vitest";
import { ApiError } from "./harness/api.ts";
import type { PerdureHome } from "./harness/perdure-home.ts";
import { untilGone } from "./harness/processes.ts";
import { homeForEachTest } from "./harness/set-up.ts";
import { until } from "./harness/until.ts";

let home: PerdureHome;

homeForEachTest((made) => {
  home = made;
});

/** Notes that it was started, and stays. */
function request(): { command: string[]; environment: { variables: Readonly<Record<string, string>> } } {
  const script = `echo started >> '${home.path("starts")}'; exec sleep 1000`;
  return { command: ["/bin/sh", "-c", script], environment: { variables: home.variables } };
}

function starts(): number {
  const file = home.path("starts");
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0;
}

/** Asks again with the same key until there is an answer, as a client does. */
async function createRepeatedly(key: string): Promise<SessionInfo> {
  return until(
    "an answer",
    async () => {
      try {
        return await home.api.create(request(), key);
      } catch (error) {
        if (error instanceof ApiError && error.code !== "host-unavailable") throw error;
        return undefined; // no server, or no host, just now
      }
    },
    { everyMs: 100 },
  );
}

for (const point of ["server-after-run-row", "server-after-spawn"]) {
  test(`a server that dies at ${point}: the repeated request makes one session with one program`, async () => {
    await home.start({ env: { PERDURE_CRASH: `${point}:1` } });
    const key = randomUUID();
    await expect(home.api.create(request(), key)).rejects.toBeInstanceOf(Error);
    expect((await home.server.exit()).signal).toBe("SIGKILL");
    await home.start();
    const session = await createRepeatedly(key);
    const { run } = await home.api.untilRun(session.id, "running");
    await until("the program", () => starts() > 0);
    expect(await home.api.sessions()).toHaveLength(1);
    expect(starts()).toBe(1);
    expect(run.state.is).toBe("running");
    expect((await createRepeatedly(key)).run).toEqual(run);
  });
}

test("a host that dies when it has started the program: the session says so, and the repeated request makes no second one", async () => {
  await home.start({ env: { PERDURE_CRASH: "host-after-spawn:1" } });
  const host = await home.hostPid();
  const key = randomUUID();
  const asked = home.api.create(request(), key).catch((error: unknown) => error);
  await untilGone(host);
  await asked;
  await home.killServerAndRestart();
  await createRepeatedly(key).catch((error: unknown) => error);
  const sessions = await home.api.sessions();
  expect(sessions.length).toBeLessThanOrEqual(1);
  for (const { run } of sessions) expect(["running", "lost"]).toContain(run.state.is);
});

test("a key that was used for something else is refused, and a request without one too", async () => {
  await home.start();
  const key = randomUUID();
  await home.api.create(request(), key);
  await expect(home.api.create({ ...request(), name: "other" }, key)).rejects.toMatchObject({ code: "idempotency-key-reused" });
  const answer = await home.api.send("POST", "/api/sessions", { body: request() });
  expect(answer).toMatchObject({ status: 400 });
  expect(answer.text).toContain("idempotency-key-missing");
  expect(await home.api.sessions()).toHaveLength(1);
});
