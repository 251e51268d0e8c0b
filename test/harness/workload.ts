// Work that goes on while something is broken, and the proof afterwards: one program prints and keeps its own record, a client writes down
// what it is shown of it, another program writes down what it is sent, and somebody types at it without a pause.

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import type { SessionInfo } from "@perdure/protocol";
import { difference, prefixDifference } from "./byte-record.ts";
import type { PerdureHome } from "./perdure-home.ts";
import { inputRecorder, numberedLines, type NumberedLines } from "./programs.ts";
import { screenAfter } from "./reference-screen.ts";
import { readLog } from "./session-log.ts";
import { ShownRecorder } from "./shown-recorder.ts";
import { Typist } from "./typist.ts";
import { until } from "./until.ts";

const printedPerSecond = 7_000_000;

export interface WorkloadOptions {
  /** Tells this workload's files from those of others in the same home. */
  readonly name: string;
  readonly seed: number;
  readonly bytesPerSecond?: number;
  /** Where the clients connect; the home's own port if it is not said. */
  readonly port?: number;
}

/** What was done, and what was found to be wrong. */
export interface WorkloadResult {
  readonly printedBytes: number;
  readonly printedMs: number;
  readonly typedBytes: number;
  readonly attachments: number;
  readonly failures: readonly string[];
}

interface Parts {
  readonly printer: SessionInfo;
  readonly listener: SessionInfo;
  readonly shown: ShownRecorder;
  readonly typist: Typist;
  readonly startedMs: number;
}

export class Workload {
  readonly #home: PerdureHome;
  readonly #name: string;
  readonly #parts: Parts;

  private constructor(home: PerdureHome, name: string, parts: Parts) {
    this.#home = home;
    this.#name = name;
    this.#parts = parts;
  }

  static async start(home: PerdureHome, options: WorkloadOptions): Promise<Workload> {
    const { name, seed, bytesPerSecond = printedPerSecond, port } = options;
    const environment = { variables: home.variables };
    const [record, heard] = [home.path(`record-${name}`), home.path(`heard-${name}`)];
    const lines: NumberedLines = { record, seed, bytesPerSecond, stop: home.path(`stop-${name}`) };
    const printer = await home.api.create({ command: numberedLines(lines), environment });
    const listener = await home.api.create({ command: inputRecorder(heard), environment });
    await until("a program that listens and one that prints", () => existsSync(heard) && existsSync(record));
    const startedMs = Date.now();
    const typist = await Typist.start(home, listener.id, { port });
    return new Workload(home, name, { printer, listener, startedMs, typist, shown: ShownRecorder.start(home, printer.id, port) });
  }

  get printer(): SessionInfo {
    return this.#parts.printer;
  }

  get listener(): SessionInfo {
    return this.#parts.listener;
  }

  /** Bytes that the program has printed so far, by its own record. */
  get printedBytes(): number {
    return statSync(this.#record).size;
  }

  /** Bytes that were shown so far. */
  get shownBytes(): number {
    return this.#parts.shown.shown.end;
  }

  /** The clients try at once to connect. */
  retryNow(): void {
    this.#parts.typist.retryNow();
  }

  /** Resolves when the program has printed so much more than now. */
  async untilPrinted(moreBytes: number, timeoutMs = 60_000): Promise<void> {
    const end = this.printedBytes + moreBytes;
    await until(`${moreBytes} more bytes printed`, () => this.printedBytes >= end, { timeoutMs });
  }

  /** Resolves when everything printed until now was shown. */
  async untilShown(timeoutMs = 60_000): Promise<void> {
    await this.#parts.shown.untilShown(this.printedBytes, timeoutMs);
  }

  /** Stops both, and compares: printed with log, shown with log, typed with heard. The sessions are deleted. */
  async finish(): Promise<WorkloadResult> {
    const { printer, listener, shown, typist, startedMs } = this.#parts;
    const failures: string[] = [];
    typist.retryNow();
    writeFileSync(this.#home.path(`stop-${this.#name}`), "");
    const { run } = await this.#home.api.untilRun(printer.id, "exited", 60_000);
    const record = readFileSync(this.#record);
    await shown.untilShown(record.length).catch((error: unknown) => failures.push(String(error)));
    await shown.stop();
    failures.push(...(await this.#wrongOutput(record)), ...shown.failures, ...(await this.#wrongInput()));
    for (const { id } of [printer, listener]) await this.#home.api.delete(id);
    const typedBytes = typist.typed.length;
    return { printedBytes: record.length, printedMs: run.state.at - startedMs, typedBytes, attachments: shown.attachments, failures };
  }

  get #record(): string {
    return this.#home.path(`record-${this.#name}`);
  }

  async #wrongOutput(record: Buffer): Promise<string[]> {
    const log = await readLog(this.#home, this.#parts.printer.id);
    const wrongLog = difference(log, record);
    const wrongShown = prefixDifference(this.#parts.shown.shown.bytes, log);
    return [
      ...(wrongLog === null ? [] : [`the log is not what the program printed: ${wrongLog}`]),
      ...(wrongShown === null ? [] : [`what was shown is not a prefix of the log: ${wrongShown}`]),
      ...(await this.#wrongScreen(log)),
    ];
  }

  /** The server's screen, which has been through all that was broken, against that of somebody who never left. */
  async #wrongScreen(log: Buffer): Promise<string[]> {
    const { id } = this.#parts.printer;
    const { size } = await this.#home.api.session(id);
    const { text } = await this.#home.api.send("GET", `/api/sessions/${id}/screen?format=text`);
    const screen = text.trimEnd();
    const expected = (await screenAfter(log, size.cols, size.rows)).join("\n").trimEnd();
    return screen === expected ? [] : [`the screen is\n${screen}\ninstead of\n${expected}`];
  }

  async #wrongInput(): Promise<string[]> {
    const { typist, listener } = this.#parts;
    const failures: string[] = [];
    await typist.stop().catch((error: unknown) => failures.push(String(error)));
    const typed = Buffer.from(typist.typed);
    const heard = (): Buffer => readFileSync(this.#home.path(`heard-${this.#name}`));
    await until("all that was typed", () => heard().length >= typed.length).catch((error: unknown) => failures.push(String(error)));
    const wrong = difference(heard(), typed);
    if (wrong !== null) failures.push(`what arrived is not what was typed: ${wrong}`);
    await this.#home.api.end(listener.id, 1000);
    return [...failures, ...typist.refused.map((text) => `input was given back: ${text}`)];
  }
}
