/** How a driver's state lies in the store: a snapshot of the wire stream, replaced with each commit. */
import type { Driver } from "../../agents/driver.ts";
import { LineSplitter } from "../../agents/line-splitter.ts";
import type { SendRow, Snapshot, Store, StreamKey, Write } from "../../store/store.ts";
import { DriverRun, type KeptDriver } from "./driver-run.ts";

const DRIVER = "driver";
const READ_BYTES = 1024 * 1024;

export function keepDriver(wire: StreamKey, tail: number, kept: KeptDriver): Write {
  const data = Buffer.from(JSON.stringify(kept));
  return { op: "put-snapshot", snapshot: { ...wire, kind: DRIVER, version: kept.version, offset: tail, cols: 1, rows: 1, data } };
}

/** What is not needed once a run is over: nobody goes on with it, and what it said is in the events. */
export function dropRun(wire: StreamKey, run: string): readonly Write[] {
  return [
    { op: "drop-stream", ...wire },
    { op: "drop-sends", run },
  ];
}

/**
 * The driver of a run that another server began, with the ledger rows that the host may not have. `null`: what was kept is not
 * there, or not of this release.
 */
export async function loadDriver(
  store: Store,
  wire: StreamKey,
  tail: number,
  run: string,
  driver: Driver,
): Promise<{ readonly driver: DriverRun; readonly rows: readonly SendRow[] } | null> {
  const snapshot = await store.snapshot(wire, DRIVER, tail);
  const kept = snapshot ? keptIn(snapshot) : null;
  if (kept?.run !== run || kept.version !== driver.version) return null;
  const splitter = new LineSplitter(kept.folded);
  const isWhole = await readOutput(store, wire, kept.wire, tail, splitter);
  return isWhole ? { driver: new DriverRun(driver, kept, splitter), rows: await store.sends(run, kept.delivered) } : null;
}

function keptIn({ data }: Snapshot): KeptDriver | null {
  try {
    return JSON.parse(Buffer.from(data).toString()) as KeptDriver;
  } catch {
    return null;
  }
}

/** Gives the splitter what the program wrote in this part of the wire: a line without its end. `false`: it is not that. */
async function readOutput(store: Store, wire: StreamKey, from: number, tail: number, splitter: LineSplitter): Promise<boolean> {
  let offset = from;
  while (offset < tail) {
    const page = await store.read(wire, offset, READ_BYTES);
    if (!page.ok) return false;
    const before = offset;
    for (const record of page.records) {
      offset = record.offset + record.data.length;
      if (record.kind === "notice") return false; // bytes that were lost with a damaged file
      if (record.kind === "output" && splitter.push(record.data).length > 0) return false;
    }
    if (offset === before) return false;
  }
  return true;
}
