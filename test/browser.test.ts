// A desk, a second tab and a phone, while the server is killed again and again.

import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AppPage } from "./harness/app-page.ts";
import { BrowserProfile } from "./harness/browser-profile.ts";
import { FaultProxy } from "./harness/fault-proxy.ts";
import { PerdureHome } from "./harness/perdure-home.ts";
import { Random } from "./harness/random.ts";
import { until } from "./harness/until.ts";

const batches = 20;
const linesPerBatch = 10_000;
const lines = batches * linesPerBatch;
/** A batch takes a moment, so that a kill falls into it. */
const pieces = 10;

let home: PerdureHome;
let desk: BrowserProfile;
let pocket: BrowserProfile;
let forwarded: FaultProxy;

beforeEach(async () => {
  home = new PerdureHome();
  desk = new BrowserProfile();
  pocket = new BrowserProfile();
  await home.start();
  forwarded = await FaultProxy.to(home.port);
});

afterEach(async () => {
  await desk.close();
  await pocket.close();
  await forwarded.close();
  await home.close();
});

/** A one-time link of the server, by the port through which it is reached. */
async function link(port: number): Promise<string> {
  return `http://localhost:${port}/#pair=${await home.api.pairingCode()}`;
}

/** Prints the lines in batches; each begins when its file exists, so that a test can act in the middle of every one. */
function printingScript(): string {
  return home.write(
    "lines.sh",
    `for batch in $(seq 1 ${batches}); do
  while [ ! -e '${home.path("go")}'.$batch ]; do sleep 0.02; done
  first=$(( (batch - 1) * ${linesPerBatch} ))
  for piece in $(seq 1 ${pieces}); do
    seq -f 'line %06.0f' $(( first + (piece - 1) * ${linesPerBatch / pieces} + 1 )) $(( first + piece * ${linesPerBatch / pieces} ))
    sleep 0.02
  done
done
echo "printed by $$"
`,
  );
}

async function history(session: string): Promise<string> {
  const { status, text } = await home.api.send("GET", `/api/sessions/${session}/history?format=text`);
  expect(status).toBe(200);
  return text;
}

function numbersIn(text: string): number[] {
  return [...text.matchAll(/^line (\d{6})$/gm)].map((match) => Number(match[1]));
}

/** Fewer than any of the pages has: the size is that of whoever is in control, and changes with the page that is in front. */
const comparedRows = 30;

/** The last rows on the screen, when it has come to rest at this one. */
async function screen(app: AppPage, last: string): Promise<readonly string[]> {
  await app.page.bringToFront();
  await app.untilRow(last, 60_000);
  return (await app.rows()).filter((row) => row !== "").slice(-comparedRows);
}

test(
  "200,000 lines, 20 server kills, a reload, a second tab and a phone: every line once, and all show the same",
  { timeout: 300_000 },
  async () => {
    const random = new Random(2);
    const { context } = await desk.launch();
    const app = await AppPage.open(context, await link(home.port));
    await app.untilHome();
    const session = await app.create();
    await app.enter('echo "shell $$"');
    await app.untilRow(/^shell \d+$/);
    const shell = /^shell (\d+)$/m.exec((await app.rows()).join("\n"))?.[1];
    await app.enter(`. ${printingScript()}`);

    let second: AppPage | undefined;
    let phone: AppPage | undefined;
    for (let batch = 1; batch <= batches; batch += 1) {
      home.write(`go.${batch}`, "");
      await delay(random.between(0, 200));
      await home.killServerAndRestart();
      if (batch === 5) await app.reload();
      if (batch === 8) {
        second = await AppPage.open(context, app.url);
        await second.untilTerminal();
      }
      if (batch === 11) {
        const { context: pocketContext } = await pocket.launch();
        phone = await AppPage.openPhone(pocketContext, await link(forwarded.port));
        await phone.untilHome();
        await phone.page.goto(`http://localhost:${forwarded.port}/s/${session}`);
        await phone.untilTerminal();
      }
    }
    if (!second || !phone) throw new Error("not everybody joined");

    const end = `printed by ${shell}`;
    await until("the last line", async () => (await history(session)).includes(end), { timeoutMs: 60_000, everyMs: 500 });
    const numbers = numbersIn(await history(session));
    expect(numbers.length).toBe(lines);
    expect(numbers.every((number, index) => number === index + 1)).toBe(true);

    const onDesk = await screen(app, end);
    expect(await screen(second, end)).toEqual(onDesk);
    expect(await screen(phone, end)).toEqual(onDesk);
    expect(onDesk).toContain(`line ${lines}`);
    const { run } = await home.api.session(session);
    expect(run.number).toBe(1);
    expect(run.state).toMatchObject({ is: "running", pid: Number(shell) });
  },
);

test("what is typed while there is no server arrives once and in order", async () => {
  const { context } = await desk.launch();
  const app = await AppPage.open(context, await link(home.port));
  await app.untilHome();
  const session = await app.create();
  await app.enter("PS1='$ '; echo ready-$((40 + 2))");
  await app.untilRow("ready-42");
  await home.server.kill();
  const typed = ["first", "second", "third"];
  for (const word of typed) await app.enter(`echo ${word}-$((40 + 2))`);
  await home.start();
  await app.untilRow("third-42", 60_000);
  // What comes while a command runs is echoed in front of its output.
  const printed = (await history(session)).matchAll(/(ready|first|second|third)-42$/gm);
  expect([...printed].map((match) => match[1])).toEqual(["ready", ...typed]);
});

test("a browser that is killed right after it was signed in is still signed in", async () => {
  const { context } = await desk.launch();
  const app = await AppPage.open(context, await link(home.port));
  await app.untilHome();
  await desk.kill();
  const again = await AppPage.open((await desk.launch()).context, home.url);
  await again.untilHome();
  expect(new URL(again.url).hash).toBe("");
  expect(await home.api.devices()).toHaveLength(2);
});

test("a line that died while the page was frozen is noticed as soon as it wakes, and work goes on when the line is back", async () => {
  const { context } = await desk.launch();
  const app = await AppPage.open(context, await link(forwarded.port));
  await app.untilHome();
  await app.create();
  await app.enter("echo before-$((1 + 1))");
  await app.untilRow("before-2");
  const page = await context.newCDPSession(app.page);
  await (await context.newPage()).bringToFront();
  await page.send("Page.setWebLifecycleState", { state: "frozen" });
  forwarded.swallow();
  await page.send("Page.setWebLifecycleState", { state: "active" });
  await app.page.bringToFront();
  // Idle, it would be noticed after 30 s; after a wake-up it is 2.5 s.
  await expect.poll(() => app.connection(), { timeout: 12_000 }).not.toContain("Live");
  await app.enter("echo after-$((1 + 1))");
  forwarded.flow();
  await app.untilRow("after-2", 60_000);
  expect(await app.connection()).toContain("Live");
});
