// What a program prints is somebody else's: it stays text on a screen.

import { expect, test } from "vitest";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import type { WebSituation } from "../harness/web-situation.ts";

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

/** A session that prints this, as `printf` reads it, and then a last row. */
async function printing(text: string): Promise<string> {
  return situation.session(["sh", "-c", `printf '${text}'; printf '\\r\\nthe end\\r\\n'; exec cat`], "hostile");
}

const badUri = "javascript:globalThis.pwned=1";
const goodUri = "https://example.test/x";

/** OSC 8, as `printf` reads it. */
function link(uri: string, text: string): string {
  return String.raw`\033]8;;${uri}\033\\${text}\033]8;;\033\\\r\n`;
}

test("the clipboard is the user's: OSC 52 neither writes nor reads it", async () => {
  const session = await situation.session([
    "sh",
    "-c",
    String.raw`read go; printf '\033]52;c;aGFja2Vk\007\033]52;c;?\007'; echo printed; exec cat -v`,
  ]);
  const app = await situation.viewer(session);
  await app.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await app.page.bringToFront();
  await app.page.evaluate(() => navigator.clipboard.writeText("mine"));
  await app.enter("");
  await app.untilRow("printed");
  await app.enter("nothing before this");
  await app.untilRow("nothing before this");
  expect((await app.rows()).join("\n")).not.toContain("]52");
  expect(await app.page.evaluate(() => navigator.clipboard.readText())).toBe("mine");
});

test("a title is text, whatever is in it", async () => {
  await printing(String.raw`\033]2;<img src=x onerror="document.title=1"> a\001b\nc\007`);
  const { page } = await situation.signedIn();
  await page.getByText('<img src=x onerror="document.title=1">').first().waitFor();
  expect(await page.locator("img").count()).toBe(0);
  expect(await page.title()).toBe("perdure");
  const titles = (await situation.home.api.sessions()).map(({ title }) => title);
  // oxlint-disable-next-line no-control-regex -- none of these
  expect(titles.join("")).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
});

test("a link is followed only to the web, by a click, in a tab that knows nothing of this one", async () => {
  const session = await situation.session([
    "sh",
    "-c",
    `read go; printf '${link(badUri, "BAD LINK")}${link(goodUri, "GOOD LINK")}'; exec cat`,
  ]);
  const app = await situation.viewer(session);
  const { page } = app;
  await page.context().route(goodUri, async (route) => route.fulfill({ contentType: "text/html", body: "<title>reached</title>" }));
  const opened: string[] = [];
  page.context().on("page", (tab) => opened.push(tab.url()));
  await app.enter("");
  await app.untilRow("GOOD LINK");
  const row = async (text: string): Promise<{ x: number; y: number }> => {
    const box = await page.locator(".xterm-rows > div").filter({ hasText: text }).boundingBox();
    if (!box) throw new Error(`no row ${text}`);
    return { x: box.x + 20, y: box.y + box.height / 2 };
  };
  const [bad, good] = [await row("BAD LINK"), await row("GOOD LINK")];
  await page.mouse.click(bad.x, bad.y);
  await page.mouse.move(good.x, good.y, { steps: 3 });
  await page.locator(".xterm-cursor-pointer").waitFor();
  await page.mouse.move(bad.x, bad.y, { steps: 3 });
  await page.locator(".xterm-cursor-pointer").waitFor({ state: "detached" });
  await page.mouse.click(bad.x, bad.y);
  await page.mouse.move(good.x, good.y, { steps: 3 });
  await page.locator(".xterm-cursor-pointer").waitFor();
  const next = page.context().waitForEvent("page");
  await page.mouse.click(good.x, good.y);
  const tab = await next;
  await tab.waitForURL(goodUri);
  expect(await tab.evaluate(() => [window.opener, document.referrer])).toEqual([null, ""]);
  expect(opened).toHaveLength(1);
  expect(await page.evaluate(() => "pwned" in globalThis)).toBe(false);
});

test("a line without an end and bytes that are no text are shown, and typing goes on", async () => {
  const session = await situation.session([
    "sh",
    "-c",
    String.raw`head -c 500000 /dev/zero | tr '\0' x; printf '\r\n[\377\376\300\257\355\240\200]\r\nthe end\r\n'; exec cat`,
  ]);
  const app = await situation.viewer(session);
  await app.untilRow("the end");
  const rows = await app.rows();
  expect(rows.filter((row) => /^\[\ufffd*\]$/.test(row))).toHaveLength(1);
  expect(rows[0]).toMatch(/^x+$/);
  await app.enter("still here");
  await app.untilRow("still here");
});

test("nothing that was not delivered with the app can run in its page", async () => {
  situation.expectProblem(/Content Security Policy/);
  const { page } = await situation.signedIn();
  const violated = await page.evaluate(async () => {
    const seen = new Promise<string>((resolve) => {
      document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective), { once: true });
    });
    const script = document.createElement("script");
    script.textContent = "globalThis.injected = true";
    document.body.append(script);
    return seen;
  });
  expect(violated).toMatch(/^script-src/);
  expect(await page.evaluate(() => "injected" in globalThis)).toBe(false);
  const { headers } = await situation.home.api.send("GET", "/", { token: null });
  expect(headers.get("content-security-policy")).not.toMatch(/script-src[^;]*unsafe|default-src[^;]*unsafe/);
  await soon(() => page.title()).toBe("perdure");
});
