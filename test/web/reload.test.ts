// A page is loaded anew in the middle of what programs do: its terminal is the one of somebody who never left, in every field, before and
// after, and what the program prints next is drawn as it would have been.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContextOptions } from "playwright-core";
import { afterEach, describe, expect, test } from "vitest";
import { inputRecorder } from "../harness/programs.ts";
import { noteTerminals, untilShown } from "../harness/shown-terminal.ts";
import { webForThisFile } from "../harness/set-up.ts";
import { soon } from "../harness/soon.ts";
import { phone, type WebSituation } from "../harness/web-situation.ts";
import { ensureProgram, hasProgram } from "../screen/debian.ts";
import { ExactPage } from "./exact-page.ts";

let situation: WebSituation;
let opened: ExactPage[] = [];

webForThisFile((made) => {
  situation = made;
});

afterEach(() => {
  for (const { stayed } of opened) stayed.close();
  opened = [];
});

const devices: readonly { readonly device: string; readonly options: BrowserContextOptions }[] = [
  { device: "desk", options: {} },
  { device: "phone", options: phone },
];

async function open(command: readonly string[], options: BrowserContextOptions): Promise<ExactPage> {
  const page = await ExactPage.open(situation, command, options);
  opened.push(page);
  return page;
}

/** A program that prints these parts, each when it is told to. */
async function openPlayer(parts: readonly (string | Uint8Array)[], options: BrowserContextOptions) {
  const bytes = parts.map((part) => Buffer.from(part));
  const [file, upto] = [situation.home.path("parts"), situation.home.write("upto", "0")];
  writeFileSync(file, Buffer.concat(bytes));
  const player = join(import.meta.dirname, "../programs/player.ts");
  const page = await open([process.execPath, player, "--file", file, "--upto", upto], options);
  const play = async (count: number): Promise<void> => {
    const end = bytes.slice(0, count).reduce((sum, part) => sum + part.length, 0);
    situation.home.write("upto", String(end));
    await soon(() => page.stayed.bytes).toBe(end);
  };
  return { page, play };
}

/** Unfinished at the end of each first half, in every way in which output can be. */
const halves: readonly (readonly [string | Uint8Array, string | Uint8Array])[] = [
  ["plain, then \x1b", "[1;31mred and bold\r\n"],
  ["a colour of many parts \x1b[4:3;58:2::2", "55;0:0mcurly\x1b[0m\r\n"],
  ["a title \x1b]0;half a ti", "tle\x1b\\, a whole one\r\n"],
  ["a link \x1b]8;id=1;https://example.org/a", "bc\x07to click\x1b]8;;\x07\r\n"],
  [Buffer.from([0xe6, 0xbc]), Buffer.from([0xa2, 0x65, 0xcc, 0x81, 0x0d, 0x0a])],
  ["a question \x1bP$q", "m\x1b\\ and its end\r\n"],
  ["the other screen \x1b[?104", "9h\x1b[5;10Hon it\x1b[6 q"],
];

