/** What the server's thread and the engine worker tell each other. Every message names the engine by the number it was opened with. */
import type { ScreenColours } from "@perdure/protocol";
import type { EngineEvent, EngineStart, EngineSnapshot, Gathering } from "./engine.ts";

/** Work for an engine, done in order. */
export type EngineTask =
  | { readonly is: "feed"; readonly data: Uint8Array<ArrayBuffer>; readonly isLive: boolean }
  | { readonly is: "resize"; readonly cols: number; readonly rows: number }
  | { readonly is: "recolour"; readonly colours: ScreenColours }
  | { readonly is: "snapshot" | "lines"; readonly request: number; readonly scrollback: number }
  | { readonly is: "gathered"; readonly request: number; readonly toEnd: boolean };

export type ToWorker =
  | { readonly is: "open"; readonly engine: number; readonly start: EngineStart }
  | { readonly is: "task"; readonly engine: number; readonly task: EngineTask }
  | { readonly is: "close"; readonly engine: number };

export type FromWorker =
  | { readonly is: "event"; readonly engine: number; readonly event: EngineEvent }
  /** So many more bytes were parsed. */
  | { readonly is: "parsed"; readonly engine: number; readonly bytes: number }
  | {
      readonly is: "result";
      readonly engine: number;
      readonly request: number;
      readonly value: EngineSnapshot | readonly string[] | Gathering;
    };
