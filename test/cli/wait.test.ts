// `perdure wait`: what a script waits for, and the exit codes that tell it what came.

import { expect, test } from "vitest";
import type { CommandLine, Ended } from "../harness/command-line.ts";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { killHard } from "../harness/processes.ts";
import { commandLineForThisFile } from "../harness/set-up.ts";
import { until } from "../harness/until.ts";

let home: PerdureHome;
let cli: CommandLine;

commandLineForThisFile(async (made) => {
  cli = made;
  home = made.home;
  await cli.create("echo", ["sh", "-c", 'stty -echo; echo ready; while read -r line; do echo "said $line"; done; exit 3']);
  await cli.create("quiet", ["sleep", "1000"]);
});

function wait(...args: readonly string[]): Promise<Ended> {
  return cli.run(["wait", ...args]);
}

test("--match looks at the screen as it is, and at what is printed from now on", async () => {
  expect((await wait("echo", "--match", "^ready$")).code).toBe(0);
  const waiting = cli.start(["wait", "echo", "--match", "said h[ae]llo", "--json"]);
  await cli.output("send", "--enter", "echo", "hello");
  const { code, stdout } = await waiting.end();
  expect({ code, answer: JSON.parse(stdout) as unknown }).toMatchObject({ code: 0, answer: { met: "match", state: { is: "running" } } });
});

test("--match --new does not count what is on the screen already", async () => {
  expect((await wait("echo", "--match", "ready", "--new", "--timeout", "0.3")).code).toBe(124);
});

test("--idle: quiet for so long, counted from now", async () => {
  const before = performance.now();
  expect((await wait("quiet", "--idle", "0.4")).code).toBe(0);
  expect(performance.now() - before).toBeGreaterThan(400);
});

test("--timeout gives 124, and says so as JSON", async () => {
  const { code, stdout, stderr } = await wait("quiet", "--exit", "--timeout", "0.2", "--json");
  expect({ code, stderr }).toEqual({ code: 124, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({ met: "timeout", state: { is: "running" } });
});

test("nothing, or nonsense, to wait for is a usage error", async () => {
  expect((await wait("quiet")).code).toBe(2);
  expect((await wait("quiet", "--match", "(")).code).toBe(2);
  expect((await wait("quiet", "--idle", "soon")).code).toBe(2);
});

test("--exit goes on through a SIGKILL of the server and is 0 whatever the program's code; then --match gives 5", async () => {
  const waiting = cli.start(["wait", "echo", "--exit", "--json"]);
  const hopeless = cli.start(["wait", "echo", "--match", "never printed"]);
  await until("both to wait", async () => (await home.api.sessions()).find(({ name }) => name === "echo")?.watchers.length === 2);
  const { server } = await cli.status();
  await killHard(server.pid);
  await cli.output("send", "--keys", "echo", "C-d");
  const { code, stdout } = await waiting.end();
  expect({ code, answer: JSON.parse(stdout) as unknown }).toMatchObject({
    code: 0,
    answer: { met: "exit", state: { is: "exited", code: 3 } },
  });
  const failed = await hopeless.end();
  expect(failed.code).toBe(5);
  expect(failed.stderr).toBe('perdure: The program of "echo" ended (exited 3) before it printed that.\n');
  expect((await wait("echo", "--exit")).code).toBe(0);
  expect((await wait("echo", "--match", "said hello")).code).toBe(0);
});
