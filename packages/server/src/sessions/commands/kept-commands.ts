/** The commands of a shell in the store: written with each kept screen, in the same commit, and read when a screen is woken first. */
import type { Snapshot, Store, StreamKey, Write } from "../../store/store.ts";
import type { CommandLog } from "./command-log.ts";

const KIND = { kind: "commands", version: 1 } as const;

/** Reads what was kept up to an offset, unless marks were counted already. */
export async function restoreCommands(commands: CommandLog, store: Store, key: StreamKey, tail: number): Promise<void> {
  const kept = commands.isEmpty ? await store.snapshot(key, KIND.kind, tail) : null;
  if (kept?.version === KIND.version) commands.restore(kept.data);
}

/** What is to be written beside a screen; nothing where no shell has marked anything. */
export function commandWrites(commands: CommandLog, screen: Snapshot): Write[] {
  if (commands.isEmpty) return [];
  const { session, stream, offset, cols, rows } = screen;
  return [{ op: "put-snapshot", snapshot: { session, stream, ...KIND, newest: 2, offset, cols, rows, data: commands.encode() } }];
}
