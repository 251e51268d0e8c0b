import { expect, test } from "vitest";
import { statusLine } from "./status-line.ts";

test("an outage says what is done about it, how long it lasts, what is kept and how to leave", () => {
  expect(statusLine({ awayMs: 2000, pendingBytes: 4, isLeaving: false }, "stopped", "C-a d")).toBe(
    "perdure: the server was shut down, waiting for it · 2 s · 4 typed bytes kept · C-a d leaves",
  );
  expect(statusLine({ awayMs: 2000, pendingBytes: 0, isLeaving: false }, "lost", "none")).toBe(
    "perdure: no connection to the server, trying again · 2 s",
  );
});

test("a detach says first what it waits for", () => {
  expect(statusLine({ awayMs: 500, pendingBytes: 12, isLeaving: true }, "starting", "C-a d")).toBe(
    "perdure: 12 typed bytes to deliver before leaving · C-a d leaves now · the server has died, starting another one",
  );
  expect(statusLine({ awayMs: undefined, pendingBytes: 1, isLeaving: true }, "starting", "C-a d")).toContain(
    "1 typed byte to deliver before leaving · C-a d leaves now · the server has not confirmed",
  );
});
