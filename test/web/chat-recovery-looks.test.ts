// What a conversation looks like when something went wrong: messages in doubt, held, too old or refused, agents that fail, die, forget or are
// not there, and the way to the agent's own terminal and back. Each says what happened and what can be done.

import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { transcripts, untilTranscript } from "../chat/transcripts.ts";
import { killHard, signal } from "../harness/processes.ts";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import type { WebSituation } from "../harness/web-situation.ts";
import { agentPid, begin, ChatPage, onBoth, untilState, withFakes } from "./chat-page.ts";
import { bigPhone, isDrawing, look } from "./looks.ts";

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

test("the agent lost its conversation: one line, and the way back to the old one", async () => {
  const session = await begin(situation, "incident", withFakes(situation, "claude"));
  const { phone, desk, pages } = await onBoth(situation, session);
  await phone.send("remember the blue door");
  await phone.untilSaid("echo: remember the blue door");
  await untilTranscript(situation.home);
  await killHard(await agentPid(situation, session));
  await soon(async () => (await situation.home.api.session(session)).run.state.is).not.toBe("running");
  for (const file of transcripts(situation.home)) rmSync(file);
  await phone.send("are you there?");
  for (const one of [phone, desk]) {
    await one.untilSaid("are you there?");
    await one.transcript.getByRole("button", { name: "Retry with the old conversation" }).waitFor();
  }
  await untilState(situation, session, "idle");
  expect.soft(await look("restart-line", pages)).toEqual([]);
  await desk.page.getByRole("button", { name: /^Menu/ }).first().click();
  await desk.page.getByRole("menuitem", { name: "Details" }).click();
  const details = desk.page.getByRole("dialog");
  await details.getByText("Recoveries (1)").waitFor();
  expect(await details.innerText()).toMatch(/Earlier one/);
  expect.soft(await look("recoveries", { desk: desk.page })).toEqual([]);
});

test("a message that may have been read, to be sent again or dropped", async () => {
  const session = await begin(situation, "doubt", withFakes(situation, "opencode"));
  const { phone, desk, pages } = await onBoth(situation, session);
  await phone.send("hello");
  await phone.untilSaid("echo: hello");
  await untilState(situation, session, "idle");
  const pid = await agentPid(situation, session);
  signal(pid, "SIGSTOP");
  await phone.send("deploy it to production");
  await phone.untilSaid("deploy it to production");
  await phone.transcript.getByText("Delivered").waitFor();
  await killHard(pid);
  await phone.transcript.getByText("It is not known whether the agent got this.").waitFor();
  for (const one of [phone, desk]) await one.transcript.getByRole("button", { name: "Send again" }).waitFor();
  expect.soft(await look("unknown", pages)).toEqual([]);
  await desk.transcript.getByRole("button", { name: "Drop it" }).click();
  await phone.transcript.getByText("Dropped").waitFor();
  expect.soft(await look("dropped", pages)).toEqual([]);
});

test.runIf(isDrawing)("a message that waits because a tool was at work when the agent died", async () => {
  const session = await begin(situation, "tool", withFakes(situation, "claude"));
  const { phone, desk, pages } = await onBoth(situation, session);
  await phone.send(`#tool Bash {"command":"echo at work; sleep 60"}`);
  await phone.transcript
    .getByRole("button", { name: /^(?:Allow|Yes)/ })
    .first()
    .click();
  await untilTranscript(situation.home, "sleep 60");
  await soon(async () => (await situation.home.api.session(session)).chat?.state).toBe("working");
  await killHard(await agentPid(situation, session));
  await phone.transcript.getByText("response interrupted by").waitFor();
  expect.soft(await look("tool-cut", pages)).toEqual([]);
  await phone.send("go on, please");
  for (const one of [phone, desk]) await one.queue.getByRole("button", { name: "Drop the message" }).waitFor();
  expect.soft(await look("held", pages)).toEqual([]);
});

