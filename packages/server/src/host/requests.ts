/** Control messages as they come from the socket, read once here and trusted behind it. */
import type { HostRequest } from "./wire.ts";

type Kind = "string" | "count" | "boolean" | "strings" | "variables" | "size" | "optional count" | "run" | "kind";
type Shape = Readonly<Record<string, Kind>>;

const SHAPES: Readonly<Record<HostRequest["type"], Shape>> = {
  hello: { protocol: "count", epoch: "count" },
  spawn: {
    request: "count",
    run: "run",
    kind: "kind",
    command: "strings",
    cwd: "string",
    env: "variables",
    cols: "size",
    rows: "size",
    umask: "optional count",
  },
  read: { run: "run", from: "count" },
  ack: { run: "run", upTo: "count" },
  resize: { run: "run", cols: "size", rows: "size" },
  end: { request: "count", run: "run", graceMs: "count" },
  forget: { request: "count", run: "run" },
  shutdown: { request: "count", end: "boolean" },
};

/** A run's id names its directory. */
const RUN_ID = /^[A-Za-z0-9_-]{1,64}$/;
const MAX_SIZE = 10_000;

/** Undefined: not a request of this protocol. Fields it does not know are left alone. */
export function parseRequest(body: Buffer): HostRequest | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (!isObject(value) || typeof value["type"] !== "string" || !Object.hasOwn(SHAPES, value["type"])) return undefined;
    const shape = SHAPES[value["type"] as HostRequest["type"]];
    return Object.entries(shape).every(([name, kind]) => CHECKS[kind](value[name])) ? (value as HostRequest) : undefined;
  } catch {
    return undefined;
  }
}

const CHECKS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  string: isText,
  count: isCount,
  boolean: (value) => typeof value === "boolean",
  strings: (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
  variables: (value) => isObject(value) && Object.entries(value).every(([name, text]) => /^[^=\0]+$/.test(name) && isText(text)),
  size: (value) => isCount(value) && value >= 1 && value <= MAX_SIZE,
  "optional count": (value) => value === undefined || isCount(value),
  run: (value) => typeof value === "string" && RUN_ID.test(value),
  kind: (value) => value === "pty" || value === "pipe",
};

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** What the system's interfaces can carry: no zero byte. */
function isText(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
