import * as fs from "node:fs";
import { PerdureError, type CreateSession } from "@perdure/protocol";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { startTimeOf } from "../platform/processes.ts";
import { ENVIRONMENT, openScratchSessions, scratchHome, ScratchSink, VIEW, type ScratchSessions } from "../testing/scratch-sessions.ts";
import type { Session } from "./session.ts";

let scratch: ScratchSessions;
let keys = 0;

beforeAll(async () => {
  scratch = await openScratchSessions();
}, 30_000);
afterEach(() => {
  scratch.faults.hits = () => false;
});
afterAll(() => scratch.close(), 30_000);

const newKey = (): string => `key-${(keys += 1)}`;

async function create(command: string[], more: Partial<CreateSession> = {}): Promise<Session> {
  return (await scratch.sessions.create({ command, environment: ENVIRONMENT, ...more }, newKey())).session;
}

/** A session whose program has ended. */
async function ended(): Promise<Session> {
  const session = await create(["true"]);
  await changed(() => !session.isAlive);
  return session;
}

/** Resolves when it holds; looked at whenever a session changes. */
function changed(holds: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (holds()) resolve();
  };
  const unsubscribe = scratch.sessions.registry.subscribe({ changed: look, removed: look });
  look();
  return promise.finally(unsubscribe);
}

const codeOf = (error: unknown): string => (error instanceof PerdureError ? error.code : String(error));
const failing = (promise: Promise<unknown>): Promise<string> => promise.then(() => "nothing", codeOf);

describe("the end of a program", () => {
  it("is news where it came by itself, and none where somebody asked for it", async () => {
    expect((await ended()).info.attention?.reason).toBe("exit");
    const session = await create(["sleep", "1000"]);
    await scratch.sessions.end(session, 0);
    expect(session.info.attention).toBeNull();
  });
});

describe("a full disk", () => {
  it("keeps a session that cannot be deleted, and its output goes on", async () => {
    const session = await create(["sh", "-c", 'while read line; do echo "got $line"; done']);
    const sink = new ScratchSink();
    const view = scratch.sessions.attach(session, VIEW, sink);
    scratch.faults.hits = (writes) => writes.some((write) => write.op === "delete-session");
    expect(await failing(scratch.sessions.remove(session))).toBe("storage-full");
    expect(scratch.sessions.registry.all).toContain(session);
    scratch.faults.hits = () => false;
    await scratch.sessions.startRun(session, { environment: ENVIRONMENT }, newKey());
    view.input(2, "w", 1, Buffer.from("on\n"));
    await sink.until(() => sink.text.includes("got on"));
    expect(scratch.fatals).toEqual([]);
  });

  it("that is met when a program was just started does not make it failed: it runs as soon as there is room", async () => {
    const { promise: met, resolve } = Promise.withResolvers<void>();
    scratch.faults.hits = (writes) => {
      const isHit = writes.some((write) => write.op === "put-run" && write.run.state.includes("running"));
      if (isHit) resolve();
      return isHit;
    };
    const creating = create(["sh", "-c", "echo here; exec sleep 60"]);
    await met;
    scratch.faults.hits = () => false;
    const session = await creating;
    const sink = new ScratchSink();
    scratch.sessions.attach(session, VIEW, sink);
    await sink.until(() => sink.text.includes("here"));
    expect(session.run.state.is).toBe("running");
  });

  it("leaves a session as it is whose next run cannot be kept", async () => {
    const session = await ended();
    const before = session.info;
    scratch.faults.hits = (writes) => writes.some((write) => write.op === "take-key");
    const request = { environment: ENVIRONMENT, cols: 33, rows: 7 };
    expect(await failing(scratch.sessions.startRun(session, request, newKey()))).toBe("storage-full");
    expect(session.info).toEqual(before);
  });

  it("leaves the name that a session had", async () => {
    const session = await ended();
    scratch.faults.hits = () => true;
    expect(await failing(session.rename("other"))).toBe("storage-full");
    expect(session.name).toMatch(/^true/);
  });
});

describe("a program that the host does not read", () => {
  it("because what it keeps is at its limit, is named until all is stored", async () => {
    vi.stubEnv("PERDURE_SPOOL_BYTES", "524288");
    const other = await openScratchSessions();
    vi.unstubAllEnvs();
    const printing = ["sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x; exec sleep 60"];
    const { session } = await other.sessions.create({ command: printing, name: "talker", environment: ENVIRONMENT }, newKey());
    other.faults.hits = (writes) => writes.some((write) => write.op === "append" && write.session === session.id);
    await vi.waitUntil(() => other.sessions.notices.some((notice) => notice.includes('"talker" must wait until this server')), 15_000);
    expect(session.isAlive).toBe(true);
    other.faults.hits = () => false;
    await vi.waitUntil(() => other.sessions.notices.length === 0, 15_000);
    await other.close();
  }, 40_000);
});

describe("deleting", () => {
  it("asked for twice at once happens once, and meanwhile nothing is started or renamed", async () => {
    const session = await ended();
    const removals = [scratch.sessions.remove(session), scratch.sessions.remove(session)];
    expect(await failing(scratch.sessions.startRun(session, { environment: ENVIRONMENT }, newKey()))).toBe("session-deleted");
    await Promise.all(removals);
    expect(await failing(session.rename("again"))).toBe("session-deleted");
    expect((await scratch.store.sessions()).map(({ id }) => id)).not.toContain(session.id);
  });

  it("waits for a run that is just being started", async () => {
    const session = await ended();
    const starting = scratch.sessions.startRun(session, { environment: ENVIRONMENT }, newKey());
    await changed(() => session.run.row.number === 2);
    expect(await failing(scratch.sessions.remove(session))).toBe("already-running");
    await starting;
  });
});

