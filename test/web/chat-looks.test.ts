// What a conversation looks like in its ordinary states, on a phone and at a desk, in light and dark: nothing is cut off, covered, too small
// for a finger or too pale to read. `npm run screens` writes the pictures to build/screens and drives also what takes long.

import { expect, test } from "vitest";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import { until } from "../harness/until.ts";
import type { WebSituation } from "../harness/web-situation.ts";
import { begin, onBoth, say, untilState } from "./chat-page.ts";
import { isDrawing, KEYBOARD_HEIGHT, look } from "./looks.ts";

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

test("an answer with all that one can hold, its details and the badge's own words", async () => {
  const session = await begin(situation, "tour of a repository with a rather long name that goes on and on");
  const { phone, desk, pages } = await onBoth(situation, session);
  expect.soft(await look("begin", pages)).toEqual([]);
  await phone.send("/tour");
  for (const one of [phone, desk]) await one.transcript.getByRole("heading", { name: "That was the tour" }).waitFor();
  await desk.badge.waitFor({ state: "detached" });
  expect.soft(await look("tour-end", pages)).toEqual([]);
  const long = `${"/a/very/long/path/".repeat(9)}file.ts ${"Donaudampfschifffahrtsgesellschaft".repeat(6)} https://example.com/${"x".repeat(180)}`;
  await phone.send(long);
  for (const one of [phone, desk]) await one.untilSaid("of our conversation");
  await untilState(situation, session, "idle");
  expect.soft(await look("long-words", pages)).toEqual([]);
  for (const one of [phone, desk]) {
    await one.page.getByRole("button", { name: /^Menu/ }).first().click();
    await one.page.getByRole("menuitem", { name: "Details" }).click();
    await one.page.getByRole("dialog").getByText("of yours").waitFor();
    expect(await one.page.getByRole("dialog").innerText()).toMatch(/2 of yours, \d+ of the agent/);
  }
  expect.soft(await look("details", pages)).toEqual([]);
});

test("while it streams, under an open keyboard, and what the badge says would interrupt it", async () => {
  const session = await begin(situation, "streams");
  const { phone, desk, pages } = await onBoth(situation, session);
  await phone.send("/hang");
  for (const one of [phone, desk]) await one.untilSaid("From here on I say nothing.");
  await phone.field.fill("a second thought\non two lines");
  await phone.badge.click();
  await desk.badge.click();
  const tip = phone.page.locator("[popover]").filter({ hasText: "What would interrupt it" });
  await tip.getByText("What would interrupt it: Stop").waitFor();
  expect(await tip.innerText()).toContain(
    "closing the page, losing the network, restarting the server or upgrading it does not interrupt it",
  );
  expect.soft(await look("streaming-badge", pages)).toEqual([]);
  await phone.page.keyboard.press("Escape");
  await phone.page.setViewportSize({ width: 390, height: KEYBOARD_HEIGHT });
  await phone.field.fill("/t");
  await phone.page.getByRole("option", { name: /\/tool/ }).waitFor();
  expect.soft(await look("keyboard", { phone: phone.page })).toEqual([]);
});

test.runIf(isDrawing)("three questions, answered on a second device", async () => {
  const session = await begin(situation, "asks");
  const { phone, desk, pages } = await onBoth(situation, session);
  for (const [at, option] of ["Allow once", "Always allow", "Reject"].entries()) {
    await say(situation, session, `/approve rm -r build/number-${at + 1}`);
    const name = `Run rm -r build/number-${at + 1}?`;
    for (const one of [phone, desk]) await one.page.getByRole("region", { name }).waitFor();
    expect.soft(at === 0 ? await look("approval-open", pages) : []).toEqual([]);
    await phone.page.getByRole("region", { name }).getByRole("button", { name: option, exact: true }).click();
    await desk.untilSaid(`Answered “${option}” by`);
  }
  await untilState(situation, session, "idle");
  expect((await desk.said()).match(/Answered “/g)).toHaveLength(3);
  expect.soft(await look("approvals-answered", pages)).toEqual([]);
});

