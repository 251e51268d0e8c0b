// A function of the server's own process in the page: chosen, answered, cut by the server's end, and tried again.

import { join } from "node:path";
import { expect, test } from "vitest";
import { webForThisFile } from "../harness/set-up.ts";
import type { WebSituation } from "../harness/web-situation.ts";

const serverScript = join(import.meta.dirname, "../programs/embedder.ts");

let situation: WebSituation;

webForThisFile(
  (made) => {
    situation = made;
  },
  { serverScript },
);

test("a function is chosen like any agent; what the end of its server cut is kept, with the cause and what can be done", async () => {
  const { page } = await situation.signedIn();
  await page.getByRole("button", { name: "New session" }).first().click();
  await page.getByRole("radio", { name: /My function/ }).click();
  await page.getByLabel("Directory").fill("~");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.waitForURL(/\/s\//);
  const field = page.getByRole("textbox", { name: "Message", exact: true });
  const transcript = page.getByRole("region", { name: "Conversation" });
  await field.fill("/long 150");
  await page.keyboard.press("Enter");
  await transcript.getByText("line 9 of 150").waitFor();
  await situation.killServer();
  await situation.startServer();
  await transcript.getByText("response interrupted by the end of the server in which the agent ran").waitFor();
  expect(await transcript.innerText()).toContain("line 9 of 150");
  expect(await transcript.getByRole("button", { name: "Continue" }).count()).toBe(1);
  await transcript.getByRole("button", { name: "Retry" }).click();
  await transcript.getByText("line 150 of 150").waitFor();
});
