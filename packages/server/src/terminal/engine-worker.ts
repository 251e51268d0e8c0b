/** The entry of the worker thread that runs screen engines. */
import { parentPort } from "node:worker_threads";
import { systemClock } from "../platform/clock.ts";
import type { FromWorker, ToWorker } from "./engine-messages.ts";
import { EngineScheduler } from "./engine-scheduler.ts";
import { ScreenEngine } from "./screen-engine.ts";
import { warmUp } from "./warm-up.ts";

const port = parentPort;
if (!port) throw new Error("engine-worker runs as a worker thread only");

// The emulator remarks on its own timing there; nobody can do anything about it.
console.warn = () => {};

const scheduler = new EngineScheduler({
  makeEngine: (start, onEvent) => new ScreenEngine(start, onEvent, systemClock),
  post: (message: FromWorker) => port.postMessage(message),
  // It was moved here. Freed now, not when the collector comes to it: a flood would leave tens of megabytes until then.
  free: (data) => data.buffer.transfer(0),
  soon: setImmediate,
});

port.on("message", (message: ToWorker) => {
  switch (message.is) {
    case "open":
      return scheduler.open(message.engine, message.start);
    case "task":
      return scheduler.add(message.engine, message.task);
    case "close":
      return scheduler.close(message.engine);
  }
});

warmUp();
