// The history of a session, scrolled from its end to its first line, at a desk and on a phone.

import type { CDPSession } from "playwright-core";
import { expect, test } from "vitest";
import type { AppPage } from "../harness/app-page.ts";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import { until } from "../harness/until.ts";
import { phone, type WebSituation } from "../harness/web-situation.ts";

const manyLines = 1_000_000;

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

/** A session that has printed so many numbered lines and echoes what is typed. */
async function counted(lines: number): Promise<string> {
  const session = await situation.session(["sh", "-c", `seq -f 'line %.0f' ${lines}; exec cat`]);
  const isPrinted = async (): Promise<boolean> => {
    const { text } = await situation.home.api.send("GET", `/api/sessions/${session}/screen`);
    return text.trimEnd().endsWith(`line ${lines}`);
  };
  await until(`${lines} lines printed`, isPrinted, { timeoutMs: 90_000, everyMs: 250 });
  return session;
}

/** The first row that is read. */
async function top(app: AppPage): Promise<string | undefined> {
  return (await app.rows())[0];
}

const lineOf = (row: string | undefined): number => Number(/^line (\d+)$/.exec(row ?? "")?.[1]);

test("a desk reads from line 1 of 1,000,000 on, with one scrollbar that is right at once", async () => {
  const app = await situation.viewer(await counted(manyLines));
  const { page } = app;
  await app.untilRow(`line ${manyLines}`);
  const bar = page.getByRole("scrollbar", { name: "History" });
  await soon(async () => Number(await bar.getAttribute("aria-valuemax"))).toBeGreaterThanOrEqual(manyLines);
  expect(await bar.getAttribute("aria-valuemin")).toBe("0");
  await page.getByTestId("terminal").click();

  await page.keyboard.press("Shift+Home");
  await app.untilRow("line 1");
  expect((await app.rows()).slice(0, 3)).toEqual(["line 1", "line 2", "line 3"]);
  expect(await bar.getAttribute("aria-valuenow")).toBe("0");

  const box = (await bar.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await app.untilRow(/^line [45]\d{5}$/);
  const middle = await top(app);
  await page.getByTestId("reading").hover();
  await page.mouse.wheel(0, 400);
  await soon(async () => lineOf(await top(app))).toBeGreaterThan(lineOf(middle) + 5);

  const place = await top(app);
  await page.reload();
  await soon(() => top(app)).toBe(place);
  await page.keyboard.press("Shift+End");
  await app.untilRow(`line ${manyLines}`);
  await page.getByRole("button", { name: "Latest" }).waitFor({ state: "detached" });
});

test("new output leaves the place where it is", async () => {
  const session = await counted(5_000);
  const app = await situation.viewer(session);
  const other = await situation.viewer(session);
  await app.untilRow("line 5000");
  await app.page.getByTestId("terminal").hover();
  await app.page.mouse.wheel(0, -3000);
  await app.page.getByRole("button", { name: "Latest" }).waitFor();
  const before = await app.rows();
  await other.type("something new\n");
  await other.untilRow("something new");
  await soon(async () => Number(await app.page.getByRole("scrollbar", { name: "History" }).getAttribute("aria-valuemax"))).toBeGreaterThan(
    5_001,
  );
  expect(await app.rows()).toEqual(before);
  await app.page.getByRole("button", { name: "Latest" }).click();
  await app.untilRow("something new");
});

test("what is selected in old lines is copied as it was printed", async () => {
  const long = "0123456789".repeat(30);
  const session = await situation.session(["sh", "-c", `echo ${long}; echo second; seq -f 'line %.0f' 3000; exec cat`]);
  const app = await situation.viewer(session);
  const { page } = app;
  await app.untilRow("line 3000");
  await page.getByTestId("terminal").click();
  await page.keyboard.press("Shift+Home");
  await app.untilRow("second");
  const copied = await page.evaluate(() => {
    const rows = [...document.querySelectorAll("[data-row]")];
    const [first, last] = [rows[0], rows.find((row) => row.textContent === "second")];
    if (first === undefined || last === undefined) return "no rows";
    document.getSelection()?.setBaseAndExtent(first, 0, last, last.childNodes.length);
    const data = new DataTransfer();
    first.dispatchEvent(new ClipboardEvent("copy", { clipboardData: data, bubbles: true, cancelable: true }));
    return data.getData("text/plain");
  });
  expect(copied).toBe(`${long}\nsecond`);
});

test("a search finds lines anywhere in the history and goes to them", async () => {
  const app = await situation.viewer(await counted(30_000));
  const { page } = app;
  await app.untilRow("line 30000");
  await page.getByTestId("terminal").click();
  await page.keyboard.press("Control+f");
  const field = page.getByRole("textbox", { name: "Search the history" });
  await field.fill("LINE 1234");
  await app.untilRow("line 12349");
  await page.getByRole("button", { name: "Older match" }).click();
  await app.untilRow("line 12348");
  await soon(() => page.locator(".is-marked").textContent()).toBe("line 12348");
  for (let press = 0; press < 9; press += 1) await field.press("Enter");
  await app.untilRow("line 1234");
  expect(await page.getByRole("search").locator("output").textContent()).toMatch(/^11 of 11/);
  await field.press("Escape");
  await field.waitFor({ state: "detached" });
});

/** A finger that goes up or down and leaves quickly. */
async function flick(session: CDPSession, fromY: number, byY: number): Promise<void> {
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", y: number) =>
    session.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x: 180, y }] });
  await touch("touchStart", fromY);
  for (let step = 1; step <= 8; step += 1) await touch("touchMove", fromY + (byY * step) / 8);
  await touch("touchEnd", fromY + byY);
}

test("a phone scrolls on after the finger, reads lines wrapped for it, and drags to the first line", async () => {
  const long = "abcdefghij".repeat(12);
  const session = await situation.session(["sh", "-c", `echo ${long}; seq -f 'line %.0f' 20000; exec cat`]);
  const app = await situation.viewer(session, phone);
  const { page } = app;
  await app.untilRow("line 20000");
  const devTools = await page.context().newCDPSession(page);
  await flick(devTools, 250, 300);
  await page.getByRole("button", { name: "Latest" }).waitFor();
  const released = lineOf(await top(app));
  await soon(async () => lineOf(await top(app))).toBeLessThan(released - 3);

  const bar = page.getByRole("scrollbar", { name: "History" });
  const box = (await bar.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.touchscreen.tap(box.x + box.width / 2, box.y + 2);
  await app.untilRow("line 1");
  const rows = await app.rows();
  const end = rows.indexOf("line 1");
  expect(end).toBeGreaterThan(1);
  expect(rows.slice(0, end).join("")).toBe(long);
});
