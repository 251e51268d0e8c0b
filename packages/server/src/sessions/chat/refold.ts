/**
 * The driver of a run that a server of another release began: its state cannot be read, so everything that it ever got (the wire,
 * and what it was asked in between) is folded again by this release's driver. Nothing is sent for it: what the driver would send must
 * be what stands in the run's ledger, number by number, and what is open in the conversation must be open for the driver, too.
 * Otherwise it would go on with something that neither the agent nor the reader has seen, and the run cannot be understood.
 */
import { currentRun, EMPTY_CONVERSATION, reduce, type AgentMessage, type Conversation, type Part } from "@perdure/protocol";
import type { Driver } from "../../agents/driver.ts";
import type { NewRecord, SendRow, Store, StreamKey } from "../../store/store.ts";
import type { Batch, Piece } from "../records.ts";
import { readAsked, type AskedAt } from "./command-log.ts";
import { DriverRun, type Asked, type Folded } from "./driver-run.ts";

/** A run that wrote more is not folded anew: about a second of work, while the conversation waits. */
export const MAX_REFOLD_BYTES: number = 32 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

export interface RefoldOptions {
  readonly store: Store;
  readonly wire: StreamKey;
  /** The committed end of the wire. */
  readonly tail: number;
  readonly run: string;
  readonly driver: Driver;
  /** What readers were shown of it so far. */
  readonly conversation: Conversation;
  /** Default: {@link MAX_REFOLD_BYTES}. */
  readonly maxBytes?: number;
}

export type Refolded = { readonly is: "refolded"; readonly driver: DriverRun } | { readonly is: "impossible"; readonly because: string };

export async function refold(options: RefoldOptions): Promise<Refolded> {
  const { store, wire, tail, run, maxBytes = MAX_REFOLD_BYTES } = options;
  const asked = await readAsked(store, wire.session, run);
  const [first] = asked ?? [];
  if (!asked || first?.asked.is !== "begin") return impossible("what its driver was asked is not there");
  if (tail - first.wire > maxBytes) return impossible(`it wrote more than ${maxBytes} bytes`);
  try {
    const refolding = new Refolding(options, first.asked, first.wire);
    const because = (await refolding.go(asked, first.wire)) ?? refolding.differs(await store.sends(run, 0));
    return because === null ? { is: "refolded", driver: refolding.driver } : impossible(because);
  } catch (error) {
    if (error instanceof RefoldFault) return impossible(`this release's driver failed: ${error.message}`);
    throw error;
  }
}

function impossible(because: string): Refolded {
  return { is: "impossible", because };
}

/** What the driver threw; what the store throws is another matter. */
class RefoldFault extends Error {}

class Refolding {
  readonly driver: DriverRun;
  readonly #options: RefoldOptions;
  readonly #sends: SendRow[] = [];
  /** What the driver alone would have told. */
  #told: Conversation;

  constructor(options: RefoldOptions, { setup, time }: Extract<Asked, { is: "begin" }>, wire: number) {
    const { driver, conversation, run } = options;
    this.#options = options;
    this.#told = {
      ...EMPTY_CONVERSATION,
      runs: conversation.runs.filter(({ id }) => id === run).map((one) => ({ ...one, state: "starting" })),
    };
    const begun = attempt(() => DriverRun.begin(driver, setup, wire, time));
    this.driver = new DriverRun(driver, begun.kept);
    this.#note(begun);
  }

  /** Gives the driver all that it got, in the order in which it came. Answers what is missing. */
  async go([, ...asked]: readonly AskedAt[], from: number): Promise<string | null> {
    let offset = from;
    for (const { wire, asked: input } of [...asked, { wire: this.#options.tail, asked: null }]) {
      if (wire < offset || !(await this.#foldWire(offset, wire))) return "a part of what it wrote is not there";
      offset = wire;
      if (input?.is === "begin") return "it began twice";
      if (input) this.#take(() => this.driver.step(input));
    }
    return null;
  }

  /** In which way the driver stands elsewhere than the agent and the readers. */
  differs(ledger: readonly SendRow[]): string | null {
    const [made, kept] = [this.#sends, ledger].map((rows) => rows.map(({ seq, cause }) => `${seq} ${cause}`));
    if (made?.join("\n") !== kept?.join("\n")) return "this release would have said something else to it";
    return isOpenIn(this.#options.conversation, this.#told) ? null : "this release would have shown something else of it";
  }

  async #foldWire(from: number, to: number): Promise<boolean> {
    const { store, wire } = this.#options;
    let offset = from;
    while (offset < to) {
      const page = await store.read(wire, offset, Math.min(READ_BYTES, to - offset));
      if (!page.ok) return false;
      const batch = batchOf(page.records, offset, to);
      if (!batch || batch.end === offset) return false;
      this.#take(() => this.driver.fold(batch));
      offset = batch.end;
    }
    return true;
  }

  #take(work: () => Folded): void {
    const folded = attempt(work);
    this.driver.committed(folded);
    this.#note(folded);
  }

  #note({ sends, events }: Folded): void {
    this.#sends.push(...sends);
    this.#told = reduce(this.#told, events);
  }
}

function attempt(work: () => Folded): Folded {
  try {
    return work();
  } catch (error) {
    throw new RefoldFault(error instanceof Error ? error.message : String(error));
  }
}

/** As it came from the program, up to `to`; `null` where bytes were lost with a damaged file. */
function batchOf(records: readonly (NewRecord & { readonly offset: number })[], start: number, to: number): Batch | null {
  const pieces: Piece[] = [];
  const kept: NewRecord[] = [];
  let end = start;
  for (const { kind, time, offset, data: whole } of records) {
    if (kind !== "output" && kind !== "error") return null;
    const data = whole.subarray(0, Math.max(0, to - offset));
    pieces.push({ is: "data", offset, time, data });
    kept.push({ kind, time, data });
    end = offset + data.length;
  }
  return { start, end, pieces, records: kept, nextRecord: 0, runEnd: null };
}

/** Whatever is still open for readers must be open for the driver under the same name: only then can it be closed. */
function isOpenIn(shown: Conversation, told: Conversation): boolean {
  const isSame = currentRun(shown)?.state === currentRun(told)?.state && shown.runningTurn === told.runningTurn;
  const approvals = shown.openApprovals.every((id) => told.openApprovals.includes(id));
  const open = Object.values(shown.messages).filter(({ turn, isOpen }) => isOpen && turn === shown.runningTurn);
  return isSame && approvals && open.every((message) => hasOpenParts(message, told.messages[message.id]));
}

function hasOpenParts(shown: AgentMessage, told: AgentMessage | undefined): boolean {
  return told !== undefined && shown.parts.filter(isOpenPart).every(({ id }) => told.parts.some((part) => part.id === id));
}

function isOpenPart(part: Part): boolean {
  if (part.kind === "tool") return part.status === "pending" || part.status === "running";
  return (part.kind === "text" || part.kind === "reasoning") && part.isOpen;
}
