/**
 * A made-up agent: one real process that behaves on the outside as Claude Code, Codex, Gemini CLI, opencode or another ACP agent does,
 * without a network, its answers steered by words in the user's text (answers/directives.ts).
 *
 *   node main.ts <claude|codex|gemini|opencode|claude-acp> [arguments of that program]
 */
import { misbehaveAtStart } from "./start.ts";

const [name, ...argv] = process.argv.slice(2);
if (!argv.includes("--version")) await misbehaveAtStart();
if (name === "claude") await (await import("./claude/cli.ts")).claude(argv);
else if (name === "codex") await (await import("./codex/cli.ts")).codex(argv);
else await (await import("./acp/cli.ts")).acp(name ?? "", argv);