describe("the size of a terminal", () => {
  it("is the controller's at last, also if that went there and back at once", async () => {
    const session = await create(["sleep", "60"], { cols: 80, rows: 24 });
    const view = scratch.sessions.attach(
      session,
      { ...VIEW, mode: "screen", isVisible: true, size: { cols: 80, rows: 24 } },
      new ScratchSink(),
    );
    view.resize({ cols: 40, rows: 24 }, null);
    view.resize({ cols: 80, rows: 24 }, null);
    await changed(() => session.details.cols === 40);
    await changed(() => session.details.cols === 80);
    expect(session.info.size).toEqual({ cols: 80, rows: 24 });
  });

  it("is that of a viewer who takes over, not of one who reads or comes later", async () => {
    const session = await create(["sleep", "60"], { cols: 80, rows: 24 });
    const view = (cols: number, isReadOnly: boolean) =>
      scratch.sessions.attach(
        session,
        { ...VIEW, mode: "screen", isVisible: true, isReadOnly, size: { cols, rows: 24 } },
        new ScratchSink(),
      );
    const controllers = () => session.info.watchers.map(({ controls }) => controls);
    view(80, false);
    const phone = view(40, false);
    const reader = view(20, true);
    reader.control();
    expect(controllers()).toEqual([true, false, false]);
    phone.control();
    expect(controllers()).toEqual([false, true, false]);
    await changed(() => session.details.cols === 40);
    reader.resize({ cols: 10, rows: 10 }, null);
    phone.setVisible(false);
    await changed(() => session.details.cols === 80);
    expect(controllers()).toEqual([true, false, false]);
  });
});

describe("what the user should know of a history", () => {
  it("is said once after a power cut, of a program that was running", async () => {
    const running = await create(["sleep", "60"]);
    const over = await ended();
    const home = scratchHome();
    for (const suffix of ["", "-wal", "-shm"]) {
      if (fs.existsSync(scratch.home.database + suffix)) fs.copyFileSync(scratch.home.database + suffix, home.database + suffix);
    }
    for (let opening = 1; opening <= 2; opening += 1) {
      const after = await openScratchSessions(home, { bootId: "another boot" });
      const noticesOf = (session: Session) => after.sessions.require(session.id).info.notices.length;
      expect([noticesOf(running), noticesOf(over)]).toEqual([1, 0]);
      await after.sessions.shutdownHost(true);
      await after.leave();
    }
    fs.rmSync(home.directory, { recursive: true, force: true });
  }, 20_000);

  it("is the history itself, also of a session whose runs were lost with a damaged file", async () => {
    const row = { id: "s", name: "n", createdAt: 1, lastActivityAt: 1, details: "{broken" };
    const records = [{ kind: "output", time: 1, data: Buffer.from("kept") }] as const;
    await scratch.store.commit(
      [
        { op: "put-session", session: row },
        { op: "append", session: "s", stream: "terminal", records },
      ],
      "full",
    );
    await scratch.sessions.shutdownHost(true);
    await scratch.leave();
    scratch = await openScratchSessions(scratch.home);
    const session = scratch.sessions.require("s");
    expect(session.run.state).toMatchObject({ is: "lost" });
    const sink = new ScratchSink();
    scratch.sessions.attach(session, VIEW, sink);
    await sink.until(() => sink.text === "kept");
    await scratch.sessions.end(session);
  });
});

describe("a request repeated after its run was never started", () => {
  it("starts it once, however often it comes at once", async () => {
    const request: CreateSession = { command: ["sleep", "60"], environment: ENVIRONMENT };
    const key = newKey();
    const { session } = await scratch.sessions.create(request, key);
    await scratch.sessions.end(session, 0);
    await session.commits.setState({ is: "lost", reason: "never-started", at: 0 });
    const again = await Promise.all([1, 2, 3].map(() => scratch.sessions.create(request, key)));
    expect(again.map((each) => each.session)).toEqual([session, session, session]);
    await changed(() => session.run.state.is === "running");
    expect(session.run.row.number).toBe(2);
  });
});

describe("a host that does not answer", () => {
  it("makes ending fail with what to do, and ending again ends it", async () => {
    const other = await openScratchSessions(scratchHome(), { hostRequestMs: 1000 });
    const { session } = await other.sessions.create({ command: ["sleep", "60"], environment: ENVIRONMENT }, newKey());
    const pid = other.sessions.host?.pid ?? 0;
    process.kill(pid, "SIGSTOP");
    try {
      await expect(other.sessions.end(session, 0)).rejects.toMatchObject({
        code: "host-unavailable",
        message: expect.stringMatching(/ask again/),
      });
      await expect(other.sessions.remove(session)).rejects.toMatchObject({ code: "host-unavailable" });
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await other.sessions.end(session, 0);
    expect(session.run.state.is).toBe("exited");
    await other.close();
  }, 20_000);
});

describe("a host that is told to exit", () => {
  it("and dies before it answers is followed by one that ends what is left, and exits", async () => {
    const other = await openScratchSessions();
    const request: CreateSession = { command: ["sleep", "60"], kind: "pipe", environment: ENVIRONMENT };
    const { session } = await other.sessions.create(request, newKey());
    const { state } = session.run;
    const pid = other.sessions.host?.pid ?? 0;
    const ending = other.sessions.shutdownHost(true);
    process.kill(pid, "SIGKILL");
    await ending;
    expect(startTimeOf(state.is === "running" ? state.pid : 0)).toBeUndefined();
    expect(other.sessions.host?.pid).not.toBe(pid);
    await other.leave();
    expect(fs.existsSync(other.home.hostSocket)).toBe(false);
    fs.rmSync(other.home.directory, { recursive: true, force: true });
  }, 20_000);
});
