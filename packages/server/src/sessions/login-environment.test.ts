import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Log } from "../platform/log.ts";
import { FakeClock, settle } from "../testing/fake-clock.ts";
import type { Variables } from "./environment.ts";
import { LoginEnvironment } from "./login-environment.ts";

let clock: FakeClock;
let warnings: string[];
let log: Log;
beforeEach(() => {
  clock = new FakeClock();
  warnings = [];
  log = { info: () => undefined, warn: (_fields, message) => warnings.push(message), error: () => undefined };
});

describe("the login shell's environment", () => {
  it("is asked once", async () => {
    let asked = 0;
    const login = new LoginEnvironment(log, clock, () => Promise.resolve({ PATH: `/${(asked += 1)}` }));
    expect(await login.get()).toEqual({ PATH: "/1" });
    expect(await login.get()).toEqual({ PATH: "/1" });
    await settle();
    expect(clock.pending).toBe(0);
  });

  it("is a minimal one while the shell takes its time, and the true one when it has answered", async () => {
    const answer = Promise.withResolvers<Variables>();
    const login = new LoginEnvironment(log, clock, () => answer.promise);
    const first = login.get();
    clock.advance(10_000);
    expect(await first).toHaveProperty("PATH");
    expect(warnings).toHaveLength(1);
    answer.resolve({ PATH: "/slow" });
    await settle();
    expect(await login.get()).toEqual({ PATH: "/slow" });
  });

  it("is asked again after a failure", async () => {
    let asked = 0;
    const login = new LoginEnvironment(log, clock, () =>
      (asked += 1) === 1 ? Promise.reject(new Error("no shell")) : Promise.resolve({ PATH: "/ok" }),
    );
    expect(await login.get()).toHaveProperty("HOME");
    await settle();
    expect(await login.get()).toEqual({ PATH: "/ok" });
    expect(warnings).toHaveLength(1);
  });

  it("comes from a real shell, with what its start-up files set", async () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-home-"));
    fs.writeFileSync(path.join(home, ".profile"), "export FROM_PROFILE=yes\n");
    vi.stubEnv("HOME", home);
    vi.stubEnv("SHELL", "/bin/sh");
    try {
      expect(await new LoginEnvironment(log, clock).get()).toMatchObject({ HOME: home, FROM_PROFILE: "yes" });
      expect(warnings).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      fs.rmSync(home, { recursive: true });
    }
  });
});
