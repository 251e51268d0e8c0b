import type { ChatEvent } from "@perdure/protocol";
import { beforeEach, expect, test } from "vitest";
import type { TerminalWatch } from "../agents/agent.ts";
import type { Store } from "../store/store.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { AgentTerminals } from "./agent-terminals.ts";
import type { Session } from "./session.ts";

const LOOK_MS = 5_000;

interface Terminal {
  readonly resumeId?: string | null;
  readonly cwd?: string;
  readonly agent?: string;
  readonly title?: string;
  readonly startedAt?: number;
  readonly state?: object;
}

let clock: FakeClock;
let sessions: Session[];
/** What was asked of an agent for each session. */
let watches: Map<string, TerminalWatch>;
/** What lies with the agent, newest first: the one that was written last may be any terminal's. */
let written: string[];

beforeEach(() => {
  clock = new FakeClock();
  sessions = [];
  watches = new Map();
  written = [];
});

/** As much of a session with an agent's terminal as is looked at here. */
function open(id: string, { resumeId = null, cwd = "/work", agent = "gemini", title = "", startedAt = 0, state }: Terminal = {}): void {
  const details = { cwd, title, agent: { id: agent }, chat: { resumeId } };
  const watchTerminal = async (watch: TerminalWatch): Promise<string | null> => {
    watches.set(id, watch);
    return watch.isAlone ? (written.find((one) => !watch.taken.has(one)) ?? null) : null;
  };
  const chat = {
    agent: { watchTerminal },
    conversation: async () => ({ resumeId: details.chat.resumeId, runs: [{ startedAt }] }),
    importHistory: async () => undefined,
    note: async (events: readonly ChatEvent[]) => {
      for (const event of events) if (event.type === "session.resume-id") details.chat.resumeId = event.resumeId;
    },
  };
  const run = { state: state ?? { is: "running", pid: sessions.length + 1, at: startedAt } };
  sessions.push({ id, details, chat, run, isChatRun: false } as unknown as Session);
}

function terminals(): AgentTerminals {
  return new AgentTerminals({
    store: {} as Store,
    clock,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    sessions: () => sessions,
    placeOf: async ({ details }) => ({ cwd: details.cwd, env: {} }),
    startAnew: () => undefined,
  });
}

/** One look at all of them. */
async function look(): Promise<void> {
  const looking = terminals();
  looking.start();
  clock.advance(LOOK_MS);
  await new Promise((resolve) => setImmediate(resolve));
  looking.stop();
}

const known = (): (string | null)[] => sessions.map(({ details }) => details.chat?.resumeId ?? null);

test("two terminals of an agent in one directory keep their conversations, whichever was written last", async () => {
  open("one", { resumeId: "first" });
  open("two", { resumeId: "second" });
  for (written of [
    ["second", "first"],
    ["first", "second"],
  ]) {
    await look();
    expect(known()).toEqual(["first", "second"]);
  }
});

test("of two terminals of whose conversations nothing is known neither takes what the other may have begun", async () => {
  open("one");
  open("two", { startedAt: 100 });
  written = ["new"];
  await look();
  expect(known()).toEqual([null, null]);
  expect(watches.get("one")).toMatchObject({ pid: 1, since: 0, isAlone: false });
});

test("one that is alone in its directory, or among terminals that are known, takes the newest that is nobody's", async () => {
  open("one");
  open("elsewhere", { cwd: "/other" });
  open("another agent", { agent: "claude" });
  open("known", { resumeId: "its own" });
  open("ended before", { state: { is: "exited", code: 0, signal: null, at: -1 } });
  written = ["its own", "new"];
  await look();
  expect(sessions[0]?.details.chat?.resumeId).toBe("new");
  expect([...(watches.get("one")?.taken ?? [])]).toEqual(["its own"]);
});

test("a terminal that ended while another ran may have begun what is found", async () => {
  open("one");
  open("ended", { state: { is: "lost", reason: "host-died", at: 1 } });
  written = ["new"];
  await look();
  expect(known()).toEqual([null, null]);
});

test("the title of a terminal is handed on, also of one that is over", async () => {
  open("one", { title: "OC | Talk", startedAt: 7, state: { is: "lost", reason: "host-died", at: 9 } });
  written = ["new"];
  await terminals().settle(sessions[0]!);
  expect(watches.get("one")).toMatchObject({ pid: -1, since: 7, title: "OC | Talk", isAlone: true });
  expect(known()).toEqual(["new"]);
});
