import type { DriverEvent } from "@perdure/protocol";
import { beforeEach, expect, test } from "vitest";
import { FakeClient, sessionInfo } from "../testing/fake-client.ts";
import { after, asked, ended, run, text, timed } from "../testing/talk.ts";
import { ConversationLink, type News } from "./conversation-link.ts";

let client: FakeClient;
let link: ConversationLink;
let news: News[];
const never = new AbortController().signal;

beforeEach(() => {
  client = new FakeClient();
  link = new ConversationLink(client, "s1", false);
  news = [];
  link.subscribe((one) => news.push(one));
});

function lines(events: readonly DriverEvent[]): string {
  return timed(events)
    .map((event) => `${JSON.stringify(event)}\n`)
    .join("");
}

test("a snapshot and the events behind it are the conversation", () => {
  client.attachment(0).snapshot(JSON.stringify(after(run(), asked("i"))), 10);
  client.attachment(0).output(lines([...text("i", "p", "words"), ...ended("i")]), 10);
  expect(link.conversation).toEqual(after(run(), asked("i"), text("i", "p", "words"), ended("i")));
  expect(news).toEqual(["snapshot", timed([...text("i", "p", "words"), ...ended("i")])]);
});

test("an event that comes in two pieces, cut within a character, is one", () => {
  client.attachment(0).snapshot(JSON.stringify(after(run(), asked("i"))), 0);
  const whole = Buffer.from(lines(text("i", "p", "größer")));
  const cut = whole.indexOf(Buffer.from("ö")) + 1;
  const { viewer } = client.attachment(0).options;
  viewer.output(whole.subarray(0, cut), 0, () => undefined);
  viewer.output(whole.subarray(cut), cut, () => undefined);
  expect(link.conversation?.messages["m.i"]?.parts).toMatchObject([{ text: "größer" }]);
});

test("a new snapshot forgets what was unfinished", () => {
  client.attachment(0).snapshot("{}", 0);
  client.attachment(0).output('{"type":"half', 0);
  client.attachment(0).snapshot(JSON.stringify(after(run())), 50);
  client.attachment(0).output(lines(asked("i")), 50);
  expect(link.conversation).toEqual(after(run(), asked("i")));
});

test("waiting ends with what is looked for, with a session that is gone, or by the signal", async () => {
  const found = link.until((now) => now.runningTurn ?? undefined, never);
  client.attachment(0).attached("first", sessionInfo());
  client.attachment(0).snapshot(JSON.stringify(after(run())), 0);
  client.attachment(0).output(lines(asked("i")), 0);
  expect(await found).toBe("t.i");
  const stop = new AbortController();
  const stopped = link.until(() => undefined, stop.signal);
  stop.abort(new Error("enough"));
  await expect(stopped).rejects.toThrow("enough");
  const gone = link.until(() => undefined, never);
  client.attachment(0).options.viewer.gone("deleted");
  await expect(gone).rejects.toMatchObject({ exitCode: 4 });
  await expect(link.until(() => undefined, never)).rejects.toMatchObject({ exitCode: 4 });
});

test("a refused credential ends it", async () => {
  const waiting = link.until(() => undefined, never);
  client.become({ is: "closed", reason: "unauthorized" });
  await expect(waiting).rejects.toThrow("does not accept this credential");
});

test("closing detaches", () => {
  link.close();
  expect(client.attachment(0).isDetached).toBe(true);
});
