// A conversation with an agent in the browser, as a person has it: begun, answered, queued, stopped, cut, continued, and found again.

import { randomUUID } from "node:crypto";
import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { AppPage } from "../harness/app-page.ts";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import { phone, type WebSituation } from "../harness/web-situation.ts";

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

/** A conversation with the demo agent, at one word a millisecond. */
async function conversation(name: string): Promise<string> {
  const environment = { variables: situation.home.variables };
  const agent = { agent: "demo", flags: ["--pace", "1"] };
  const { id } = await situation.home.api.create({ agent, cwd: situation.home.path("user"), name, environment });
  return id;
}

async function say(session: string, text: string): Promise<void> {
  const answer = await situation.home.api.send("PUT", `/api/sessions/${session}/messages/${randomUUID()}`, { body: { text } });
  expect(answer.status).toBe(200);
}

async function open(app: AppPage, session: string): Promise<Page> {
  await app.page.goto(`${new URL(app.url).origin}/s/${session}`);
  await field(app.page).waitFor();
  return app.page;
}

function field(page: Page): Locator {
  return page.getByRole("textbox", { name: "Message", exact: true });
}

function transcript(page: Page): Locator {
  return page.getByRole("region", { name: "Conversation" });
}

/** What the page says of itself, so far as a person would count it as said. */
async function said(page: Page): Promise<string> {
  return transcript(page).innerText();
}

