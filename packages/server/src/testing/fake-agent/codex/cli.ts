/** The command `codex`: its version, the app server, or the terminal with a new or a resumed conversation. */
import { randomUUID } from "node:crypto";
import { fail } from "../output.ts";
import { runTerminal } from "../tui/terminal.ts";
import { AppServer } from "./app-server.ts";
import { CODEX_VERSION } from "./items.ts";
import { findRollout, lockThread, newRollout, Rollout } from "./rollout.ts";

export async function codex(argv: readonly string[]): Promise<void> {
  if (argv.includes("--version") || argv.includes("-V")) return void process.stdout.write(`codex-cli ${CODEX_VERSION}\n`);
  process.on("SIGTERM", () => process.exit(0));
  if (argv.includes("app-server")) {
    await new AppServer().run();
    process.exit(0);
  }
  const at = argv.indexOf("resume");
  const wanted = at === -1 ? null : (argv[at + 1] ?? "");
  const id = wanted ?? randomUUID();
  const file = wanted === null ? newRollout(id) : findRollout(wanted);
  if (file === null) fail(1, `Error: thread/resume: thread/resume failed: no rollout found for thread id ${id} (code -32600)`);
  if (!lockThread(id)) fail(1, `Error: thread/resume: thread/resume failed: thread ${id} already has an active writer (code -32600)`);
  const rollout = new Rollout(file, id, process.cwd());
  await runTerminal({
    title: "codex",
    usesAlternateScreen: true,
    farewell: `To continue this session, run codex resume ${id}`,
    items: () => rollout.items(),
    add: ({ by, text }) => {
      if (by === "tool") return rollout.append({ type: "response_item", payload: { type: "function_call_output", output: text } });
      const turn_id = randomUUID();
      const told = { type: by === "user" ? "userMessage" : "agentMessage", id: turn_id, text, content: [{ type: "text", text }] };
      const over = by === "user" ? "task_started" : "task_complete";
      rollout.append(
        { type: "event_msg", payload: { type: over, turn_id } },
        { type: "response_item", payload: { type: "message", role: by, content: [{ type: "input_text", text }] } },
        { type: "event_msg", payload: { type: "item_completed", turn_id, item: told, told } },
      );
    },
    close: () => undefined,
  });
}
