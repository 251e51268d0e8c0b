// A program that does not read: what is typed for it waits, within bounds, and arrives once and in order when it reads, whatever died meanwhile.

import { existsSync, readFileSync } from "node:fs";
import type { Attachment } from "@perdure/client";
import { expect, test } from "vitest";
import { difference } from "./harness/byte-record.ts";
import { attachFirst, connectClient } from "./harness/library-client.ts";
import type { PerdureHome } from "./harness/perdure-home.ts";
import { inputRecorder } from "./harness/programs.ts";
import { homeForEachTest } from "./harness/set-up.ts";
import { until } from "./harness/until.ts";

const lineBytes = 1000;
const lines = 4000;

let home: PerdureHome;

homeForEachTest(async (made) => {
  home = made;
  await home.start();
});

/** Sends numbered lines until no more are taken, or there are enough; answers what was taken. */
function sendAll(attachment: Attachment, from: number): string {
  let taken = "";
  for (let number = from; number < lines; number += 1) {
    const line = `${String(number).padStart(8, "0")} ${"x".repeat(lineBytes - 10)}\n`;
    if (!attachment.send(Buffer.from(line))) break;
    taken += line;
  }
  return taken;
}

test("what is typed for a program that does not read waits, survives the server, and arrives once", { timeout: 120_000 }, async () => {
  const gate = `stty raw -echo; while [ ! -e '${home.path("go")}' ]; do sleep 0.05; done; exec "$@"`;
  const command = ["/bin/sh", "-c", gate, "sh", ...inputRecorder(home.path("heard"))];
  const { id } = await home.api.create({ command, environment: { variables: home.variables } });
  const client = connectClient(home);
  const attachment = await attachFirst(client, id);
  let typed = sendAll(attachment, 0);
  expect(typed.length).toBeGreaterThan(500_000);
  expect(typed.length).toBeLessThan(lines * lineBytes);

  await home.killServerAndRestart();
  client.retryNow();
  home.write("go", "");
  await until("a program that reads", () => existsSync(home.path("heard")));
  while (typed.length < lines * lineBytes) {
    const pending = attachment.pendingBytes;
    await until("room for more", () => attachment.pendingBytes < pending || attachment.pendingBytes === 0, { timeoutMs: 60_000 });
    typed += sendAll(attachment, typed.length / lineBytes);
  }
  const heard = (): Buffer => readFileSync(home.path("heard"));
  await until("all that was typed", () => heard().length >= typed.length, {
    timeoutMs: 60_000,
    report: () => `${heard().length} of ${typed.length}`,
  });
  expect(difference(heard(), Buffer.from(typed))).toBeNull();
  await until("an acknowledgement of all of it", () => attachment.pendingBytes === 0, { timeoutMs: 60_000 });
  client.close();
});
