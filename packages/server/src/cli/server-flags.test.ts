import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askedPort, homeOf, serverArguments } from "./server-flags.ts";

let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-flags-"));
});

afterEach(() => fs.rmSync(directory, { recursive: true }));

test("the flag comes before the variable", () => {
  expect(askedPort({ port: "1" }, { PERDURE_PORT: "2" })).toBe(1);
  expect(askedPort({}, { PERDURE_PORT: "2" })).toBe(2);
  expect(askedPort({}, {})).toBeUndefined();
  expect(homeOf({ home: path.join(directory, "a") }, { PERDURE_HOME: path.join(directory, "b") }).directory).toBe(
    path.join(directory, "a"),
  );
});

test.each(["x", "-1", "65536", "1.5", "1e3"])("%s is no port, and the error names where it came from", (port) => {
  expect(() => askedPort({ port }, {})).toThrow(/--port wants a number from 0 to 65535/);
  expect(() => askedPort({}, { PERDURE_PORT: port })).toThrow(/PERDURE_PORT wants/);
});

test("the server gets what was asked for, and chooses its port otherwise", () => {
  const home = homeOf({ home: directory }, {});
  expect(serverArguments(home, undefined, {})).toEqual(["--home", directory]);
  expect(serverArguments(home, 0, { listen: "0.0.0.0", allowHost: ["a", "b"] })).toEqual([
    "--home",
    directory,
    "--port",
    "0",
    "--listen",
    "0.0.0.0",
    "--allow-host",
    "a",
    "--allow-host",
    "b",
  ]);
});