test.runIf(isDrawing)("a queue that is changed, Stop, and Continue", async () => {
  const session = await begin(situation, "queue");
  const { phone, desk, pages } = await onBoth(situation, session);
  await phone.send("/hang");
  await phone.untilSaid("From here on I say nothing.");
  for (const text of ["run the tests as well", `and look into ${"src/sessions/chat/".repeat(6)}ladder.ts`, "third"]) {
    await phone.send(text);
    await phone.queue.getByText(text).waitFor();
  }
  expect.soft(await look("queue", pages)).toEqual([]);
  await desk.queue.getByRole("listitem").filter({ hasText: "third" }).getByRole("button", { name: "Edit this message" }).click();
  await phone.queue.getByRole("listitem").filter({ hasText: "third" }).getByRole("button", { name: "Edit this message" }).click();
  await phone.queue.getByRole("textbox").fill("third, changed");
  expect.soft(await look("queue-edit", pages)).toEqual([]);
  await desk.queue.getByRole("button", { name: "Cancel" }).click();
  await phone.queue.getByRole("button", { name: "Save" }).click();
  await desk.queue.getByText("third, changed").waitFor();
  for (const text of ["run the tests", "and look"])
    await phone.queue.getByRole("listitem").filter({ hasText: text }).getByRole("button", { name: "Remove this message" }).click();
  await desk.queue.getByText("1 message waiting").waitFor();
  await desk.button("Stop").click();
  await phone.untilSaid('You said: "third, changed".');
  await phone.send("/hang");
  await soon(async () => (await phone.said()).split("From here on I say nothing.").length).toBe(3);
  await phone.button("Stop").click();
  for (const one of [phone, desk]) await one.transcript.getByRole("button", { name: "Continue" }).waitFor();
  expect((await desk.said()).match(/response interrupted by Stop/g)).toHaveLength(2);
  expect.soft(await look("interrupted", pages)).toEqual([]);
  await phone.button("Continue").click();
  await soon(async () => desk.transcript.getByRole("button", { name: "Continue" }).count()).toBe(0);
});

test("a change of three hundred lines is folded, opens, and scrolls smoothly", async () => {
  const session = await begin(situation, "diff");
  await say(situation, session, "/diff");
  await say(situation, session, "/diff 300");
  await untilState(situation, session, "idle");
  const { phone, desk, pages } = await onBoth(situation, session);
  expect.soft(await look("diff-folded", pages)).toEqual([]);
  for (const one of [phone, desk]) {
    const change = one.transcript.getByRole("group", { name: /Changes of .*greet\.ts/ }).last();
    expect(await change.getByText("// line 300", { exact: true }).count()).toBe(0);
    await one.transcript.getByRole("button", { name: /Show all 3\d\d lines/ }).click();
    await change.getByText("// line 300", { exact: true }).waitFor();
    await change.scrollIntoViewIfNeeded();
  }
  expect.soft(await look("diff-open", pages)).toEqual([]);
});

test.runIf(isDrawing)("two thousand messages, scrolled", async () => {
  const session = await begin(situation, "two thousand", { flags: ["--pace", "0"] });
  for (let turn = 1; turn <= 1000; turn += 1) await say(situation, session, `/tool number-${turn}`);
  await until("all answers", async () => (await situation.home.api.session(session)).chat?.messages === 2000, {
    timeoutMs: 90_000,
    everyMs: 250,
  });
  const { phone, desk, pages } = await onBoth(situation, session);
  for (const one of [phone, desk]) {
    await one.transcript.hover();
    for (let turn = 0; turn < 12; turn += 1) await one.page.mouse.wheel(0, -4000);
    await one.button("Latest").waitFor();
  }
  expect.soft(await look("two-thousand", pages)).toEqual([]);
});