describe.each(devices)("on a $device", ({ options }) => {
  test.skipIf(!ensureProgram("vim"))("vim, in the middle of an insertion and with its mouse", async () => {
    const text = Array.from({ length: 300 }, (_, index) => `int tool_${index}(void) { return ${index}; /* 漢字 e\u0301 */ }\n`);
    const file = situation.home.write("tools.c", text.join(""));
    const settings = "syntax on | set number hlsearch ruler mouse=a ttymouse=sgr";
    const page = await open(["vim", "-u", "NONE", "-N", "-n", "-i", "NONE", "-c", settings, file], options);
    await page.stayed.untilRow(/^ {2}1 int tool_0/);
    await page.reload();
    await page.app.type("/tool_4\rihello 漢字 ");
    await page.stayed.untilRow(/hello 漢字 tool_4/);
    await page.reload();
    await page.app.type("more");
    await page.stayed.untilRow(/hello 漢字 moretool_4/);
    await page.untilExact();
    await page.app.page.keyboard.press("Escape");
    // The fourth column of text: the numbers take four.
    const { x, y } = await page.pointAt(8, 2);
    await (options.hasTouch === true ? page.app.page.touchscreen.tap(x, y) : page.app.page.mouse.click(x, y));
    await page.stayed.untilRow(/ 2,4 /);
    expect(await page.difference()).toBeUndefined();
  });

  test("the alternate screen, and the main one behind it", async () => {
    const lines = Array.from({ length: 200 }, (_, index) => `\x1b[3${index % 8}mline ${index} 漢字\x1b[0m\r\n`);
    const main = `${lines.join("")}\x1b[3;20r\x1b[?6h\x1b[2;7H\x1b7`;
    const alternate = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[7mthe alternate one\x1b[0m\x1b[10;10Hthere";
    const back = "\x1b[?1049l\x1b[?25hback on the main one\x1b8*";
    const { page, play } = await openPlayer([main, alternate, back], options);
    for (const part of [1, 2, 3]) {
      await play(part);
      await page.reload();
    }
    expect(page.stayed.rows.join("\n")).toContain("*ack on the main one");
  });

  test.each([
    { reports: "SGR", modes: "\x1b[?1002h\x1b[?1006h", press: "\x1b[<0;10;5M", drag: "\x1b[<32;14;7M", release: "\x1b[<0;14;7m" },
    { reports: "the old", modes: "\x1b[?1002h", press: "\x1b[M \x2a\x25", drag: "\x1b[M@\x2e\x27", release: "\x1b[M#\x2e\x27" },
  ])("a program that has the mouse, in $reports reports: clicks arrive where they were made", async ({ modes, press, drag, release }) => {
    const file = situation.home.path("mouse");
    const script = `printf '${modes}'; exec "$@"`;
    const page = await open(["sh", "-c", script, "sh", ...inputRecorder(file)], options);
    await page.stayed.untilRow("ready");
    await page.reload();
    const [from, to] = [await page.pointAt(10, 5), await page.pointAt(14, 7)];
    if (options.hasTouch === true) {
      await page.app.page.touchscreen.tap(from.x, from.y);
      const end = modes.includes("1006") ? press.replace("M", "m") : press.replace("[M ", "[M#");
      await soon(() => readFileSync(file, "latin1")).toBe(press + end);
    } else {
      const { mouse } = page.app.page;
      await mouse.move(from.x, from.y);
      await mouse.down();
      await mouse.move(to.x, to.y);
      await mouse.up();
      await soon(() => readFileSync(file, "latin1")).toBe(press + drag + release);
    }
    expect(await page.difference()).toBeUndefined();
  });
});

test(`${hasProgram("htop") ? "htop" : "top"}, while it goes on drawing`, async () => {
  const isHtop = ensureProgram("htop");
  const page = await open(isHtop ? ["htop", "-d", "10"] : ["top", "-d", "1"], {});
  await page.stayed.untilRow(isHtop ? /PID.*USER/ : /PID USER/);
  await page.reload();
  const before = page.stayed.bytes;
  await soon(() => page.stayed.bytes).toBeGreaterThan(before);
  expect(await page.difference()).toBeUndefined();
});

test("sequences, strings and characters of which half is written", async () => {
  const { page, play } = await openPlayer(halves.flat(), {});
  for (const index of halves.keys()) {
    await play(2 * index + 1);
    await page.reload();
    await play(2 * index + 2);
    await page.untilExact();
  }
  expect(page.stayed.rows.join("\n")).toContain("on it");
});

test("two tabs and a phone of different sizes: each shows the session exactly, whoever sets its size, and again after a reload", async () => {
  const first = await open(["sh"], {});
  await first.stayed.untilRow(/^[$#]$/);
  const { stayed, app } = first;
  const second = await situation.tab(app, { width: 900, height: 600 });
  const pocket = await situation.signedIn(phone);
  await noteTerminals(pocket.page.context());
  await situation.openSession(pocket, first.session);
  const everybody = [app, second, pocket];
  const sizes = new Set<string>();
  for (const [index, writer] of everybody.entries()) {
    await writer.page.bringToFront();
    await writer.enter(`ls -l /; printf '\\033[3%dm%0200d\\033[0m 漢字\\n' ${index} 0; echo typed-${index}-$((1 + 1))`);
    await stayed.untilRow(`typed-${index}-2`);
    for (const each of everybody) await untilShown(each.page, stayed.state);
    sizes.add(JSON.stringify((await situation.home.api.session(first.session)).size));
  }
  expect(sizes.size).toBe(3);
  for (const each of everybody) await each.reload();
  for (const each of everybody) await untilShown(each.page, stayed.state);
});
