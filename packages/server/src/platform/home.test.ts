import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { homeDirectory, openHome } from "./home.ts";

let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-home-"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(directory, { recursive: true, force: true });
});

describe("the state directory", () => {
  test("what is asked for goes before the variable, that before the usual places", () => {
    const env = { PERDURE_HOME: "/of/variable", XDG_STATE_HOME: "/state" };
    expect(homeDirectory("/of/flag", env)).toBe("/of/flag");
    expect(homeDirectory("", env)).toBe("/of/variable");
    expect(homeDirectory(undefined, { XDG_STATE_HOME: "/state" })).toBe("/state/perdure");
    vi.stubEnv("HOME", directory);
    expect(homeDirectory(undefined, { XDG_STATE_HOME: "relative" })).toBe(path.join(directory, ".local/state/perdure"));
  });

  test.each(["", "relative/home"])("a HOME of %j is the same place in every directory", (home) => {
    vi.stubEnv("HOME", home);
    expect(homeDirectory(undefined, {})).toBe(path.join(os.userInfo().homedir, ".local/state/perdure"));
  });
});

describe("making it", () => {
  test("it is made with its parents, for this user alone, and may be there already", () => {
    const wanted = path.join(directory, "a/b/c");
    for (const _ of [1, 2]) expect(openHome(wanted).directory).toBe(wanted);
    for (const each of ["a", "a/b", "a/b/c", "a/b/c/host"]) expect(fs.statSync(path.join(directory, each)).mode & 0o777).toBe(0o700);
  });

  test("a file in its place, or above it, is said", () => {
    const file = path.join(directory, "file");
    fs.writeFileSync(file, "");
    for (const wanted of [file, path.join(file, "below")]) expect(() => openHome(wanted)).toThrow(/cannot be used.*--home or PERDURE_HOME/);
    expect(() => openHome(file)).toThrow("is no directory");
  });

  test.runIf(process.platform === "linux")("where nothing can be made it fails instead of trying for ever", () => {
    expect(() => openHome("/proc/perdure/state")).toThrow(/cannot be used/);
  });
});
