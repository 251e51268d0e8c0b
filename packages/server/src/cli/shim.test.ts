import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const shim = fileURLToPath(new URL("../../bin/perdure.js", import.meta.url));

function startUnder(version: string): { status: number | null; stderr: string; stdout: string } {
  const pretend = `Object.defineProperty(process, "versions", { value: { node: ${JSON.stringify(version)} } }); require(${JSON.stringify(shim)});`;
  return spawnSync(process.execPath, ["-e", pretend], { encoding: "utf8" });
}

test.each(["12.22.12", "20.20.2", "24.10.0"])("under Node %s perdure says in one line what to do and fails", (version) => {
  const { status, stderr, stdout } = startUnder(version);
  expect(status).toBe(1);
  expect(stdout).toBe("");
  expect(stderr.trimEnd().split("\n")).toEqual([expect.stringMatching(/needs Node\.js 24\.11 or newer.*: install Node\.js/)]);
  expect(stderr).toContain(version);
});
