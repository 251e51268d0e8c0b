import { expect, test } from "vitest";
import { MAX_PENDING_REQUESTS, METHOD_NOT_FOUND, parseRpcLine, type PendingRequest, type RpcMessage, RpcWriter } from "./json-rpc.ts";

interface Asked extends PendingRequest {
  readonly turn: string;
}

const NOTHING = { sent: 0, pending: [] };

/** The only message of a line. */
function parseRpc(text: string): RpcMessage | null {
  const { messages } = parseRpcLine(text);
  expect(messages.length).toBeLessThanOrEqual(1);
  return messages[0] ?? null;
}

test("each kind of message is told from the others, with and without the version field", () => {
  expect(parseRpc('{"id":3,"method":"ask","params":{"a":1}}')).toEqual({ is: "request", id: 3, method: "ask", params: { a: 1 } });
  expect(parseRpc('{"jsonrpc":"2.0","id":"x","method":"ask"}')).toEqual({ is: "request", id: "x", method: "ask", params: undefined });
  expect(parseRpc('{"method":"told","params":[]}')).toEqual({ is: "notification", method: "told", params: [] });
  expect(parseRpc('{"jsonrpc":"2.0","id":"p1","result":null}')).toEqual({ is: "result", id: "p1", result: null });
  expect(parseRpc('{"id":"p1","error":{"code":-32600,"message":"no","data":{"details":"x"}}}')).toEqual({
    is: "error",
    id: "p1",
    error: { code: -32600, message: "no", data: { details: "x" } },
  });
});

test("an error always has words, and may be about a request that could not be read", () => {
  expect(parseRpc('{"id":null,"error":{"message":" "}}')).toEqual({
    is: "error",
    id: null,
    error: { code: 0, message: "The agent gave no reason." },
  });
});

test("an error is one as whatever it is written", () => {
  expect(parseRpc('{"id":"p1","error":"no"}')).toEqual({ is: "error", id: "p1", error: { code: 0, message: "no" } });
  expect(parseRpc('{"id":"p1","result":null,"error":{"code":"-32601","message":"no"}}')).toEqual({
    is: "error",
    id: "p1",
    error: { code: -32601, message: "no" },
  });
  expect(parseRpc('{"id":"p1","result":{},"error":null}')).toEqual({ is: "result", id: "p1", result: {} });
});

test("a line may hold several messages, and what is none is told", () => {
  const both = [
    { is: "notification", method: "a", params: undefined },
    { is: "result", id: "p1", result: 1 },
  ];
  expect(parseRpcLine('{"method":"a"}{"id":"p1","result":1}')).toEqual({ messages: both, isClean: true });
  expect(parseRpcLine('[{"method":"a"},{"id":"p1","result":1}]')).toEqual({ messages: both, isClean: true });
  expect(parseRpcLine('noise {"method":"a"}{"id":"p1","result":1}{}')).toEqual({ messages: both, isClean: false });
});

test("an error without an id is about the only request that waits, or about none that is known", () => {
  const [one, two] = [
    { id: "p1", method: "a" },
    { id: "p2", method: "b" },
  ];
  expect(new RpcWriter("2.0", { sent: 2, pending: [one] }).take(null)).toBe(one);
  expect(new RpcWriter("2.0", { sent: 2, pending: [one, two] }).take(null)).toBeNull();
  expect(new RpcWriter("2.0", { sent: 2, pending: [] }).take(null)).toBeNull();
});

test("what is no message is null", () => {
  for (const text of ["", "hello", "[]", "null", "7", '{"id":"p1"}', '{"result":1}', '{"id":{},"method":"x"}', '{"id":'])
    expect(parseRpc(text)).toBeNull();
});

test("every send has its number, and a request's id is that number", () => {
  const writer = new RpcWriter<Asked>("bare", { sent: 4, pending: [] });
  expect(writer.request("turn/start", { a: 1 }, "prompt:i1", { turn: "t1" })).toBe("p5");
  writer.notify("initialized", undefined, "hello");
  writer.answer(0, { ok: true }, "answer:a");
  writer.refuse("q", { code: METHOD_NOT_FOUND, message: "not here" }, "refusal");
  expect(writer.request("stop", {}, "interrupt", { turn: "t1" })).toBe("p9");
  expect(writer.sent).toBe(9);
  expect(writer.sends).toEqual([
    { text: '{"id":"p5","method":"turn/start","params":{"a":1}}', cause: "prompt:i1" },
    { text: '{"method":"initialized"}', cause: "hello" },
    { text: '{"id":0,"result":{"ok":true}}', cause: "answer:a" },
    { text: '{"id":"q","error":{"code":-32601,"message":"not here"}}', cause: "refusal" },
    { text: '{"id":"p9","method":"stop","params":{}}', cause: "interrupt" },
  ]);
});

test("with the version field it is in every message", () => {
  const writer = new RpcWriter("2.0", NOTHING);
  writer.notify("told", { a: 1 }, "word");
  writer.answer("x", undefined, "word");
  expect(writer.sends.map((send) => send.text)).toEqual([
    '{"jsonrpc":"2.0","method":"told","params":{"a":1}}',
    '{"jsonrpc":"2.0","id":"x","result":null}',
  ]);
});

test("a request waits for its answer once, through a state that was stored", () => {
  const first = new RpcWriter<Asked>("bare", NOTHING);
  first.request("a", {}, "a", { turn: "t1" });
  first.request("b", {}, "b", { turn: "t2" });
  const stored = JSON.parse(JSON.stringify({ sent: first.sent, pending: first.pending })) as { sent: number; pending: Asked[] };
  const next = new RpcWriter<Asked>("bare", stored);
  expect(next.take("p2")).toEqual({ id: "p2", method: "b", turn: "t2" });
  expect(next.take("p2")).toBeNull();
  expect(next.take("p7")).toBeNull();
  expect(next.pending).toEqual([{ id: "p1", method: "a", turn: "t1" }]);
});

test("what is never answered does not grow for ever", () => {
  const writer = new RpcWriter("bare", NOTHING);
  for (let count = 0; count <= MAX_PENDING_REQUESTS; count += 1) writer.request("a", {}, "a", {});
  expect(writer.pending).toHaveLength(MAX_PENDING_REQUESTS);
  expect(writer.take("p1")).toBeNull();
  expect(writer.take("p2")).not.toBeNull();
});
