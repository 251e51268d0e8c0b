/** Puts the made-up agents into a directory under the names of the real ones, so that they are found in PATH. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const fakeAgentNames = ["claude", "codex", "gemini", "opencode", "claude-acp"] as const;

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

/** The paths of the programs by name. The process that is started is the agent itself: signals reach it. */
export function installFakeAgents(directory: string): Readonly<Record<(typeof fakeAgentNames)[number], string>> {
  mkdirSync(directory, { recursive: true });
  const install = (name: string): [string, string] => {
    const file = path.join(directory, name);
    writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' --no-warnings '${main}' ${name} "$@"\n`, { mode: 0o755 });
    return [name, file];
  };
  return Object.fromEntries(fakeAgentNames.map(install)) as Readonly<Record<(typeof fakeAgentNames)[number], string>>;
}
