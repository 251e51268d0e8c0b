/** The sessions of a scratch home with a real host, engines and store, whose commits can be made to fail. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { PerdureError, type ErrorCode, type RequesterEnvironment } from "@perdure/protocol";
import type { Agent } from "../agents/agent.ts";
import { knownAgents } from "../agents/agents.ts";
import { systemClock } from "../platform/clock.ts";
import { openHome, type Home } from "../platform/home.ts";
import type { Log } from "../platform/log.ts";
import { Sessions } from "../sessions/sessions.ts";
import type { AttachmentSink, AttachRequest } from "../sessions/attachment.ts";
import { openSqliteStore } from "../store/sqlite-store.ts";
import type { Store, Write } from "../store/store.ts";
import { openEngines } from "../terminal/engines.ts";

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Which commits fail, and how. */
export interface Faults {
  code: ErrorCode;
  hits: (writes: readonly Write[]) => boolean;
}

export interface ScratchSessions {
  readonly home: Home;
  readonly sessions: Sessions;
  readonly store: Store;
  readonly faults: Faults;
  readonly fatals: unknown[];
  /** Ends every program and the host, closes, and removes the home. */
  close(): Promise<void>;
  /** Closes as a server does that ends: programs go on. */
  leave(): Promise<void>;
}

export const ENVIRONMENT: RequesterEnvironment = { variables: { PATH: process.env["PATH"] ?? "", HOME: "/" } };

export function scratchHome(): Home {
  return openHome(fs.mkdtempSync(path.join(os.tmpdir(), "perdure-sessions-")));
}

/** Opens what lies in the home. */
export async function openScratchSessions(
  home: Home = scratchHome(),
  {
    bootId = "boot",
    faults = { code: "storage-full", hits: () => false },
    hostRequestMs = 20_000,
    agents = knownAgents(),
    engineWorker = new URL("../terminal/engine-worker.ts", import.meta.url),
  }: {
    readonly bootId?: string;
    readonly faults?: Faults;
    readonly hostRequestMs?: number;
    readonly agents?: readonly Agent[];
    readonly engineWorker?: URL;
  } = {},
): Promise<ScratchSessions> {
  const worker = new URL("../store/store-worker.ts", import.meta.url);
  const store = faulty(await openSqliteStore({ file: home.database, worker, bootId, version: "0" }), faults);
  const engines = openEngines({ worker: engineWorker });
  const fatals: unknown[] = [];
  const sessions = new Sessions({
    agents: { all: agents, notices: [] },
    parkAfterMs: 60_000,
    home,
    store,
    engines,
    hostEntry: new URL("../host/main.ts", import.meta.url),
    clock: systemClock,
    log: silent,
    retention: { maxBytes: 50 * 1024 * 1024, maxAgeMs: 86_400_000 },
    defaultUmask: 0o022,
    hostRequestMs,
    onFatal: (error) => fatals.push(error),
  });
  await sessions.open();
  const leave = async (): Promise<void> => {
    await sessions.close();
    await engines.close();
    await store.close();
  };
  const close = async (): Promise<void> => {
    await sessions.shutdownHost(true);
    await leave();
    fs.rmSync(home.directory, { recursive: true, force: true, maxRetries: 5 });
  };
  return { home, sessions, store, faults, fatals, close, leave };
}

function faulty(store: Store, faults: Faults): Store {
  const commit: Store["commit"] = (writes, durability) =>
    faults.hits(writes) ? Promise.reject(new PerdureError(faults.code)) : store.commit(writes, durability);
  return new Proxy(store, {
    get: (target, name) => {
      if (name === "commit") return commit;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** A viewer that gathers what it is told. */
export class ScratchSink implements AttachmentSink {
  text = "";
  readonly told: string[] = [];
  #check: () => void = () => undefined;

  output(_offset: number, parts: readonly Uint8Array[]): void {
    this.#tell("output", Buffer.concat(parts).toString());
  }

  snapshot({ data }: { readonly data: Uint8Array }): void {
    this.#tell("snapshot", Buffer.from(data).toString());
  }

  resized(_offset: number, cols: number, rows: number): void {
    this.#tell(`resized ${cols}x${rows}`);
  }

  attached(how: string): void {
    this.#tell(`attached ${how}`);
  }

  inputAcked(_run: number, writer: string, seq: number): void {
    this.#tell(`acked ${writer} ${seq}`);
  }

  inputRefused(_run: number, writer: string, seq: number, reason: string): void {
    this.#tell(`refused ${writer} ${seq} ${reason}`);
  }

  detached(reason: string): void {
    this.#tell(`detached ${reason}`);
  }

  failed(error: unknown): void {
    this.#tell(`failed ${String(error)}`);
  }

  /** Resolves when it holds; looked at whenever something was told. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#check = resolve;
      });
    }
  }

  #tell(what: string, text = ""): void {
    this.told.push(what);
    this.text += text;
    this.#check();
  }
}

export const VIEW: AttachRequest = {
  mode: "log",
  cursor: undefined,
  size: null,
  colours: null,
  isVisible: false,
  isReadOnly: false,
  client: { kind: "library", name: "test" },
};
