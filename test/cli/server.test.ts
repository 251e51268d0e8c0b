// The commands about the server itself: what runs, who may use it, and its end.

import { mkdirSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { CLIENT_PROTOCOL, DeviceInfo, Paired, Status } from "@perdure/protocol";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import type { CommandLine } from "../harness/command-line.ts";
import { ORDINARY_MODES } from "../harness/ordinary-modes.ts";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { isAlive } from "../harness/processes.ts";
import { commandLineForEachTest } from "../harness/set-up.ts";
import { within } from "../harness/until.ts";

const Token = z.object({ url: z.string(), token: z.string() });
const Pairing = z.object({ links: z.array(z.string()), code: z.string(), expiresAt: z.number() });

let home: PerdureHome;
let cli: CommandLine;

commandLineForEachTest((made) => {
  cli = made;
  home = made.home;
});

describe("status", () => {
  test("starts nothing and gives 3 when no server runs; --json says what runs when one does", async () => {
    const before = await cli.run(["status", "--json"]);
    expect(before).toMatchObject({ code: 3, stderr: "" });
    expect(JSON.parse(before.stdout)).toEqual({ running: false, home: home.directory });
    expect(home.processes()).toEqual([]);

    await cli.create("one", ["sleep", "1000"]);
    await cli.run(["true"]);
    const status = (await cli.json("status")) as Record<string, unknown>;
    expect(status).toMatchObject({ running: true, url: home.url, home: home.directory, sessions: { total: 2, alive: 1 } });
    const { server, host, protocols } = Status.parse(status);
    expect(protocols.client).toBe(CLIENT_PROTOCOL);
    expect([server.pid, host?.pid].map((pid) => pid !== undefined && isAlive(pid))).toEqual([true, true]);
    const text = await cli.output("status");
    for (const part of [home.url, String(server.pid), "2, 1 alive", home.directory]) expect(text).toContain(part);
  });
});

describe("who may use the server", () => {
  test("token gives a bearer that works", async () => {
    const { url, token } = Token.parse(await cli.json("token"));
    const answer = (bearer: string) => fetch(`${url}/api/sessions`, { headers: { authorization: `Bearer ${bearer}` } });
    expect((await answer(token)).status).toBe(200);
    expect((await answer(`${token}x`)).status).toBe(401);
    expect((await cli.output("token")).trim()).toBe(token);
  });

  test("a device is paired by a link that works once, is listed, and has no access after revoke", async () => {
    const { links, code, expiresAt } = Pairing.parse(await cli.json("pair"));
    expect(links[0]).toBe(`${home.url}/#pair=${code}`);
    expect(Math.abs(expiresAt - Date.now() - 300_000)).toBeLessThan(60_000);
    const pair = () => home.api.send("POST", "/api/pair", { body: { code, name: "my phone" }, token: null });
    const { status, text } = await pair();
    expect(status).toBe(201);
    const { device, token } = Paired.parse(JSON.parse(text));
    expect((await pair()).status).toBe(401);

    const devices = z.array(DeviceInfo).parse(await cli.json("devices"));
    expect(devices).toHaveLength(2);
    expect(devices.filter(({ isThis }) => !isThis).map(({ id }) => id)).toEqual([device]);
    expect(await cli.output("devices")).toMatch(/\nmy phone .*\n/);
    const mine = devices.find(({ isThis }) => isThis)?.id ?? "";
    expect((await cli.run(["revoke", mine])).code).toBe(5);
    const mistyped = await cli.run(["revoke", "my fone"]);
    expect(mistyped).toMatchObject({ code: 4, stderr: 'perdure: There is no device "my fone". Did you mean my phone?\n' });

    const asked = () => home.api.send("GET", "/api/sessions", { token });
    expect((await asked()).status).toBe(200);
    await cli.output("revoke", "my phone");
    expect((await asked()).status).toBe(401);
  });

  test("the link of a bare perdure signs a browser in; by ssh it says how to get there", async () => {
    const env = { SSH_CONNECTION: "10.0.0.1 50000 10.0.0.2 2222" };
    const { code, stdout } = await cli.run(["--no-open"], { env });
    expect(code).toBe(0);
    const link = /(http:\/\/\S+)\/#pair=(\S+)/.exec(stdout);
    expect(link?.[1]).toBe(home.url);
    expect(stdout).toMatch(new RegExp(`ssh -N -L ${home.port}:localhost:${home.port} -p 2222 \\S+@10\\.0\\.0\\.2`));
    const body = { code: decodeURIComponent(link?.[2] ?? ""), name: "browser" };
    expect((await home.api.send("POST", "/api/pair", { body, token: null })).status).toBe(201);
    expect((await fetch(home.url)).headers.get("content-type")).toMatch(/^text\/html/);
  });
});

describe("the one-time link", () => {
  test("flags that only a start takes up are said to be too late", async () => {
    expect((await cli.run(["--no-open", "--port", "0"])).stderr).toBe("");
    const { stderr } = await cli.run(["--no-open", "--port", "1", "--listen", "0.0.0.0"]);
    expect(stderr).toMatch(/^The server ran already: --port, --listen counts when one is started\./);
  });

  test("no code is drawn that only this machine could use", async () => {
    const terminal = cli.terminal(["pair"]);
    expect((await terminal.end()).code).toBe(0);
    expect(terminal.rows.join("\n")).not.toContain("█");
    expect(terminal.rows.join("\n")).toContain("listens on this machine only");
  });
});

describe("shutdown", () => {
  test("ends the server and no program; the next command finds them under another server", async () => {
    const id = await cli.create("survivor", ["sleep", "1000"]);
    const { server, host } = await cli.status();
    const { run } = await home.api.session(id);
    const said = await cli.output("shutdown");
    expect(said).toContain("These live on: survivor.");
    expect(isAlive(server.pid)).toBe(false);
    expect((await cli.run(["shutdown"])).code).toBe(3);
    expect(await cli.json("ls")).toMatchObject([{ id, run }]);
    expect((await cli.status()).host).toEqual(host);
  });

  test("--all leaves no process, and every history", async () => {
    await cli.create("loud", ["sh", "-c", "echo words; sleep 1000 & nohup sleep 1000 >/dev/null 2>&1 & exec sleep 1000"]);
    await cli.create("quiet", ["sleep", "1000"]);
    await cli.run(["wait", "loud", "--match", "words"]);
    const said = await cli.output("shutdown", "--all");
    expect(said).toMatch(/^The server and the host have ended, and with them: (?:loud, quiet|quiet, loud)\.\n$/);
    expect(home.processes()).toEqual([]);
    expect((await cli.run(["shutdown", "--all"])).code).toBe(3);
    expect(await cli.output("logs", "loud")).toContain("words");
    expect(await cli.output("shutdown", "--all")).toContain("no program was running");
    expect(home.processes()).toEqual([]);
  });

  test("--all ends programs whose server was shut down before", async () => {
    await cli.create("orphan", ["sleep", "1000"]);
    await cli.output("shutdown");
    expect(await cli.output("shutdown", "--all")).toContain("orphan");
    expect(home.processes()).toEqual([]);
  });
});

describe("serve", () => {
  test("is the server itself: it logs, refuses a second one, and ends in order at SIGTERM", async () => {
    const serving = cli.start(["serve", "--port", "0"]);
    await serving.untilPrinted("the server is ready");
    expect((await cli.status()).server.pid).toBe(serving.pid);
    const second = await cli.run(["serve"]);
    expect(second).toMatchObject({ code: 5, stdout: "" });
    expect(second.stderr).toContain(`already runs at ${home.url} (pid ${serving.pid})`);
    await cli.create("survivor", ["sleep", "1000"]);
    serving.signal("SIGTERM");
    expect((await serving.end()).code).toBe(0);
    expect(await cli.json("ls")).toMatchObject([{ name: "survivor", run: { state: { is: "running" } } }]);
  });
});

describe("a port that was asked for", () => {
  test("is used, or it is an error that names it and starts nothing", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    for (const [args, env] of [[["ls", "--port", String(port)], {}] as const, [["ls"], { PERDURE_PORT: String(port) }] as const]) {
      const { code, stdout, stderr } = await cli.run(args, { env });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(new RegExp(`^perdure: .*\\b${port}\\b.*\\n$`));
    }
    expect(home.processes()).toEqual([]);
    await new Promise((resolve) => other.close(resolve));
    expect((await cli.run(["ls", "--port", String(port)])).code).toBe(0);
    expect(home.port).toBe(port);
    expect((await cli.run(["ls", "--port", "seven"])).code).toBe(2);
    expect((await cli.run(["ls", "--port", "65536"])).code).toBe(2);
  });
});