test("a conversation begins in the dialog, is answered in Markdown and is there again after a reload, with its draft", async () => {
  const app = await situation.signedIn();
  const { page } = app;
  await page.getByRole("button", { name: "New session" }).first().click();
  await page.getByRole("radio", { name: /Demo agent/ }).click();
  await page.getByLabel("Directory").fill("~");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.waitForURL(/\/s\//);
  await field(page).fill("/tour");
  await page.keyboard.press("Enter");
  await transcript(page).getByRole("heading", { name: "That was the tour" }).waitFor();
  await transcript(page).getByRole("table").waitFor();
  await transcript(page).getByText("const answer: number = 42;").waitFor();
  expect(await transcript(page).getByRole("link", { name: "links" }).getAttribute("rel")).toContain("noopener");
  await transcript(page)
    .getByRole("group", { name: /Changes of .*greet\.ts/ })
    .waitFor();
  await transcript(page).getByRole("region", { name: "Plan" }).getByText("3 of 3").waitFor();
  expect(await transcript(page).getByText("worth a second thought").count()).toBe(0);
  await transcript(page).getByRole("button", { name: "Thought about it" }).click();
  await transcript(page).getByText("worth a second thought").waitFor();
  await page.getByTestId("badge").waitFor({ state: "detached" });

  await field(page).fill("not sent\non two lines");
  await page.reload();
  await soon(() => field(page).inputValue()).toBe("not sent\non two lines");
  await transcript(page).getByRole("heading", { name: "That was the tour" }).waitFor();
});

test("commands are completed, Enter sends at a desk and the button on a phone", async () => {
  const session = await conversation("commands");
  const desk = await open(await situation.signedIn(), session);
  await desk.getByRole("combobox", { name: "Model" }).waitFor();
  await field(desk).fill("/to");
  await desk.getByRole("option", { name: /\/tool/ }).waitFor();
  await desk.keyboard.press("ArrowDown");
  await desk.keyboard.press("Tab");
  expect(await field(desk).inputValue()).toBe("/tool ");
  await desk.keyboard.type("make");
  await desk.keyboard.press("Enter");
  await transcript(desk).getByText("was only pretended").waitFor();
  expect(await field(desk).inputValue()).toBe("");

  const touched = await open(await situation.signedIn(phone), session);
  await field(touched).fill("one");
  await field(touched).press("Enter");
  await field(touched).press("x");
  expect(await field(touched).inputValue()).toBe("one\nx");
  await touched.getByRole("button", { name: "Send" }).click();
  await transcript(desk).getByText("of our conversation").waitFor();
});

test("three questions are answered on a second device, each once, and the first device says so", async () => {
  const session = await conversation("asks");
  const desk = await open(await situation.signedIn(), session);
  const second = await situation.signedIn(phone);
  const home = second.page;
  await say(session, "/approve rm -r one");
  await soon(() => home.title()).toBe("(1) perdure");
  await home.getByRole("region", { name: "Needs you" }).getByText("Asks you").waitFor();
  const mobile = await open(second, session);
  for (const [name, option] of [
    ["one", "Allow once"],
    ["two", "Always allow"],
  ] as const) {
    if (name !== "one") await say(session, `/approve rm -r ${name}`);
    const card = mobile.getByRole("region", { name: `Run rm -r ${name}?` });
    await desk.getByRole("region", { name: `Run rm -r ${name}?` }).waitFor();
    await card.getByRole("button", { name: option }).dblclick();
    await transcript(desk).getByText(`Answered “${option}” by`).waitFor();
    await card.waitFor({ state: "detached" });
  }
  await say(session, "/approve rm -r three");
  const card = mobile.getByRole("region", { name: "Run rm -r three?" });
  await card.getByRole("button", { name: "Say no, and why" }).click();
  await card.getByLabel("Words for the agent").fill("keep it");
  await card.getByRole("button", { name: "Reject" }).click();
  await transcript(desk).getByText('You said no: "keep it"').waitFor();
  await soon(() => desk.title()).toBe("asks · perdure");
  expect((await said(desk)).match(/Answered “/g)).toHaveLength(3);
});

test("messages behind a turn can be changed and removed; Stop stops, and Continue goes on", async () => {
  const session = await conversation("queue");
  const page = await open(await situation.signedIn(), session);
  await field(page).fill("/hang");
  await page.keyboard.press("Enter");
  await transcript(page).getByText("From here on I say nothing.").waitFor();
  const badge = page.getByTestId("badge");
  expect(await badge.innerText()).toContain("streaming");
  expect(await badge.getAttribute("title")).toMatch(/does not interrupt it.*What would interrupt it: Stop/);
  const queue = page.getByRole("region", { name: "Queue" });
  for (const text of ["first waits", "second waits", "third waits"]) {
    await field(page).fill(text);
    await page.getByRole("button", { name: "Queue", exact: true }).click();
    await queue.getByText(text).waitFor();
  }
  await queue.getByText("3 messages waiting").waitFor();
  await queue.getByRole("listitem").filter({ hasText: "second" }).getByRole("button", { name: "Edit this message" }).click();
  await queue.getByRole("textbox").fill("second, changed");
  await queue.getByRole("button", { name: "Save" }).click();
  await queue.getByText("second, changed").waitFor();
  for (const text of ["first waits", "third waits"]) {
    await queue.getByRole("listitem").filter({ hasText: text }).getByRole("button", { name: "Remove this message" }).click();
    await queue.getByText(text).waitFor({ state: "detached" });
  }
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await transcript(page).getByText("response interrupted by Stop").waitFor();
  await transcript(page).getByText('You said: "second, changed".').waitFor();
  expect(await said(page)).not.toMatch(/first waits|third waits/);

  await field(page).fill("/hang");
  await page.keyboard.press("Enter");
  await soon(async () => (await said(page)).split("From here on I say nothing.").length).toBe(3);
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await transcript(page).getByRole("button", { name: "Continue" }).click();
  await soon(async () => transcript(page).getByText("of our conversation").count()).toBe(2);
  expect(await transcript(page).getByRole("button", { name: "Continue" }).count()).toBe(0);
});

test("an agent that dies in mid-answer leaves its words, the cause, and a way on", async () => {
  const session = await conversation("dies");
  const page = await open(await situation.signedIn(), session);
  await field(page).fill("/crash");
  await page.keyboard.press("Enter");
  const end = transcript(page).getByRole("region", { name: "Interrupted response" });
  await end.getByText("response interrupted by the end of the agent's program").waitFor();
  await transcript(page).getByText("I was going to say something, but").waitFor();
  await field(page).fill("what did I say first?");
  await page.keyboard.press("Enter");
  await transcript(page).getByText('You said first: "/crash".').waitFor();
  expect(await end.getByRole("button").count()).toBe(0);
});

test("what is sent while the server is gone waits, says so, and is answered once", async () => {
  const session = await conversation("outage");
  const page = await open(await situation.signedIn(), session);
  await field(page).fill("before");
  await page.keyboard.press("Enter");
  await transcript(page).getByText('You said: "before".').waitFor();
  await situation.killServer();
  await transcript(page).getByText('You said: "before".').waitFor();
  await page.getByText("Not connected. What you send is kept on this device").waitFor();
  await field(page).fill("while it was gone");
  await page.keyboard.press("Enter");
  await page.getByText("Waiting for the connection").waitFor();
  await situation.startServer();
  await page.reload();
  await field(page).waitFor();
  expect(await field(page).inputValue()).toBe("");
  await transcript(page).getByText('You said: "while it was gone".').waitFor();
  await soon(async () => (await said(page)).split('You said: "while it was gone".').length).toBe(2);
  situation.expectProblem(/Failed to load resource/);
});

test("a reader who goes up is not pulled down, finds the way back, and the place after a reload", async () => {
  const session = await conversation("long");
  for (let turn = 0; turn < 12; turn += 1) await say(session, `/long ${60 + turn}`);
  const page = await open(await situation.signedIn(), session);
  await transcript(page).getByText("line 71 of 71").waitFor();
  await soon(() => atEnd(page)).toBe(true);
  await transcript(page).hover();
  await page.mouse.wheel(0, -1500);
  await page.getByRole("button", { name: "Latest" }).waitFor();
  const place = await restingPlace(page);
  await say(session, "one more");
  await transcript(page).getByText('You said: "one more".').waitFor();
  await soon(async () => (await situation.home.api.session(session)).chat?.state).toBe("idle");
  expect(await restingPlace(page)).toBe(place);
  await page.reload();
  await page.getByRole("button", { name: "Latest" }).waitFor();
  await soon(() => restingPlace(page)).toBe(place);
  await page.getByRole("button", { name: "Latest" }).click();
  await soon(() => atEnd(page)).toBe(true);
});

test("a conversation that lies with the agent is listed and goes on with one tap", async () => {
  const session = await conversation("lost and found");
  await say(session, "remember the blue door");
  const app = await situation.signedIn();
  const { page } = app;
  await page
    .getByRole("region", { name: "Running" })
    .or(page.getByRole("region", { name: "Needs you" }))
    .first()
    .waitFor();
  await soon(async () => (await situation.home.api.session(session)).chat?.state).toBe("idle");
  await situation.home.api.delete(session);
  await page.reload();
  const outside = page.getByRole("region", { name: "Begun elsewhere" });
  await outside.getByRole("button").filter({ hasText: "blue door" }).click();
  await page.waitForURL(/\/s\//);
  await transcript(page).getByText("remember the blue door", { exact: true }).waitFor();
  await transcript(page).getByText("said outside perdure").waitFor();
  expect((await situation.home.api.sessions()).map(({ chat }) => chat?.state)).toEqual(["asleep"]);
  await page.reload();
  await transcript(page).getByText("remember the blue door", { exact: true }).waitFor();
  await field(page).fill("what did I say first?");
  await page.keyboard.press("Enter");
  await transcript(page).getByText('You said first: "remember the blue door".').waitFor();
  expect((await situation.home.api.sessions()).map(({ chat }) => chat?.agent)).toEqual(["demo"]);
});

async function atEnd(page: Page): Promise<boolean> {
  return transcript(page).evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 2);
}

/** The uppermost row in view and where it lies, once the view rests. */
async function restingPlace(page: Page): Promise<string> {
  return transcript(page).evaluate(async (box) => {
    const place = (): string => {
      const edge = box.getBoundingClientRect().top;
      const rows = [...box.querySelectorAll<HTMLElement>("[data-row]")];
      const row = rows.find((one) => one.getBoundingClientRect().bottom > edge);
      return `${row?.dataset["row"] ?? ""} at ${Math.round((row?.getBoundingClientRect().top ?? 0) - edge)}`;
    };
    let last = place();
    for (let still = 0; still < 15;) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = place();
      still = now === last ? still + 1 : 0;
      last = now;
    }
    return last;
  });
}
