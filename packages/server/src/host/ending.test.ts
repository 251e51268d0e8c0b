import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { pidsWithCookie, processTable } from "../platform/processes.ts";
import { type ScratchHost, type Watcher, request, scratchHost, within } from "./scratch-host.ts";

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let host: ScratchHost;

afterEach(() => host.close());

const LENGTH = `9${process.pid}`;
const JOBS = [
  `sleep ${LENGTH}.1 &`,
  `nohup sleep ${LENGTH}.2 >/dev/null 2>&1 &`,
  `setsid sleep ${LENGTH}.3 &`,
  `env -i sleep ${LENGTH}.4 &`,
  `(trap '' HUP TERM; exec sleep ${LENGTH}.5) &`,
  `(setsid nohup sh -c "trap '' HUP TERM; sleep ${LENGTH}.6; sleep ${LENGTH}.7" >/dev/null 2>&1 &)`,
  `sleep ${LENGTH}.8 & kill -STOP $!`,
];

/** Living processes that carry the run's cookie or belong to its session. */
function left(run: string, leader: number): number {
  const table = processTable().filter((entry) => !entry.isZombie);
  const carriers = pidsWithCookie(run, table);
  return table.filter(({ pid, session }) => carriers.has(pid) || session === leader).length;
}

async function shellWithJobs(server: Watcher, kind: "pty" | "pipe"): Promise<number> {
  const { pid } = await server.start(request("jobs", ["bash", "--norc", ...(kind === "pty" ? ["-i"] : ["-m"])], { kind }));
  server.type("jobs", 1, `${JOBS.join("\n")}\necho all-"started"\n`);
  await server.until(() => /^all-started\r?$/m.test(server.output("jobs").toString()));
  return pid;
}

for (const kind of ["pty", "pipe"] as const) {
  test(`nothing is left of a ${kind} shell with background jobs, nohup and setsid children`, async () => {
    host = await scratchHost();
    const server = await host.connect();
    const pid = await shellWithJobs(server, kind);
    expect(left("jobs", pid)).toBeGreaterThanOrEqual(JOBS.length);
    await server.connection.end("jobs", 500, within());
    expect(left("jobs", pid)).toBe(0);
    expect(await server.untilEnd("jobs")).toMatchObject({ is: "exited" });
  });
}

test("what is left of a run whose host died is ended by the next host", async () => {
  host = await scratchHost();
  const pid = await shellWithJobs(await host.connect(), "pty");
  await host.killAndStartAgain();
  const server = await host.connect(2);
  server.connection.read("jobs", 0);
  expect(await server.untilEnd("jobs")).toEqual({ is: "lost", reason: "host-died" });
  expect(left("jobs", pid)).toBeGreaterThan(0);
  await server.connection.end("jobs", 200, within());
  expect(left("jobs", pid)).toBe(0);
});

test("a program left behind that keeps the terminal does not keep the run, and can be ended later", async () => {
  host = await scratchHost();
  const server = await host.connect();
  const { pid } = await server.start(request("jobs", ["bash", "-c", `setsid sleep ${LENGTH} & echo bye; sleep 0.1; exit 2`]));
  expect(await server.untilEnd("jobs")).toEqual({ is: "exited", code: 2, signal: null });
  expect(server.output("jobs").toString()).toBe("bye\r\n");
  expect(left("jobs", pid)).toBe(1);
  await server.connection.end("jobs", 500, within());
  expect(left("jobs", pid)).toBe(0);
});

test("one that keeps writing to the pipe after the program's exit does not keep the run", async () => {
  host = await scratchHost();
  const server = await host.connect();
  await server.start(request("jobs", ["bash", "-c", "(trap '' PIPE; exec yes) & sleep 0.1; exit 3"], { kind: "pipe" }));
  expect(await server.untilEnd("jobs")).toEqual({ is: "exited", code: 3, signal: null });
  await server.connection.end("jobs", 500, within());
});

test("ending what the host does not know is refused, and a second end is harmless", async () => {
  host = await scratchHost();
  const server = await host.connect();
  await expect(server.connection.end("nobody", 0, within())).rejects.toMatchObject({ code: "not-found" });
  await server.start(request("r1", ["sleep", LENGTH]));
  const ends = [server.connection.end("r1", 300, within()), server.connection.end("r1", 300, within())];
  await Promise.all(ends);
  await server.connection.end("r1", 0, within());
});

test("shutting down is refused while something runs, unless that is to be ended too", async () => {
  host = await scratchHost();
  const server = await host.connect();
  const { pid } = await server.start(request("r1", ["sh", "-c", `trap '' HUP TERM; sleep ${LENGTH}`]));
  await expect(server.connection.shutdown(false, within())).rejects.toMatchObject({ message: expect.stringContaining("running") });
  host.process.kill("SIGTERM");
  host.process.kill("SIGHUP");
  await delay(0);
  expect(await server.connection.spawn(request("r1", ["x"]), within())).toMatchObject({ isAlive: true });
  const exited = new Promise((resolve) => host.process.once("exit", resolve));
  await server.connection.shutdown(true, within());
  expect(await exited).toBe(0);
  expect(left("r1", pid)).toBe(0);
});

test("the last words of programs that are ended with their host are kept", async () => {
  host = await scratchHost();
  const server = await host.connect();
  const script =
    "trap 'for i in 1 2 3 4 5 6 7 8 9; do echo word $i; done; exit 3' TERM; trap '' HUP; echo up; while :; do sleep 0.05; done";
  for (const kind of ["pty", "pipe"] as const) await server.start(request(kind, ["bash", "-c", script], { kind }));
  await server.untilOutput("pty", "up");
  await server.untilOutput("pipe", "up");
  const exited = once(host.process, "exit");
  await server.connection.shutdown(true, within());
  await exited;
  for (const run of ["pty", "pipe"]) {
    expect(server.output(run).toString()).toContain("word 9");
    expect(server.end(run)).toMatchObject({ is: "exited" });
  }
});

test("no signal but KILL ends a host whose programs are running", async () => {
  host = await scratchHost();
  const server = await host.connect();
  await server.start(request("r1", ["sleep", "60"]));
  for (const signal of ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGPIPE"] as const) host.process.kill(signal);
  await expect(server.connection.forget("r1", within())).rejects.toMatchObject({ code: "already-running" });
  const again = await host.connect(2);
  expect(again.connection.hello).toMatchObject({ pid: host.process.pid, runs: [{ run: "r1", isAlive: true }] });
});

test("told to end by TERM, a host without programs exits", async () => {
  host = await scratchHost();
  const exited = new Promise((resolve) => host.process.once("exit", resolve));
  host.process.kill("SIGTERM");
  expect(await exited).toBe(0);
});
