// The fake model as the agents use it: each dialect's stream, what steers it, and what a test can hold and read.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeModel, usersSeen } from "./fake-model.ts";

let model: FakeModel;
beforeEach(async () => {
  model = await FakeModel.start();
});
afterEach(async () => {
  await model.close();
});

interface Spoken {
  readonly path: string;
  readonly body: (texts: readonly string[]) => unknown;
  /** The text of one event's data. */
  readonly delta: (data: Record<string, never>) => string | undefined;
}

const user = (texts: readonly string[]): object[] => texts.map((text) => ({ role: "user", content: text }));
const dialects: Readonly<Record<string, Spoken>> = {
  "anthropic-messages": {
    path: "/v1/messages?beta=true",
    body: (texts) => ({ model: "m", stream: true, tools: [{}], messages: user(texts) }),
    delta: ({ delta }: { delta?: { text?: string } }) => delta?.text,
  },
  "openai-responses": {
    path: "/v1/responses",
    body: (texts) => ({ model: "m", stream: true, input: texts.map((text) => ({ role: "user", content: [{ text }] })) }),
    delta: ({ type, delta }: { type?: string; delta?: string }) => (type === "response.output_text.delta" ? delta : undefined),
  },
  "openai-completions": {
    path: "/v1/chat/completions",
    body: (texts) => ({ model: "m", stream: true, tools: [{}], messages: user(texts) }),
    delta: ({ choices }: { choices?: { delta: { content?: string } }[] }) => choices?.[0]?.delta.content,
  },
  "gemini-content": {
    path: "/v1beta/models/m:streamGenerateContent?alt=sse",
    body: (texts) => ({ contents: texts.map((text) => ({ role: "user", parts: [{ text }] })) }),
    delta: ({ candidates }: { candidates?: { content: { parts: { text?: string }[] } }[] }) =>
      candidates?.[0]?.content.parts.map(({ text }) => text ?? "").join(""),
  },
};

async function ask({ path, body, delta }: Spoken, ...texts: string[]): Promise<{ status: number; text: string; raw: string }> {
  const response = await fetch(model.url + path, { method: "POST", body: JSON.stringify(body(texts)) });
  const raw = await response.text();
  const data = [...raw.matchAll(/^data: (\{.*\})$/gm)].map((match) => JSON.parse(match[1]!) as Record<string, never>);
  return { status: response.status, raw, text: data.map((each) => delta(each) ?? "").join("") };
}

describe.each(Object.entries(dialects))("%s", (name, spoken) => {
  test("an echo tells the texts that the model was sent", async () => {
    const { text } = await ask(spoken, "first", "<system-reminder>not mine</system-reminder>second");
    expect(text).toMatch(/^echo: second/);
    expect(usersSeen(text)).toEqual(["first", "second"]);
    expect(model.requests).toMatchObject([{ dialect: name, text: "second", users: ["first", "second"], end: "whole" }]);
  });

  test("an error comes as often as it is asked for", async () => {
    const statuses = [];
    for (let time = 0; time < 3; time++) statuses.push((await ask(spoken, "#error 529 2")).status);
    expect(statuses).toEqual([529, 529, 200]);
  });

  test("a tool is called with its input", async () => {
    const { raw } = await ask(spoken, 'please #tool Bash {"command":"echo \\"}\\""} now');
    expect(raw).toContain("Bash");
    expect(raw).toContain("Let me run that.");
    expect(model.requests[0]?.planned).toBe("call");
  });

  test("a held answer waits before its chunk and goes on when it is released", async () => {
    const hold = model.hold("#slow", 2);
    const answer = ask(spoken, "#slow 4 0");
    await hold.reached;
    expect(model.requests[0]?.end).toBeNull();
    hold.release();
    expect((await answer).text).toBe("chunk0000 chunk0001 chunk0002 chunk0003 ");
  });

  test("a cut answer breaks the connection, its second try is whole", async () => {
    await expect(ask(spoken, "#cut 2 1")).rejects.toThrow("terminated");
    expect((await ask(spoken, "#cut 2 1")).text).toBe("chunk0000 chunk0001 chunk0002 chunk0003 ");
    expect(model.requests.map(({ end }) => end)).toEqual(["cut", "whole"]);
  });

  test("a long answer has the bytes that it was asked for", async () => {
    expect((await ask(spoken, "#big 20000")).text).toHaveLength(20_000);
  });
});

test("a hanging answer has a head and no end", async () => {
  const { path, body } = dialects["anthropic-messages"]!;
  const leave = new AbortController();
  const seen = model.nextRequest(({ text }) => text.includes("#hang"));
  const response = await fetch(model.url + path, { method: "POST", body: JSON.stringify(body(["#hang"])), signal: leave.signal });
  expect((await seen).planned).toBe("hang");
  expect(response.status).toBe(200);
  leave.abort();
  await expect(response.text()).rejects.toThrow("aborted");
});
