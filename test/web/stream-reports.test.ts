// What a page saw of an answer's stream is found in the server's diagnostics and in both logs, whatever became of the page.

import { STREAM_LOG_PREFIX, StreamDiagnostics } from "@perdure/protocol";
import { expect, test } from "vitest";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import type { WebSituation } from "../harness/web-situation.ts";
import { begin, ChatPage } from "./chat-page.ts";

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

/** The codes that pages reported of a session, oldest first. */
async function reported(session: string): Promise<string[]> {
  const { text } = await situation.home.api.send("GET", "/api/diagnostics/chat-streams?limit=500");
  const { records } = StreamDiagnostics.parse(JSON.parse(text));
  const own = records.filter((record) => record.session === session && record.code.startsWith("client."));
  return own.map(({ code }) => code).toReversed();
}

/** To the list and back, on the same page. */
async function leaveAndReturn({ page, transcript }: ChatPage): Promise<void> {
  await page.getByRole("link", { name: "All sessions" }).click();
  await transcript.waitFor({ state: "detached" });
  await page.goBack();
  await transcript.waitFor();
}

test("a view that is left and come back to is a view-remount, and the answer then done; one without an answer is neither", async () => {
  const session = await begin(situation, "left", { flags: ["--pace", "20"] });
  const app = await situation.signedIn();
  const told: string[] = [];
  app.page.on("console", (message) => told.push(message.text()));
  const chat = await ChatPage.at(app, session);
  await leaveAndReturn(chat);
  await chat.send("/long 30");
  await chat.untilSaid("line 2");
  await leaveAndReturn(chat);
  await chat.untilSaid("line 30");
  await soon(() => reported(session)).toEqual(["client.stream.view-remount", "client.stream.done"]);
  expect(told.filter((line) => line.startsWith(`${STREAM_LOG_PREFIX} client.stream.view-remount`))).toHaveLength(1);
  const logged = situation.home.server.lines.filter((line) => line.includes(`${STREAM_LOG_PREFIX} client.stream.view-remount`));
  expect(logged).toHaveLength(1);
});

test("an outage under an answer is a reader-error that is told afterwards, and Stop in the page an abort", async () => {
  const session = await begin(situation, "outage", { flags: ["--pace", "20"] });
  const chat = await ChatPage.on(situation, session);
  await chat.send("/long 2000");
  await chat.untilSaid("line 2");
  await situation.killServer();
  await chat.page.getByText(/^as of \d\d:\d\d$/).waitFor();
  await situation.startServer();
  await soon(() => reported(session)).toEqual(["client.stream.reader-error"]);
  await chat.button("Stop").click();
  await soon(async () => (await reported(session)).length).toBe(2);
  expect(await reported(session)).toEqual(["client.stream.reader-error", "client.stream.user-abort"]);
});

test("a page that is closed right behind it has told it all the same", async () => {
  const session = await begin(situation, "closed", { flags: ["--pace", "20"] });
  const app = await situation.signedIn();
  const chat = await ChatPage.at(app, session);
  await chat.send("/long 2000");
  await chat.untilSaid("line 2");
  const noted = chat.page.waitForEvent("console", (message) => message.text().startsWith(`${STREAM_LOG_PREFIX} client.stream.user-abort`));
  await chat.button("Stop").click();
  await noted;
  await app.page.goto("about:blank");
  await soon(() => reported(session)).toContain("client.stream.user-abort");
  expect(await reported(session)).toEqual(["client.stream.user-abort"]);
});
