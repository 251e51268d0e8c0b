/** The commands `gemini`, `opencode` and an adapter that speaks ACP only: version, ACP, or a terminal. */
import { randomUUID } from "node:crypto";
import { fail } from "../output.ts";
import { runTerminal } from "../tui/terminal.ts";
import { profiles, type AcpProfile } from "./profile.ts";
import { AcpServer } from "./server.ts";
import { SessionFile } from "./session-file.ts";

export async function acp(name: string, argv: readonly string[]): Promise<void> {
  const profile = profiles[name] ?? fail(2, `There is no made-up agent ${name}.`);
  if (argv.includes("--version") || argv.includes("-v")) return void process.stdout.write(`${profile.version}\n`);
  const speaksAcp = argv.includes("--acp") || argv.includes("--experimental-acp") || argv[0] === "acp" || name.endsWith("-acp");
  if (!speaksAcp) return terminal(name, profile, argv);
  await new AcpServer(profile).run();
  process.exit(0);
}

async function terminal(name: string, profile: AcpProfile, argv: readonly string[]): Promise<void> {
  const value = (...flags: string[]): string | null => {
    const at = argv.findIndex((argument) => flags.includes(argument));
    return at === -1 ? null : (argv[at + 1] ?? null);
  };
  const wanted = value("--resume", "-r", "--session", "-s");
  const id = wanted ?? value("--session-id") ?? randomUUID();
  const found =
    SessionFile.load({ ...profile, wipesInTheSameMinute: false }, id, process.cwd()) ?? SessionFile.load(profile, id, process.cwd());
  if (wanted !== null && found === null) {
    if (name === "gemini") fail(42, `Error resuming session: Invalid session identifier "${wanted}".`);
    fail(1, "Error: Session not found");
  }
  if (wanted === null && found !== null) fail(42, `Session ID "${id}" already exists. Use --resume to resume it`);
  const file = found ?? SessionFile.create(profile, id, process.cwd());
  await runTerminal({
    title: name,
    usesAlternateScreen: true,
    farewell: name === "gemini" ? `To resume this session: gemini --resume ${id}` : `Continue opencode -s ${id}`,
    items: () => file.items,
    add: (item) => file.add(item),
    close: () => undefined,
  });
}
