import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { InputJournal, Writers } from "./input.ts";

let file: string;

beforeEach(() => {
  file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "perdure-input-")), "journal");
});

afterEach(() => fs.rmSync(path.dirname(file), { recursive: true, force: true }));

function pass(journal: InputJournal, maxBytes: number): string {
  const piece = journal.next(maxBytes);
  if (!piece) return "";
  const text = piece.toString();
  journal.written(piece.length);
  return text;
}

test("contiguous numbers have no gaps, increasing ones may", () => {
  const writers = new Writers();
  const judge = (seq: number, numbering: "contiguous" | "increasing" = "contiguous") => writers.judge({ writer: "w", seq, numbering });
  expect(judge(2)).toEqual({ is: "gap", expected: 1 });
  expect(judge(1)).toEqual({ is: "new" });
  writers.take("w", 1);
  expect(judge(1)).toEqual({ is: "duplicate" });
  expect(judge(9, "increasing")).toEqual({ is: "new" });
  expect(writers.judge({ writer: "other", seq: 1, numbering: "contiguous" })).toEqual({ is: "new" });
});

test("the least recently used writer is forgotten first", () => {
  const writers = new Writers();
  for (let n = 0; n < 4096; n += 1) writers.take(`w${n}`, 1);
  writers.take("w0", 2);
  writers.take("new", 1);
  expect(writers.entries()).toHaveLength(4096);
  expect(writers.judge({ writer: "w0", seq: 2, numbering: "contiguous" })).toEqual({ is: "duplicate" });
  expect(writers.judge({ writer: "w1", seq: 1, numbering: "contiguous" })).toEqual({ is: "new" });
});

test("the next host goes on with input inside which the former one stopped", () => {
  const journal = new InputJournal(file, new Writers());
  journal.append("a", 1, Buffer.from("hello "));
  journal.append("b", 1, Buffer.from("world"));
  expect(pass(journal, 4)).toBe("hell");
  journal.close();
  const writers = new Writers();
  const next = new InputJournal(file, writers);
  expect(next.waitingBytes).toBe(7);
  expect(pass(next, 100) + pass(next, 100)).toBe("o world");
  expect(writers.judge({ writer: "b", seq: 1, numbering: "contiguous" })).toEqual({ is: "duplicate" });
});

test("an entry torn by the host's death was not acknowledged and is cut", () => {
  const journal = new InputJournal(file, new Writers());
  journal.append("a", 1, Buffer.from("one"));
  journal.append("a", 2, Buffer.from("two"));
  journal.close();
  fs.truncateSync(file, fs.statSync(file).size - 1);
  const writers = new Writers();
  const next = new InputJournal(file, writers);
  expect(next.waitingBytes).toBe(3);
  expect(writers.judge({ writer: "a", seq: 2, numbering: "contiguous" })).toEqual({ is: "new" });
});

test("a journal that has grown is begun anew when nothing waits, and keeps the numbers", () => {
  const journal = new InputJournal(file, new Writers());
  const writers = new Writers();
  const big = new InputJournal(`${file}2`, writers);
  for (let seq = 1; seq <= 30; seq += 1) {
    big.append("a", seq, Buffer.alloc(100_000));
    writers.take("a", seq);
    while (pass(big, 100_000) !== "");
  }
  expect(fs.statSync(`${file}2`).size).toBeLessThan(1.3 * 1024 * 1024);
  big.close();
  journal.close();
  const later = new Writers();
  expect(new InputJournal(`${file}2`, later).waitingBytes).toBe(0);
  expect(later.judge({ writer: "a", seq: 30, numbering: "contiguous" })).toEqual({ is: "duplicate" });
  expect(later.judge({ writer: "a", seq: 31, numbering: "contiguous" })).toEqual({ is: "new" });
});

test("a journal stays small, also when something always waits", () => {
  const taken = new Writers();
  const journal = new InputJournal(file, taken);
  const sent: string[] = [];
  for (let n = 1; n <= 100; n += 1) {
    sent.push(String(n).padStart(100_000, "."));
    journal.append("w", n, Buffer.from(sent.at(-1) ?? ""));
    taken.take("w", n);
    while (journal.waitingBytes > 100_000) journal.written(journal.next(4096)?.length ?? 0);
  }
  journal.written(journal.next(4096)?.length ?? 0);
  expect(fs.statSync(file).size).toBeLessThan(5 * 1024 * 1024);
  journal.close();
  const writers = new Writers();
  const next = new InputJournal(file, writers);
  expect(writers.judge({ writer: "w", seq: 101, numbering: "contiguous" })).toEqual({ is: "new" });
  expect(next.waitingBytes).toBe(journal.waitingBytes);
  let rest = "";
  for (let piece = next.next(4096); piece; piece = next.next(4096)) {
    rest += piece.toString();
    next.written(piece.length);
  }
  expect(sent.join("").endsWith(rest)).toBe(true);
  next.close();
});
