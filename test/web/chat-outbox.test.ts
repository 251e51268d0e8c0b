// Messages that wait on the device, in a real browser: one that is killed, and one with several pages.

import { expect, test } from "vitest";
import { AppPage } from "../harness/app-page.ts";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import type { WebSituation } from "../harness/web-situation.ts";

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

async function conversation(name: string): Promise<string> {
  const environment = { variables: situation.home.variables };
  const { id } = await situation.home.api.create({
    agent: { agent: "demo", flags: ["--pace", "1"] },
    cwd: situation.home.path("user"),
    name,
    environment,
  });
  return id;
}

const address = (session: string): string => `http://localhost:${situation.home.port}/s/${session}`;

/** The browser's own profile, signed in, with the conversation open. */
async function lastingPage(session: string): Promise<AppPage> {
  const app = await AppPage.open(situation.lasting, await situation.link());
  await app.untilHome();
  await app.page.goto(address(session));
  await field(app).waitFor();
  return app;
}

const field = ({ page }: AppPage) => page.getByRole("textbox", { name: "Message", exact: true });
const transcript = ({ page }: AppPage) => page.getByRole("region", { name: "Conversation" });

/** In what states the messages with this text are with the server. */
async function statesOf(session: string, text: string): Promise<string[]> {
  const { text: body } = await situation.home.api.send("GET", `/api/sessions/${session}/conversation`);
  const { conversation: now } = JSON.parse(body) as { conversation: { inputs: Record<string, { text: string; state: string }> } };
  return Object.values(now.inputs).flatMap((input) => (input.text === text ? [input.state] : []));
}

/** The words are shown when the turn may still have to end. */
async function untilIdle(session: string): Promise<void> {
  await soon(async () => (await situation.home.api.session(session)).chat?.state).toBe("idle");
}

async function send(app: AppPage, text: string): Promise<void> {
  await field(app).fill(text);
  await app.page.keyboard.press("Enter");
  // The field is empty when the message is kept.
  await soon(() => field(app).inputValue()).toBe("");
}

test("a message that was sent without a server outlives a browser that is killed at that moment, and has one effect", async () => {
  const session = await conversation("killed");
  const before = await lastingPage(session);
  await situation.killServer();
  await before.page.getByText("Not connected. What you send is kept on this device").waitFor();
  await send(before, "kept through it all");
  await situation.profile.kill();
  await situation.startServer();
  await situation.launch();
  // The killed browser has lost its cookie and signs in again by what it keeps.
  situation.expectProblem(/status of 401/);
  const after = await AppPage.open(situation.lasting, address(session));
  await transcript(after).getByText('You said: "kept through it all".').waitFor();
  await untilIdle(session);
  expect(await statesOf(session, "kept through it all")).toEqual(["answered"]);
});

test("two pages see what waits, and send it once", async () => {
  const session = await conversation("two pages");
  const first = await lastingPage(session);
  const second = await AppPage.open(situation.lasting, address(session));
  await field(second).waitFor();
  await situation.killServer();
  for (const { page } of [first, second]) await page.getByText("Not connected. What you send is kept on this device").waitFor();
  await send(first, "from the first");
  await send(second, "from the second");
  for (const app of [first, second]) {
    await app.page.getByText("from the first", { exact: true }).waitFor();
    await app.page.getByText("from the second", { exact: true }).waitFor();
  }
  await situation.startServer();
  for (const app of [first, second]) {
    await transcript(app).getByText('You said: "from the first".').waitFor();
    await transcript(app).getByText('You said: "from the second".').waitFor();
  }
  await untilIdle(session);
  expect(await statesOf(session, "from the first")).toEqual(["answered"]);
  expect(await statesOf(session, "from the second")).toEqual(["answered"]);
});
