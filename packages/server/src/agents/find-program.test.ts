import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findProgram } from "./find-program.ts";

let directory: string;
const { signal } = new AbortController();
const place = () => ({ cwd: directory, env: { PATH: `${directory}/none:${directory}:/bin:/usr/bin` } });

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-program-"));
});

afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

function program(script: string): string {
  const file = path.join(directory, "an-agent");
  fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

test("a program is found in the requester's PATH and asked for its version once", async () => {
  const file = program(`echo asked >> ${directory}/asked; echo "an-agent 1.2.3-beta"`);
  const found = { is: "found", path: file, version: "1.2.3-beta", signIn: "unknown" };
  expect(await findProgram("an-agent", ["--version"], place(), signal)).toEqual(found);
  expect(await findProgram("./an-agent", ["--version"], place(), signal)).toEqual(found);
  expect(fs.readFileSync(path.join(directory, "asked"), "utf8")).toBe("asked\n");
});

test("what cannot be run is missing, and a version that is not told is not guessed", async () => {
  expect(await findProgram("an-agent", null, place(), signal)).toEqual({ is: "missing" });
  const file = program("exit 1");
  expect(await findProgram("an-agent", ["--version"], place(), signal)).toMatchObject({ is: "found", version: null });
  fs.chmodSync(file, 0o644);
  expect(await findProgram("an-agent", null, place(), signal)).toEqual({ is: "missing" });
});
