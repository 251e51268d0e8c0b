import { beforeEach, expect, test } from "vitest";
import { followLog, type FollowOptions } from "./follow-log.ts";
import { FakeClient, sessionInfo } from "./testing/fake-client.ts";

let client: FakeClient;
let stop: AbortController;
let read: string;
let finish: (() => void)[];

beforeEach(() => {
  client = new FakeClient();
  stop = new AbortController();
  read = "";
  finish = [];
});

/** `isSlow`: the test says when a piece is dealt with. */
function follow(options: Partial<FollowOptions> = {}, isSlow = false) {
  const onData = (data: Uint8Array, done: () => void) => {
    read += Buffer.from(data).toString();
    if (isSlow) finish.push(done);
    else done();
  };
  return followLog({ client, session: "s1", signal: stop.signal, isUntilEnd: true, onData, ...options });
}

const ended = (end: number) => sessionInfo({ is: "exited", code: 0, signal: null, at: 1 }, end);

test("it reads in log mode, from the first byte or from a cursor, and can type nothing", () => {
  void follow();
  void follow({ from: "0000000000000001_0000000000000007" });
  expect(client.attachments.map(({ options }) => [options.mode, options.readOnly, options.cursor])).toEqual([
    ["log", true, undefined],
    ["log", true, "0000000000000001_0000000000000007"],
  ]);
});

test("it ends when the program has and every byte was dealt with", async () => {
  const following = follow({}, true);
  const attachment = client.attachment(0);
  attachment.attached("first", sessionInfo());
  attachment.output("hello", 0);
  attachment.options.viewer.session(ended(5));
  let isOver = false;
  void following.then(() => (isOver = true));
  await Promise.resolve();
  expect(isOver).toBe(false);
  finish[0]?.();
  expect((await following).run.state.is).toBe("exited");
  expect(read).toBe("hello");
  expect(attachment.isDetached).toBe(true);
});

test("a program that ended without a word, or before it was followed, is over at once", async () => {
  const silent = follow();
  client.attachment(0).attached("first", ended(0));
  await silent;
  const late = follow({ from: "0000000000000001_0000000000000005" });
  client.attachment(1).attached("tail", ended(5));
  await late;
  expect(read).toBe("");
});

test("it can be enough before the end", async () => {
  const following = follow({ onSession: ({ name }) => name === "work" });
  client.attachment(0).attached("first", sessionInfo());
  await following;
  expect(client.attachment(0).isDetached).toBe(true);
});

test("a deleted session, a refusal and a signal are failures", async () => {
  const gone = follow();
  client.attachment(0).options.viewer.gone("deleted");
  await expect(gone).rejects.toThrow("The session was deleted.");
  const stopped = follow();
  stop.abort(new Error("stop"));
  await expect(stopped).rejects.toThrow("stop");
  await expect(follow()).rejects.toThrow("stop");
  stop = new AbortController();
  client.become({ is: "closed", reason: "unauthorized" });
  await expect(follow()).rejects.toThrow("credential");
});
