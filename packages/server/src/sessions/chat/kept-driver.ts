/** How a driver's state lies in the store: a snapshot of the wire stream, replaced with each commit. */
import { PerdureError } from "@perdure/protocol";
import type { Driver } from "../../agents/driver.ts";
import type { SendRow, Store, StreamKey, Write } from "../../store/store.ts";
import { DriverRun, type KeptDriver } from "./driver-run.ts";

const DRIVER = "driver";
const READ_BYTES = 1024 * 1024;

export function keepDriver(wire: StreamKey, tail: number, kept: KeptDriver): Write {
  const data = Buffer.from(JSON.stringify(kept));
  return { op: "put-snapshot", snapshot: { ...wire, kind: DRIVER, version: kept.version, offset: tail, cols: 1, rows: 1, data } };
}

/** The driver of a run that another server began, with the ledger rows that the host may not have. */
export async function loadDriver(
  store: Store,
  wire: StreamKey,
  tail: number,
  run: string,
  driver: Driver,
): Promise<{ readonly driver: DriverRun; readonly rows: readonly SendRow[] }> {
  const snapshot = await store.snapshot(wire, DRIVER, tail);
  const kept = snapshot ? (JSON.parse(Buffer.from(snapshot.data).toString()) as KeptDriver) : null;
  if (kept?.run !== run) throw new PerdureError("internal", "The state of the conversation's driver is missing.");
  if (kept.version !== driver.version) throw new PerdureError("internal", "The conversation's driver was kept by another release.");
  const rest = await readOutput(store, wire, kept.wire, tail);
  return { driver: new DriverRun(driver, kept, rest), rows: await store.sends(run, kept.delivered) };
}

/** The program's own output in this part of the wire. */
async function readOutput(store: Store, wire: StreamKey, from: number, tail: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let offset = from;
  while (offset < tail) {
    const page = await store.read(wire, offset, READ_BYTES);
    if (!page.ok) throw new Error(`the wire could not be read: ${page.reason}`);
    const before = offset;
    for (const record of page.records) {
      offset = record.offset + record.data.length;
      if (record.kind === "output") parts.push(record.data);
    }
    if (offset === before) break;
  }
  return Buffer.concat(parts);
}
