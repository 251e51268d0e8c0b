/**
 * How a driver's state lies in the store: a snapshot of the wire stream, replaced with each commit; and how a server that starts anew
 * comes to it: it reads that, or, if another release wrote it, folds the run anew.
 */
import { LineSplitter } from "../../agents/line-splitter.ts";
import type { SendRow, Snapshot, Store, StreamKey, Write } from "../../store/store.ts";
import { commandsOf, keepAsked } from "./command-log.ts";
import { DriverRun, type Folded, type KeptDriver } from "./driver-run.ts";
import { refold, type RefoldOptions } from "./refold.ts";

export type LoadOptions = RefoldOptions;

const DRIVER = "driver";
const READ_BYTES = 1024 * 1024;

/** What is kept of a step of the driver. */
export function keepStep(wire: StreamKey, tail: number, { kept, asked }: Folded): readonly Write[] {
  const data = Buffer.from(JSON.stringify(kept));
  const snapshot = { ...wire, kind: DRIVER, version: kept.version, offset: tail, cols: 1, rows: 1, newest: 1, data };
  return [{ op: "put-snapshot", snapshot }, ...(asked ? [keepAsked(wire.session, { wire: tail, asked })] : [])];
}

/** What is not needed once a run is over: nobody goes on with it, and what it said is in the events. */
export function dropRun(wire: StreamKey, run: string): readonly Write[] {
  return [
    { op: "drop-stream", ...wire },
    { op: "drop-stream", ...commandsOf(wire.session) },
    { op: "drop-sends", run },
  ];
}

/** The driver of a run that another server began, with the ledger rows that the host may not have. */
export type LoadedDriver =
  | { readonly is: "loaded"; readonly driver: DriverRun; readonly rows: readonly SendRow[]; readonly isRefolded: boolean }
  /** Nobody can understand that run any more. */
  | { readonly is: "impossible"; readonly because: string };

export async function loadDriver(options: RefoldOptions): Promise<LoadedDriver> {
  const { store, wire, tail, run, driver } = options;
  const snapshot = await store.snapshot(wire, DRIVER, tail);
  const kept = snapshot ? keptIn(snapshot) : null;
  const delivered = kept?.run === run ? kept.delivered : 0;
  const rows = (): Promise<readonly SendRow[]> => store.sends(run, delivered);
  if (kept?.run === run && kept.version === driver.version) {
    const splitter = new LineSplitter(kept.folded);
    const isWhole = await readOutput(store, wire, kept.wire, tail, splitter);
    if (isWhole) return { is: "loaded", driver: new DriverRun(driver, kept, splitter), rows: await rows(), isRefolded: false };
  }
  const refolded = await refold(options);
  if (refolded.is === "impossible") return refolded;
  refolded.driver.noteDelivered(delivered);
  return { is: "loaded", driver: refolded.driver, rows: await rows(), isRefolded: true };
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
