import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readJsonLines, type WhatWasRead } from "./json-lines-file.ts";

let root: string;
const at = (name: string): string => path.join(root, name);

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "perdure-lines-")));
});

afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

async function read(file: string, maxBytes?: number): Promise<{ readonly lines: unknown[]; readonly what: WhatWasRead | null }> {
  const lines: unknown[] = [];
  const take = (value: unknown): void => void lines.push(value);
  const what = await readJsonLines({ file, worth: /n/, take, ...(maxBytes === undefined ? {} : { maxBytes }) });
  return { lines, what };
}

function write(text: string): string {
  fs.writeFileSync(at("file"), text);
  return at("file");
}

describe("a file of somebody else's", () => {
  it("is handed over line by line, the last one too; what is not wanted is not parsed", async () => {
    const { lines, what } = await read(write('{"n":1}\nother {\n\n{"n":2}'));
    expect(lines).toEqual([{ n: 1 }, { n: 2 }]);
    expect(what).toEqual({ isCut: false, damagedLines: 0 });
  });

  it("with damaged lines is read around them; a last line that is being written is none", async () => {
    const { lines, what } = await read(write('{"n":1\n\u0000n\u0001\n{"n":2}\n{"n":'));
    expect(lines).toEqual([{ n: 2 }]);
    expect(what).toEqual({ isCut: false, damagedLines: 2 });
  });

  it.each([
    [16, [3]],
    [17, [2, 3]],
    [23, [2, 3]],
  ])("longer than the bound is read from its end, by lines that are surely whole: %i bytes", async (maxBytes, whole) => {
    const { lines, what } = await read(write('{"n":1}\n{"n":2}\n{"n":3}\n'), maxBytes);
    expect(lines).toEqual(whole.map((n) => ({ n })));
    expect(what).toEqual({ isCut: true, damagedLines: 0 });
  });

  it("with a line of 17 MiB is read without that line", async () => {
    const { lines, what } = await read(write(`{"n":1}\n{"n":"${"x".repeat(17 * 1024 * 1024)}"}\n{"n":3}\n`));
    expect(lines).toEqual([{ n: 1 }, { n: 3 }]);
    expect(what?.damagedLines).toBe(1);
  });

  it("of half a gigabyte is read within the bound, and others are served meanwhile", async () => {
    const file = write("");
    fs.truncateSync(file, 512 * 1024 * 1024);
    const line = `${JSON.stringify({ n: "x".repeat(1000) })}\n`;
    fs.appendFileSync(file, line.repeat(8 * 1024));
    let turns = 0;
    const count = setInterval(() => (turns += 1), 1);
    const { lines, what } = await read(file, 8 * 1024 * 1024);
    clearInterval(count);
    expect(lines.length).toBeGreaterThan(8_000);
    expect(what).toEqual({ isCut: true, damagedLines: 0 });
    expect(turns).toBeGreaterThan(3);
  });

  it("that is not there, or was in the moment before, is none", async () => {
    expect((await read(at("none"))).what).toBeNull();
    fs.symlinkSync(at("none"), at("dangling"));
    expect((await read(at("dangling"))).what).toBeNull();
  });

  it("behind a link is the file", async () => {
    fs.symlinkSync(write('{"n":1}\n'), at("link"));
    expect((await read(at("link"))).lines).toEqual([{ n: 1 }]);
  });

  it("that is no file, or a circle of links, is said and holds nobody up", async () => {
    await expect(read(root)).rejects.toThrow(`${root} is not a file.`);
    execFileSync("mkfifo", [at("pipe")]);
    await expect(read(at("pipe"))).rejects.toThrow("is not a file");
    await expect(read("/dev/zero")).rejects.toThrow("is not a file");
    fs.symlinkSync(at("circle"), at("circle"));
    await expect(read(at("circle"))).rejects.toThrow(`${at("circle")} cannot be read (ELOOP).`);
  });

  it.skipIf(process.getuid?.() === 0)("that may not be read is said", async () => {
    fs.chmodSync(write("{}"), 0);
    await expect(read(at("file"))).rejects.toThrow("cannot be read (EACCES).");
  });
});