test("messages that waited too long or are not taken: send after all, change, copy, remove", async () => {
  const session = await begin(situation, "refused");
  const first = await situation.signedIn(bigPhone);
  const context = first.page.context();
  const chat = await ChatPage.at(first, session);
  await situation.home.api.sessions();
  situation.expectProblem(/Failed to load resource|net::ERR|WebSocket/);
  await context.setOffline(true);
  await chat.page.evaluate(() => dispatchEvent(new Event("offline")));
  await chat.send("written on the train, long ago");
  await chat.page.getByText("Waiting for the connection").waitFor();
  expect.soft(await look("offline", { phone: chat.page })).toEqual([]);
  await chat.page.evaluate(`(() => {\n${[answerTo, ageMessages].map(String).join("\n")}\nreturn ageMessages();\n})()`);
  await chat.page.close();
  await context.setOffline(false);
  const page = await context.newPage();
  const origin = `http://localhost:${situation.home.port}`;
  let refuses = true;
  await page.route(/\/messages\//, async (route) => {
    const message = "The message is longer than messages may be; it was not sent.";
    const json = { error: { code: "too-large", message, correlation: "made-up" } };
    if (refuses && route.request().method() === "PUT") await route.fulfill({ status: 409, json });
    else await route.continue();
  });
  await page.goto(`${origin}/s/${session}`);
  const again = new ChatPage(page);
  await again.queue.getByText("never sent").waitFor();
  expect.soft(await look("expired", { phone: page })).toEqual([]);
  await again.queue.getByRole("button", { name: "Send after all" }).click();
  await again.queue.getByText("it was not sent").waitFor();
  expect.soft(await look("not-taken", { phone: page })).toEqual([]);
  refuses = false;
  await again.queue.getByRole("button", { name: "Send after all" }).click();
  await again.untilSaid('You said: "written on the train, long ago".');
});

/** These two run in the page: what waits there was written two days ago. */
async function ageMessages(): Promise<void> {
  const database = await answerTo(indexedDB.open("perdure-messages"));
  const store = database.transaction("messages", "readwrite").objectStore("messages");
  for (const message of (await answerTo(store.getAll())) as Record<string, unknown>[])
    await answerTo(store.put({ ...message, waitingSince: Date.now() - 48 * 3600 * 1000 }));
  database.close();
}

function answerTo<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(new Error("the database refused")));
  });
}

test.runIf(isDrawing)("an agent that fails, is not signed in, or dies", async () => {
  const session = await begin(situation, "fails");
  const { phone, desk, pages } = await onBoth(situation, session);
  for (const cause of ["overloaded", "auth"]) {
    await phone.send(`/fail ${cause}`);
    await desk.transcript.getByRole("region", { name: "Failed response" }).getByText("response failed").last().waitFor();
    await untilState(situation, session, "idle");
  }
  for (const one of [phone, desk]) await one.transcript.getByRole("button", { name: "Sign in, in a terminal" }).waitFor();
  expect.soft(await look("failed", pages)).toEqual([]);
  await phone.send("/crash");
  for (const one of [phone, desk]) await one.untilSaid("response interrupted by the end of the agent's program");
  expect.soft(await look("crashed", pages)).toEqual([]);
});

test("an agent whose program is gone", async () => {
  const missing = await begin(situation, "missing", withFakes(situation, "codex"));
  await killHard(await agentPid(situation, missing));
  rmSync(situation.home.path("bin", "codex"));
  const { phone, desk, pages } = await onBoth(situation, missing);
  await phone.send("hello?");
  for (const one of [phone, desk]) await one.page.getByText("Codex was not found").last().waitFor();
  expect.soft(await look("missing", pages)).toEqual([]);
});

test("from the chat to the agent's terminal and back: each is the session's next run", async () => {
  const session = await begin(situation, "both ways", withFakes(situation, "claude"));
  const { phone, desk, pages } = await onBoth(situation, session);
  await phone.send("remember the blue door");
  await phone.untilSaid("echo: remember the blue door");
  await untilState(situation, session, "idle");
  await untilTranscript(situation.home, "blue door");
  await desk.page.getByRole("button", { name: /^Menu/ }).first().click();
  await desk.page.getByRole("menuitem", { name: "Continue in its terminal" }).click();
  for (const one of [phone, desk]) await one.page.locator(".xterm-rows").waitFor();
  expect.soft(await look("in-terminal", pages)).toEqual([]);
  await desk.page.getByRole("button", { name: /^Menu/ }).first().click();
  await desk.page.getByRole("menuitem", { name: /chat/i }).click();
  for (const one of [phone, desk]) await one.untilSaid("echo: remember the blue door");
  expect.soft(await look("back-in-chat", pages)).toEqual([]);
  await phone.send("what now?");
  await phone.untilSaid('"remember the blue door"');
});
