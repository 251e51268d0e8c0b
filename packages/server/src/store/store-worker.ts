/** The entry of the worker thread that owns the database connection: opens the file that it is told, then answers one call after the other. */
import * as path from "node:path";
import { parentPort } from "node:worker_threads";
import { collectGarbage, returnFreePages } from "../platform/memory.ts";
import type { Call, FromWorker, WorkerStart } from "./calls.ts";
import { Engine } from "./sqlite/engine.ts";
import { failureOf } from "./sqlite/failure.ts";

const port = parentPort;
if (!port) throw new Error("The store's worker was not started as one.");

const send = (message: FromWorker): void => port.postMessage(message, buffersOf(message));

/** Bytes of an answer move to the other thread instead of being copied. All records of a read share one buffer. */
function buffersOf(message: FromWorker): ArrayBuffer[] {
  if (message.type !== "answer" || typeof message.result !== "object" || message.result === null) return [];
  const { records } = message.result as { readonly records?: readonly { readonly data: Uint8Array<ArrayBuffer> }[] };
  return [...new Set(records?.map((record) => record.data.buffer))].filter((buffer) => buffer.byteLength > 0);
}

function serve(engine: Engine): void {
  let isIdleStepDue = false;
  const onIdle = () => {
    isIdleStepDue = engine.idleStep();
    if (isIdleStepDue) setImmediate(onIdle);
  };
  port?.on("message", (call: Call) => {
    send(answer(engine, call));
    if (call.method === "releaseMemory") return;
    // Freed now, not when the collector comes to it: a flood would leave tens of megabytes until then.
    if (call.method === "commit") call.args[2].transfer(0);
    if (call.method === "close") return;
    const hasMore = engine.afterAnswer();
    if (hasMore && !isIdleStepDue) setImmediate(onIdle);
    isIdleStepDue ||= hasMore;
  });
}

/** Of this thread what it can do without, of all threads the free pages. */
function releaseMemory(engine: Engine): null {
  engine.dropPages();
  collectGarbage();
  returnFreePages();
  return null;
}

function answer(engine: Engine, call: Call): FromWorker {
  try {
    if (call.method === "releaseMemory") return { type: "answer", id: call.id, result: releaseMemory(engine) };
    const method = engine[call.method] as (...args: readonly unknown[]) => unknown;
    return { type: "answer", id: call.id, result: method.apply(engine, call.args) };
  } catch (error) {
    return { type: "failed", id: call.id, failure: engine.failed(error) };
  }
}

port.once("message", (start: WorkerStart) => {
  try {
    const engine = new Engine(start);
    serve(engine);
    send({ type: "opened", epoch: engine.epoch, report: engine.report });
  } catch (error) {
    send({ type: "not-opened", failure: failureOf(error, path.dirname(start.file)) });
  }
});
