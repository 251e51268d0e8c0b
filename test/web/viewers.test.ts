// Several pages on one session: one sets its size, all show the same, and the program hears one terminal.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inputRecorder } from "../harness/programs.ts";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import { phone, shellPrompt, type WebSituation } from "../harness/web-situation.ts";

let situation: WebSituation;

webForThisFile((made) => {
  situation = made;
});

test("the last to type sets the size; the other shows the whole screen at that size", async () => {
  const session = await situation.session();
  const size = async (): Promise<{ cols: number; rows: number }> => (await situation.home.api.session(session)).size;
  const desk = await situation.viewer(session);
  await desk.untilRow(shellPrompt);
  await desk.enter("stty size");
  await desk.untilRow(/^\d+ \d+$/);
  const deskSize = await size();
  expect(deskSize.cols).toBeGreaterThan(120);

  const pocket = await situation.viewer(session, phone);
  await pocket.untilRow(shellPrompt);
  expect(await size()).toEqual(deskSize);
  await pocket.page.getByText(`${deskSize.cols} × ${deskSize.rows}, set by another screen`).waitFor();
  expect(await pocket.rows()).toEqual(await desk.rows());

  await pocket.enter("stty size");
  await soon(async () => (await size()).cols).toBeLessThan(70);
  const pocketSize = await size();
  await pocket.enter("stty size; seq -s ' ' 100");
  await pocket.untilRow(`${pocketSize.rows} ${pocketSize.cols}`);
  await desk.page.getByText(`${pocketSize.cols} × ${pocketSize.rows}, set by another screen`).waitFor();
  await desk.untilRow(`${pocketSize.rows} ${pocketSize.cols}`);
  await soon(() => desk.rows()).toEqual(await pocket.rows());
  expect((await desk.rows()).join("")).toContain("98 99 100");

  await desk.enter("echo desk-$((40 + 2))");
  await desk.untilRow("desk-42");
  await soon(size).toEqual(deskSize);
  await desk.page.getByText("set by another screen").waitFor({ state: "detached" });
});

test("a phone that asks for it gets the size without typing, and the program its colours", async () => {
  const session = await situation.session();
  const desk = await situation.viewer(session);
  await desk.enter("true");
  const { cols } = (await situation.home.api.session(session)).size;
  const pocket = await situation.viewer(session, { ...phone, colorScheme: "light" });
  await pocket.page.getByText("set by another screen").waitFor();
  await pocket.page.getByRole("button", { name: "Fit here" }).click();
  await pocket.page.getByText("set by another screen").waitFor({ state: "detached" });
  const { size, watchers } = await situation.home.api.session(session);
  expect(size.cols).toBeLessThan(70);
  expect(watchers.filter(({ controls }) => controls)).toHaveLength(1);
  const ask = String.raw`stty -echo raw; printf '\033]11;?\007'; IFS= read -r -d "$(printf '\007')" said; stty sane; printf '%s\n' "$said" | cat -v`;
  await pocket.enter(`bash -c '${ask.replaceAll("'", "'\\''")}'`);
  await pocket.untilRow(/rgb:fefe\/fdfd\/fbfb/);
  expect(cols).toBeGreaterThan(120);
});

test("a page that is closed gives the size to the one that is left", async () => {
  const session = await situation.session();
  const desk = await situation.viewer(session);
  const pocket = await situation.viewer(session, phone);
  await desk.enter("true");
  await pocket.page.getByText("set by another screen").waitFor();
  await desk.page.context().close();
  await soon(async () => (await situation.home.api.session(session)).size.cols).toBeLessThan(70);
  await pocket.page.getByText("set by another screen").waitFor({ state: "detached" });
  expect((await situation.home.api.session(session)).watchers).toHaveLength(1);
});

test("what a program asks its terminal is answered once, however many pages look", async () => {
  const file = situation.home.path("answers");
  const recorder = inputRecorder(file)
    .map((word) => `'${word}'`)
    .join(" ");
  const cue = situation.home.path("ask");
  // Asked in raw mode, by a job beside the recorder that holds the terminal.
  const ask = String.raw`(while [ ! -e ${cue} ]; do sleep 0.02; done; printf '\033[c\033[6n\033]11;?\007') & exec ${recorder}`;
  const session = await situation.session(["sh", "-c", ask]);
  const pages = [await situation.viewer(session), await situation.viewer(session, phone)];
  for (const page of pages) await page.untilRow("ready");
  situation.home.write("ask", "");
  await soon(() => readFileSync(file, "latin1")).toMatch(/rgb:/);
  // Whatever a page had to say it has said before what is typed into it later.
  for (const [index, page] of pages.entries()) {
    await page.type(`page ${index}`);
    await soon(() => readFileSync(file, "latin1")).toContain(`page ${index}`);
  }
  const said = readFileSync(file, "latin1");
  expect(said).toMatch(
    // oxlint-disable-next-line no-control-regex -- these are the answers
    /^\u001b\[\?[\d;]+c\u001b\[\d+;\d+R\u001b\]11;rgb:[\da-f]{4}\/[\da-f]{4}\/[\da-f]{4}(?:\u0007|\u001b\\)page 0page 1$/,
  );
});
