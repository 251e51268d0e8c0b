import { beforeEach, expect, test } from "vitest";
import { FakeClock, settle } from "../testing/fake-clock.ts";
import { FakeClient, sessionInfo } from "./testing/fake-client.ts";
import { waitFor, type WaitConditions } from "./wait-for.ts";

let client: FakeClient;
let clock: FakeClock;
let screen: string;

beforeEach(() => {
  client = new FakeClient();
  clock = new FakeClock();
  screen = "";
});

async function wait(conditions: Partial<WaitConditions>) {
  const none = { isExit: false, idleMs: undefined, match: undefined, isNewOnly: false, timeoutMs: undefined };
  const waiting = waitFor({
    client,
    clock,
    session: sessionInfo(),
    conditions: { ...none, ...conditions },
    screen: () => Promise.resolve(screen),
    signal: new AbortController().signal,
  });
  await settle();
  client.attachments[0]?.attached("tail", sessionInfo());
  return { waiting };
}

const ended = (end = 0) => sessionInfo({ is: "exited", code: 2, signal: null, at: 1 }, end);

test("--exit is met when the program has ended", async () => {
  const { waiting } = await wait({ isExit: true });
  client.attachment(0).options.viewer.session(ended());
  expect(await waiting).toMatchObject({ met: "exit", session: { run: { state: { code: 2 } } } });
});

test("--idle counts from now, and each output begins it anew", async () => {
  const { waiting } = await wait({ idleMs: 1000 });
  clock.advance(900);
  client.attachment(0).output("x", 0);
  clock.advance(900);
  client.attachment(0).output("y", 1);
  clock.advance(1000);
  expect((await waiting).met).toBe("idle");
});

test("--match is met by what is on the screen already, unless only new output counts", async () => {
  screen = "tests passed\n";
  expect((await (await wait({ match: /passed$/m })).waiting).met).toBe("match");
  const { waiting } = await wait({ match: /passed/, isNewOnly: true });
  client.attachment(0).output("tests pas", 0);
  client.attachment(0).output("\x1b[32msed\x1b[m", 9);
  expect((await waiting).met).toBe("match");
});

test("--match sees a prompt that has no line end, and what a program draws", async () => {
  const prompt = await wait({ match: /^Password: $/m });
  client.attachment(0).output("sudo\r\nPassword: ", 0);
  expect((await prompt.waiting).met).toBe("match");

  client = new FakeClient();
  const drawn = await wait({ match: /two words/ });
  client.attachment(0).output("two\x1b[1;5Hwords", 0);
  screen = "two words\n";
  clock.advance(150);
  expect((await drawn.waiting).met).toBe("match");
});

test("--match is met by a prompt that is on the screen already, with the blank at its end", async () => {
  screen = "welcome\nname>\n";
  expect((await (await wait({ match: /^name> $/m })).waiting).met).toBe("match");
});

test("a program that ends before it printed that is told apart from a time-out", async () => {
  const early = await wait({ match: /never/ });
  client.attachment(0).options.viewer.session(ended());
  expect((await early.waiting).met).toBe("ended-before");
  client = new FakeClient();
  const late = await wait({ match: /never/, timeoutMs: 3000 });
  clock.advance(3000);
  expect((await late.waiting).met).toBe("timeout");
  expect(clock.pending).toBe(0);
});
