/** What a session needs from the rest of the server. One object, made by `Sessions`, the same for all of them. */
import type { Agent } from "../agents/agent.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Store } from "../store/store.ts";
import type { Engines } from "../terminal/engine.ts";
import type { LoadedConversations } from "./chat/loaded.ts";
import type { StreamRecords } from "./chat/stream-records.ts";
import type { FullDisk } from "./full-disk.ts";
import type { HistoryServices } from "./history/history.ts";
import type { Session } from "./session.ts";
import type { Typing } from "./typing.ts";

export interface Services {
  readonly store: Store;
  readonly engines: Engines;
  /** What is shared by those who read old output. */
  readonly history: HistoryServices;
  readonly clock: Clock;
  readonly log: Log;
  /** What became of the streams of answers. */
  readonly streams: StreamRecords;
  /** Which conversations are in memory. */
  readonly loaded: LoadedConversations;
  /** Most output by which a screen that nobody watches may be behind a flood. */
  readonly maxScreenLagBytes: number;
  /** The last boot ended without a clean close: its last second may be missing. */
  readonly wasPowerCut: boolean;
  /** The session changed: tell those who watch. */
  changed(session: Session): void;
  /** It printed something: tell those who watch, but not each time. */
  active(session: Session): void;
  /** Records of the run before this one are committed: the host is told a moment later. */
  ackRun(run: string, upTo: number): void;
  resizeRun(run: string, cols: number, rows: number): void;
  /** The run's end is committed: its remains may go. */
  runEnded(session: Session): void;
  /** The engine's answer to a query in the output. */
  answerQuery(session: Session, offset: number, data: Uint8Array): void;
  /** Input of a viewer, to the host; `false` if the host has too much waiting. */
  sendInput(session: Session, writer: string, seq: number, data: Uint8Array): boolean;
  readonly isHostConnected: boolean;
  /** A row of a run's ledger, to the host; `false` if it cannot take it now. */
  sendLedger(run: string, seq: number, data: Uint8Array): boolean;
  agent(id: string): Agent | null;
  readonly agents: readonly Agent[];
  /** Starts the next run of a session for a message that waits. */
  wake(session: Session): void;
  /** Ends a session's run; nobody waits for it. */
  endRun(session: Session): void;
  readonly typing: Typing;
  readonly disk: FullDisk;
  /** So many bytes more, or fewer, were received and are not committed. */
  holds(bytes: number): void;
  /** The host shall send a run's records again, from this one on. */
  readAgain(run: string, from: number): void;
  /** Work that nobody waits for: its failure is fatal. */
  inBackground(work: Promise<unknown>): void;
  /** This server can no longer write the log: it must end. */
  fatal(error: unknown): void;
}
