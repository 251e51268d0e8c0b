import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findExecutable } from "./executables.ts";

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-path-"));
  fs.mkdirSync(path.join(folder, "bin"));
  fs.mkdirSync(path.join(folder, "bin", "directory"));
  fs.writeFileSync(path.join(folder, "bin", "tool"), "#!/bin/sh\n", { mode: 0o755 });
  fs.writeFileSync(path.join(folder, "bin", "text"), "no program\n", { mode: 0o644 });
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

test("a program is found in the folders of PATH, the first one first", () => {
  const bin = path.join(folder, "bin");
  expect(findExecutable("tool", `/nonexistent:${bin}`, "/")).toBe(path.join(bin, "tool"));
  expect(findExecutable("tool", "/nonexistent", "/")).toBeUndefined();
  expect(findExecutable("tool", undefined, "/")).toBeUndefined();
});

test("a word with a slash is a path from the working directory, whatever PATH says", () => {
  expect(findExecutable("./bin/tool", "", folder)).toBe(path.join(folder, "bin", "tool"));
  expect(findExecutable("bin/missing", path.join(folder, "bin"), folder)).toBeUndefined();
});

test("directories and files that may not be executed are no programs", () => {
  const bin = path.join(folder, "bin");
  expect(findExecutable("directory", bin, "/")).toBeUndefined();
  expect(findExecutable("text", bin, "/")).toBeUndefined();
});
