/** The command `claude`: what it says of its version and of conversations that are not there, then stream-json, `-p` or the terminal. */
import { randomUUID } from "node:crypto";
import { complain, fail, printLine } from "../output.ts";
import { readArguments, type ClaudeArguments } from "./arguments.ts";
import { CLAUDE_VERSION, noConversation } from "./lines.ts";
import { LiveFile } from "./live-file.ts";
import { StreamJson } from "./stream-json.ts";
import { findTranscript, newTranscript, Transcript } from "./transcript.ts";
import { runTerminal } from "../tui/terminal.ts";
import { claudeScreen } from "../tui/claude-screen.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Versions of this line look for a conversation only where they were started. */
const LOOKS_ONLY_HERE = CLAUDE_VERSION === "2.1.197";

export async function claude(argv: readonly string[]): Promise<void> {
  if (argv.includes("--version") || argv.includes("-v")) return void process.stdout.write(`${CLAUDE_VERSION} (Claude Code)\n`);
  const args = readArguments(argv);
  const { sessionId, file } = conversation(args);
  const transcript = new Transcript(file, sessionId, CLAUDE_VERSION);
  const live = new LiveFile(sessionId, CLAUDE_VERSION);
  process.on("SIGTERM", () => {
    transcript.flush();
    live.remove();
    process.exit(143);
  });
  if (!args.isPrint) return runTerminal(claudeScreen(sessionId, transcript, live));
  const code = args.isStreamInput ? await new StreamJson(args, sessionId, transcript, live).run() : 0;
  transcript.flush();
  live.remove();
  process.exit(code);
}

/** Its id and file; ends the program when it cannot be had. */
function conversation(args: ClaudeArguments): { readonly sessionId: string; readonly file: string } {
  const { sessionId, resume } = args;
  if (sessionId !== null && !UUID.test(sessionId)) fail(1, "Error: Invalid session ID. Must be a valid UUID.");
  if (sessionId !== null && resume !== null && !args.forks) {
    fail(1, "Error: --session-id with --continue or --resume also needs --fork-session.");
  }
  if (resume === null) {
    const id = sessionId ?? randomUUID();
    if (findTranscript(id, LOOKS_ONLY_HERE) !== null) fail(1, `Error: Session ID ${id} is already in use.`);
    return { sessionId: id, file: newTranscript(id) };
  }
  const file = UUID.test(resume) ? findTranscript(resume, LOOKS_ONLY_HERE) : null;
  if (file === null) return notFound(args, resume);
  return { sessionId: resume, file };
}

function notFound(args: ClaudeArguments, id: string): never {
  const usage =
    "--resume requires a valid session ID or session title when used with --print. Usage: claude -p --resume <session-id|title>.";
  const isId = UUID.test(id);
  const error = isId
    ? `No conversation found with session ID: ${id}`
    : `${usage} Provided value "${id}" is not a UUID and does not match any session title.`;
  if (!args.isPrint) {
    process.stdout.write(`${error}\n`);
    process.exit(1);
  }
  complain(isId ? error : `Error: ${error}`);
  if (args.isStreamInput) printLine(noConversation(isId ? id : randomUUID(), error));
  process.exit(1);
}
