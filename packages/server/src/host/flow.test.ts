import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { type ScratchHost, type Watcher, request, scratchHost, within } from "./scratch-host.ts";

const LIMIT = 512 * 1024;
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let host: ScratchHost;

afterEach(() => host.close());

/** Numbered lines, `bytes` in all, to which the terminal adds nothing. */
function lines(bytes: number): { readonly command: readonly string[]; readonly text: string } {
  const text = Array.from({ length: Math.ceil(bytes / 10) }, (_, n) => `${String(n).padStart(9, "0")}\n`).join("");
  const file = path.join(host.home.directory, "lines");
  fs.writeFileSync(file, text);
  return { command: ["sh", "-c", `stty -opost 2>/dev/null; cat ${file}; exit 5`], text };
}

function digest(bytes: Buffer | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function spooled(run: string): number {
  const directory = path.join(host.home.hostDirectory, "runs", run, "spool");
  return fs.readdirSync(directory).reduce((sum, name) => sum + fs.statSync(path.join(directory, name)).size, 0);
}

async function silentServer(): Promise<Watcher> {
  const server = await host.connect();
  server.isAcking = false;
  return server;
}

for (const kind of ["pty", "pipe"] as const) {
  test(`a ${kind} program that meets the spool's limit blocks; every byte comes when there is room`, async () => {
    host = await scratchHost({ PERDURE_SPOOL_BYTES: String(LIMIT) });
    const server = await silentServer();
    const { command, text } = lines(3_000_000);
    await server.start(request("r1", command, { kind }));
    await server.until(() => server.spoolStates.includes("limit"));
    expect(spooled("r1")).toBeLessThan(LIMIT + 128 * 1024);
    server.isAcking = true;
    server.connection.ack("r1", (server.received.get("r1")?.at(-1)?.index ?? -1) + 1);
    expect(await server.untilEnd("r1")).toMatchObject({ is: "exited", code: 5 });
    expect(digest(server.output("r1"))).toBe(digest(text));
    expect(server.spoolStates.at(-1)).toBe("ok");
  });

  test(`a ${kind} program that exits while it is not read at the limit loses nothing`, async () => {
    host = await scratchHost({ PERDURE_SPOOL_BYTES: String(LIMIT) });
    const server = await silentServer();
    const file = path.join(host.home.directory, "exited");
    // More than the limit by less than the kernel keeps for a terminal, so that the program ends while nobody reads it.
    const wanted = LIMIT + 1500;
    const script = `stty -opost 2>/dev/null; head -c ${LIMIT} /dev/zero; until [ -e ${file}.go ]; do sleep 0.02; done; head -c 1500 /dev/zero; : > ${file}; exit 6`;
    await server.start(request("r1", ["sh", "-c", script], { kind }));
    await server.until(() => server.spoolStates.includes("limit"));
    fs.writeFileSync(`${file}.go`, "");
    const seen = server.received.get("r1")?.length;
    const watch = fs.watch(host.home.directory);
    while (!fs.existsSync(file)) await new Promise((resolve) => watch.once("change", resolve));
    watch.close();
    expect(server.received.get("r1")).toHaveLength(seen ?? 0);
    expect(server.end("r1")).toBeUndefined();
    server.isAcking = true;
    server.connection.ack("r1", (server.received.get("r1")?.at(-1)?.index ?? -1) + 1);
    expect(await server.untilEnd("r1")).toMatchObject({ is: "exited", code: 6 });
    expect(server.output("r1")).toHaveLength(wanted);
  });
}

test("with no server everything is kept; the next one reads it all from any record on", async () => {
  host = await scratchHost();
  const { command, text } = lines(10_000_000);
  const starter = await host.connect(1);
  await starter.connection.spawn(request("r1", command), within());
  starter.connection.close();
  const server = await host.connect(2);
  server.connection.read("r1", 0);
  await server.untilEnd("r1");
  expect(digest(server.output("r1"))).toBe(digest(text));
  const all = server.received.get("r1") ?? [];
  const again = await host.connect(3);
  const { firstRecord, nextRecord } = again.connection.hello.runs[0] ?? { firstRecord: -1, nextRecord: -1 };
  expect(firstRecord).toBeGreaterThan(0);
  expect(nextRecord).toBe(all.length);
  again.connection.read("r1", 0);
  await again.untilEnd("r1");
  expect(again.gones).toEqual([{ run: "r1", from: firstRecord }]);
  expect(again.received.get("r1")).toEqual(all.slice(firstRecord));
});

test("a server that stops reading the socket costs the host no memory, and misses nothing", async () => {
  host = await scratchHost();
  const server = await silentServer();
  const before = hostMemory();
  const { command, text } = lines(24_000_000);
  await server.start(request("r1", command));
  server.connection.pauseReading();
  const other = path.join(host.home.hostDirectory, "runs", "r1");
  const watch = fs.watch(path.join(other, "spool"));
  while (spooled("r1") < text.length) await new Promise((resolve) => watch.once("change", resolve));
  watch.close();
  expect(hostMemory() - before).toBeLessThan(48 * 1024 * 1024);
  server.isAcking = true;
  server.connection.resumeReading();
  await server.untilEnd("r1");
  expect(digest(server.output("r1"))).toBe(digest(text));
});

test("a flood is held at a window while the server acknowledges slowly, so that Ctrl-C is felt", async () => {
  host = await scratchHost();
  const server = await silentServer();
  await server.start(request("r1", ["bash", "-c", "trap 'echo interrupted; exit 9' INT; while :; do head -c 1000000 /dev/zero; done"]));
  const acknowledging = setInterval(() => server.connection.ack("r1", 1), 100);
  try {
    await server.until(() => server.output("r1").length > 3_500_000);
    await server.until(() => spooled("r1") > 4_000_000);
    server.type("r1", 1, "\u0003");
    await server.until(() => server.inputs.length === 1);
    expect(spooled("r1")).toBeLessThan(6_000_000);
  } finally {
    clearInterval(acknowledging);
  }
  server.isAcking = true;
  expect(await server.untilEnd("r1")).toMatchObject({ code: 9 });
});

test("duplicates are acknowledged again and not applied, gaps and what does not fit are refused whole", async () => {
  host = await scratchHost();
  const server = await host.connect();
  await server.start(request("r1", ["bash", "-c", "stty raw -echo; echo up; head -c 6 >&2; exec sleep 60"]));
  await server.untilOutput("r1", "up");
  for (const [seq, text] of [
    [1, "ab"],
    [1, "ab"],
    [3, "zz"],
    [2, "cd"],
    [3, "ef"],
    [2, "xx"],
  ] as const) {
    server.type("r1", seq, text);
  }
  await server.until(() => server.inputs.length === 6);
  expect(server.inputs.map(({ seq, answer, expected }) => [seq, answer, expected])).toEqual([
    [1, "acked", undefined],
    [1, "acked", undefined],
    [3, "gap", 2],
    [2, "acked", undefined],
    [3, "acked", undefined],
    [2, "acked", undefined],
  ]);
  await server.untilOutput("r1", "abcdef");
  const half = Buffer.alloc(600 * 1024, 0x61);
  server.connection.input("r1", "increasing", "big", 10, half);
  server.connection.input("r1", "increasing", "big", 20, half);
  await server.until(() => server.inputs.length === 8);
  expect(server.inputs.slice(6)).toMatchObject([
    { seq: 10, answer: "acked" },
    { seq: 20, answer: "queue-full" },
  ]);
});

for (const kind of ["pty", "pipe"] as const) {
  test(`a megabyte typed at a slow ${kind} program arrives whole and in order`, async () => {
    host = await scratchHost();
    const server = await host.connect();
    await server.start(
      request("r1", ["bash", "-c", "stty raw -echo 2>/dev/null; echo up; sleep 0.3; head -c 1000000 | sha256sum"], { kind }),
    );
    await server.untilOutput("r1", "up");
    const { text } = lines(1_000_000);
    for (let n = 0; n < 20; n += 1) server.type("r1", n + 1, text.slice(n * 50_000, (n + 1) * 50_000));
    await server.untilEnd("r1");
    expect(server.inputs.every(({ answer }) => answer === "acked")).toBe(true);
    expect(server.output("r1").toString()).toContain(digest(text));
  });
}

test("input for a run that has ended is refused as such", async () => {
  host = await scratchHost();
  const server = await host.connect();
  await server.start(request("r1", ["true"]));
  await server.untilEnd("r1");
  server.type("r1", 1, "late");
  await server.until(() => server.inputs.length === 1);
  expect(server.inputs).toMatchObject([{ answer: "run-ended" }]);
});

function hostMemory(): number {
  const status = fs.readFileSync(`/proc/${host.process.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}
