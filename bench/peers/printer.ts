// An agent that says what stands in a file, a piece a line, as soon as it is asked: for measuring what lies behind an agent.

import type { Agent } from "../../packages/server/src/agents/agent.ts";
import type { Driver, DriverInput, DriverState, Step } from "../../packages/server/src/agents/driver.ts";

interface PrinterState extends DriverState {
  readonly run: string;
  readonly turn: string;
}

const message = "r1.m";
const part = "r1.m.1";

const driver: Driver<PrinterState> = {
  version: 1,
  begin: ({ run }) => ({ state: { sent: 0, run, turn: "" }, events: [{ type: "agent.ready", run }], sends: [] }),
  step,
  timers: () => [],
};

function step(state: PrinterState, input: DriverInput): Step<PrinterState> {
  if (input.is === "line") {
    if (input.text === "end") return { state, events: [{ type: "turn.ended", turn: state.turn, end: "completed" }], sends: [] };
    return { state, events: [{ type: "part.delta", message, part, text: input.text }], sends: [] };
  }
  if (input.is !== "command" || input.command.is !== "prompt") return { state, events: [], sends: [] };
  const { turn, input: asked } = input.command;
  const { run } = state;
  return {
    state: { ...state, turn, sent: state.sent + 1 },
    events: [
      { type: "turn.started", turn, run, input: asked },
      { type: "message.started", message, turn },
      { type: "part.started", message, part, kind: "text" },
    ],
    sends: [{ text: "go", cause: `prompt:${asked}` }],
  };
}

/** `file`: lines, the last of which is `end`. */
export function printer(file: string): Agent {
  return {
    id: "printer",
    name: "Printer",
    program: null,
    howToGet: "",
    driver,
    knowsInputs: true,
    find: async () => ({ is: "found", path: "/bin/sh", version: null, signIn: "signed-in" }),
    chat: () => ({ command: ["sh", "-c", 'read -r go; cat "$1"; read -r more', "sh", file], env: {}, pinned: null }),
    terminal: () => null,
    validate: async () => ({ is: "ok" }),
    conversations: async () => [],
    history: async () => null,
    classify: () => null,
    watchTerminal: async () => null,
  };
}
