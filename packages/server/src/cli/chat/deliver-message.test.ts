import { PerdureError } from "@perdure/protocol";
import { expect, test } from "vitest";
import { FakeClock } from "../../testing/fake-clock.ts";
import { deliverMessage, DELIVERY_MS } from "./deliver-message.ts";

const away = (): PerdureError => new PerdureError("server-unreachable");

/** What was sent; each attempt does the next of these, the last one from then on. */
function scene(...outcomes: readonly (Error | undefined)[]) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const sent: string[] = [];
  let waits = 0;
  const rest = {
    sendMessage: async (session: string, message: string, text: string): Promise<void> => {
      const outcome = outcomes[Math.min(sent.length, outcomes.length - 1)];
      sent.push(`${session} ${message} ${text}`);
      if (outcome) throw outcome;
    },
  };
  const delivery = {
    session: "s",
    message: "id",
    text: "words",
    rest: () => rest,
    clock,
    signal: stop.signal,
    onWaiting: () => (waits += 1),
  };
  return { clock, stop, sent, waits: () => waits, done: deliverMessage(delivery) };
}

/** Lets so much time pass, a look at a time. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(250);
  }
}

test("the same message is sent until a server has it, and that it waits is said once", async () => {
  const { clock, sent, waits, done } = scene(away(), away(), undefined);
  await pass(clock, 1000);
  await done;
  expect(sent).toEqual(["s id words", "s id words", "s id words"]);
  expect(waits()).toBe(1);
});

test("what the server will never take is its own words at once", async () => {
  const { sent, done } = scene(new PerdureError("no-conversation", "It is a terminal."));
  await expect(done).rejects.toThrow("It is a terminal.");
  expect(sent).toHaveLength(1);
});

test("it gives up in the end and says how to send the same again", async () => {
  const { clock, done } = scene(away());
  const failure = done.catch((error: unknown) => error);
  await pass(clock, DELIVERY_MS + 1000);
  expect(await failure).toMatchObject({ exitCode: 1, message: expect.stringContaining("--id id has no second effect") });
});

test("the signal ends it while it waits", async () => {
  const { stop, done } = scene(away());
  await new Promise((resolve) => setImmediate(resolve));
  stop.abort(new Error("enough"));
  await expect(done).rejects.toThrow("enough");
});