describe("the state directory", () => {
  test("that cannot be written is an error that names it", async () => {
    mkdirSync(home.path("locked"), { mode: 0o555 });
    for (const directory of [home.path("locked"), home.path("locked", "below")]) {
      const { code, stdout, stderr } = await cli.run(["ls"], { through: ORDINARY_MODES, env: { PERDURE_HOME: directory } });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain(`The state directory ${directory} cannot be used`);
      expect(stderr).toContain("--home or PERDURE_HOME");
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    }
  });

  test("may have a path longer than that of a socket", async () => {
    const directory = home.path("long".repeat(30), "and longer");
    const env = { PERDURE_HOME: directory };
    expect((await cli.run(["sh", "-c", "echo works; exit 3"], { env })).stdout).toBe("works\r\n");
    expect((await cli.run(["shutdown", "--all"], { env })).code).toBe(0);
    expect(home.processes()).toEqual([]);
  });

  test("of --home goes before the one of PERDURE_HOME", async () => {
    const directory = home.path("other");
    expect((await cli.run(["ls", "--home", directory])).code).toBe(0);
    expect(JSON.parse((await cli.run(["status", "--json", "--home", directory])).stdout)).toMatchObject({ running: true, home: directory });
    expect((await cli.run(["status"])).code).toBe(3);
  });
});

test("a server listens on this machine only, unless it is told otherwise", async () => {
  await cli.output("ls");
  const reached = await canConnect("127.0.0.1", home.port);
  const fromOutside = await canConnect("127.0.0.2", home.port);
  expect({ reached, fromOutside }).toEqual({ reached: true, fromOutside: false });
});

function canConnect(host: string, port: number): Promise<boolean> {
  const answer = new Promise<boolean>((resolve) => {
    const socket = connect({ host, port }, () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
  return within(5000, `an answer of ${host}:${port}`, answer);
}
