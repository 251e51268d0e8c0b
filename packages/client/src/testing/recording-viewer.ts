/** A viewer that keeps what it was given, and parses it at once or when it is told to. */
import type { AttachedHow, InputRefusal, SessionInfo } from "@perdure/protocol";
import type { Viewer } from "../client.ts";

export type Seen =
  | { readonly is: "snapshot"; readonly text: string; readonly offset: number }
  | { readonly is: "output"; readonly text: string; readonly offset: number }
  | { readonly is: "resized"; readonly cols: number; readonly rows: number }
  | { readonly is: "attached"; readonly how: AttachedHow; readonly awayMs: number }
  | { readonly is: "session"; readonly session: SessionInfo }
  | { readonly is: "refused"; readonly text: string; readonly reason: InputRefusal }
  | { readonly is: "gone"; readonly reason: "deleted" | "unknown" };

const decoder = new TextDecoder("latin1");

export class RecordingViewer implements Viewer {
  readonly seen: Seen[] = [];
  /** The run's number whenever the viewer was told of one. */
  readonly runs: number[] = [];
  readonly #isLazy: boolean;
  #unparsed: (() => void)[] = [];

  constructor({ isLazy = false }: { readonly isLazy?: boolean } = {}) {
    this.#isLazy = isLazy;
  }

  get shown(): string {
    return this.seen.reduce((text, one) => (one.is === "snapshot" ? one.text : one.is === "output" ? text + one.text : text), "");
  }

  all<T extends Seen["is"]>(is: T): Extract<Seen, { is: T }>[] {
    return this.seen.filter((one): one is Extract<Seen, { is: T }> => one.is === is);
  }

  /** Parses so many of the pieces it was given, oldest first. */
  parse(count = Number.POSITIVE_INFINITY): void {
    for (const done of this.#unparsed.splice(0, Math.min(count, this.#unparsed.length))) done();
  }

  snapshot({ data, offset }: Parameters<Viewer["snapshot"]>[0], done: () => void): void {
    this.#take({ is: "snapshot", text: decoder.decode(data), offset }, done);
  }

  output(data: Uint8Array, offset: number, done: () => void): void {
    this.#take({ is: "output", text: decoder.decode(data), offset }, done);
  }

  resized(cols: number, rows: number): void {
    this.seen.push({ is: "resized", cols, rows });
  }

  attached(how: AttachedHow, session: SessionInfo, awayMs: number): void {
    this.runs.push(session.run.number);
    this.seen.push({ is: "attached", how, awayMs });
  }

  session(session: SessionInfo): void {
    this.runs.push(session.run.number);
    this.seen.push({ is: "session", session });
  }

  refused(text: Uint8Array, reason: InputRefusal): void {
    this.seen.push({ is: "refused", text: decoder.decode(text), reason });
  }

  gone(reason: "deleted" | "unknown"): void {
    this.seen.push({ is: "gone", reason });
  }

  #take(seen: Seen, done: () => void): void {
    this.seen.push(seen);
    if (this.#isLazy) this.#unparsed.push(done);
    else done();
  }
}
