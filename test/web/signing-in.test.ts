// Who may look: links, codes, a killed browser, a revoked device, an address of the local network.

import { expect, test } from "vitest";
import { AppPage } from "../harness/app-page.ts";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import { nobodyThere, phone, shellPrompt, type WebSituation } from "../harness/web-situation.ts";

const refused = /status of 40[14]/;

let situation: WebSituation;

webForThisFile(
  (made) => {
    situation = made;
  },
  {
    serverArgs: ["--allow-host", "lan.test"],
    browserArgs: ["--host-resolver-rules=MAP lan.test 127.0.0.1"],
  },
);

test("a link opens the app once; a second device is told that it was used", async () => {
  situation.expectProblem(refused);
  const link = await situation.link();
  const first = await AppPage.open(await situation.device(), link);
  await first.untilHome();
  expect(first.url).toBe(`${situation.home.url}/`);
  await first.page.goto(link);
  await first.untilHome();

  const { page } = await AppPage.open(await situation.device(), link);
  await page.getByRole("heading", { name: "Sign in on this device" }).waitFor();
  await page.getByRole("alert").filter({ hasText: "That code was used before or is too old." }).waitFor();
  expect(new URL(page.url()).hash).toBe("");
});

test("the sign-in page takes a pasted link or a code, and says when it is neither", async () => {
  situation.expectProblem(refused);
  for (const pasted of [`  ${await situation.link()}\n`, await situation.home.api.pairingCode()]) {
    const app = await AppPage.open(await situation.device(), `${situation.home.url}/devices`);
    const field = app.page.getByLabel("Link or code");
    await field.fill("let me in");
    await app.page.getByRole("button", { name: "Sign in" }).click();
    await app.page.getByText("That is neither a pairing link nor its code.").waitFor();
    await field.fill(pasted);
    await field.press("Enter");
    await app.page.getByText("this device").waitFor();
    await soon(() => app.connection()).toBe("Live");
    expect(new URL(app.url).pathname).toBe("/devices");
  }
});

test("a device signs another one in with the link behind its code", async () => {
  const { page } = await situation.signedIn();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Devices" }).click();
  await page.getByRole("button", { name: "Add a phone" }).click();
  await page.getByRole("img", { name: "QR code of the link" }).waitFor();
  await page.getByRole("button", { name: "Copy the link" }).click();
  await page.getByText("Link copied.").waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toMatch(new RegExp(`^${situation.home.url}/#pair=`));
  const other = await AppPage.open(await situation.device(phone), link);
  await other.untilHome();

  const names = page.getByRole("listitem");
  const before = await names.count();
  await page.getByRole("button", { name: "Close" }).click();
  await soon(() => names.count()).toBe(before + 1);
});

test("a browser that is killed and has lost its cookie is signed in again, with the draft and the same session", async () => {
  situation.expectProblem(refused);
  const session = await situation.session(["cat"]);
  const context = situation.lasting;
  const app = await AppPage.open(context, await situation.link());
  await app.untilHome();
  await situation.openSession(app, session);
  await app.page.getByRole("button", { name: "Write a message" }).click();
  await app.page.getByRole("textbox", { name: "Message" }).fill("not sent yet, ärgerlich");
  const draft = async (): Promise<unknown> => app.page.evaluate(readDraft, session);
  await soon(draft).toBe("not sent yet, ärgerlich");
  await context.clearCookies();
  const devices = (await situation.home.api.devices()).length;
  await situation.profile.kill();

  await situation.launch();
  const again = await AppPage.open(situation.lasting, `${situation.home.url}/s/${session}`);
  await again.untilTerminal();
  await again.page.getByRole("button", { name: "Write a message" }).click();
  await soon(() => again.page.getByRole("textbox", { name: "Message" }).inputValue()).toBe("not sent yet, ärgerlich");
  expect(await situation.home.api.devices()).toHaveLength(devices);
  expect(await again.page.context().cookies()).not.toEqual([]);
});

test("a device that is revoked elsewhere is signed out at once and led to the sign-in page", async () => {
  situation.expectProblem(refused);
  situation.expectProblem(nobodyThere); // its connection is closed while it acknowledges
  const session = await situation.session(["cat"]);
  const before = new Set((await situation.home.api.devices()).map(({ id }) => id));
  const app = await situation.viewer(session);
  const { page } = app;
  const device = (await situation.home.api.devices()).find(({ id }) => !before.has(id));
  await situation.home.api.revoke(device?.id ?? "");
  await soon(() => app.connection()).toContain("Signed out");
  await page.getByTestId("connection").getByRole("button", { name: "Sign in" }).click();
  await page.getByText("This device's access was revoked.").waitFor();
  await page.getByLabel("Link or code").fill(await situation.link());
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator(".xterm-rows").waitFor();
  await soon(() => app.connection()).toBe("Live");
  expect((await situation.home.api.devices()).map(({ id }) => id)).not.toContain(device?.id);
});

test("on a plain-HTTP address of the local network signing in and typing work", async () => {
  const session = await situation.session(["sh"]);
  const app = await AppPage.open(await situation.device(), await situation.link("lan.test"));
  await app.untilHome();
  expect(await app.page.evaluate(() => isSecureContext)).toBe(false);
  await situation.openSession(app, session);
  await app.untilRow(shellPrompt);
  await app.enter("echo sum-$((40 + 2))");
  await app.untilRow("sum-42");
  await app.reload();
  await app.untilRow("sum-42");
  await app.page.getByRole("button", { name: "Write a message" }).click();
  await app.page.getByRole("textbox", { name: "Message" }).fill("echo message-$((40 + 3))");
  await app.page.getByRole("button", { name: "Send and press Enter" }).click();
  await app.untilRow("message-43");
});

/** In the page: what the app keeps as the draft of a session. */
async function readDraft(session: string): Promise<unknown> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open("perdure-drafts");
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("no database")));
  });
  const draft = await new Promise<{ text: string } | undefined>((resolve, reject) => {
    const request = database.transaction("drafts").objectStore("drafts").get(session);
    request.addEventListener("success", () => resolve(request.result as { text: string } | undefined));
    request.addEventListener("error", () => reject(request.error ?? new Error("no draft")));
  });
  database.close();
  return draft?.text;
}
