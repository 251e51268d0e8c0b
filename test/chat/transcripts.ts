// Where the agents of a scene keep what was said: their own files, which a test may take away.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { until } from "../harness/until.ts";

/** Everything that agents keep of conversations in this home. */
export function transcripts(home: PerdureHome): string[] {
  const places = [join(home.directory, "demo-agent"), home.path("user", ".claude", "projects"), home.path("user", ".codex", "sessions")];
  return places.flatMap((place) => {
    const names = existsSync(place) ? readdirSync(place, { recursive: true, encoding: "utf8" }) : [];
    return names.filter((name) => name.endsWith(".jsonl")).map((name) => join(place, name));
  });
}

/**
 * Agents write them a little late: one that is killed before has no conversation to go on with. `text`: of the conversation that is
 * meant, where there are several.
 */
export async function untilTranscript(home: PerdureHome, text = ""): Promise<void> {
  const isKept = (file: string): boolean => readFileSync(file, "utf8").includes(text);
  await until("a transcript", () => transcripts(home).some(isKept), { everyMs: 5 });
}
