/** The answer of one turn: what a function says becomes one message, whose parts follow each other. */
import type { DriverEvent } from "@perdure/protocol";
import type { FromFunction } from "./function-lines.ts";
import { MAX_OPEN_TOOLS, told, unfit, type FunctionState, type FunctionTurn, type OpenTool, type Told } from "./state.ts";

type Of<Type extends FromFunction["type"]> = Extract<FromFunction, { type: Type }>;
export type Spoken = Of<"text" | "reasoning" | "tool" | "tool-output" | "tool-end" | "plan" | "usage">;

export function spoken(state: FunctionState, turn: FunctionTurn, line: Spoken): Told {
  switch (line.type) {
    case "text":
    case "reasoning":
      return text(state, turn, line);
    case "tool":
      return toolBegan(state, turn, line);
    case "tool-output":
      return withTool(state, turn, line.tool, ({ part }, message) => [{ type: "part.delta", message, part, text: line.text }]);
    case "tool-end":
      return toolEnded(state, turn, line);
    case "plan":
      return plan(state, turn, line);
    case "usage":
      return told(state, [], { turn: { ...turn, usage: line.usage } });
  }
}

/** Closes what a turn has open; a tool that never said how it ended is what the turn is. */
export function closing({ message, text: open, tools }: FunctionTurn, isCompleted: boolean): readonly DriverEvent[] {
  if (message === null) return [];
  const status = isCompleted ? "completed" : "interrupted";
  return [
    ...(open === null ? [] : [{ type: "part.ended", message, part: open.part } as const]),
    ...tools.map(({ part }) => ({ type: "part.updated", message, part, status }) as const),
    { type: "message.ended", message },
  ];
}

function text(state: FunctionState, turn: FunctionTurn, line: Of<"text" | "reasoning">): Told {
  if (turn.text?.kind === line.type && turn.message !== null) {
    return told(state, [{ type: "part.delta", message: turn.message, part: turn.text.part, text: line.text }]);
  }
  const begun = newPart(state, turn);
  const { message, part } = begun;
  const events: readonly DriverEvent[] = [
    ...begun.events,
    { type: "part.started", message, part, kind: line.type },
    { type: "part.delta", message, part, text: line.text },
  ];
  return told(state, events, { made: begun.made, turn: { ...begun.turn, text: { part, kind: line.type } } });
}

function toolBegan(state: FunctionState, turn: FunctionTurn, line: Of<"tool">): Told {
  const { tool, name, kind, title } = line;
  if (turn.tools.some((one) => one.tool === tool)) return unfit(state, `The tool "${tool}" was begun twice.`);
  if (turn.tools.length >= MAX_OPEN_TOOLS) {
    return unfit(state, `More than ${MAX_OPEN_TOOLS} tools at once: "${name}" is not shown.`);
  }
  const begun = newPart(state, turn);
  const { message, part } = begun;
  const input = line.input === undefined ? {} : { input: line.input };
  const events: readonly DriverEvent[] = [
    ...begun.events,
    { type: "part.started", message, part, kind: "tool", tool: name, toolKind: kind, title, ...input },
    { type: "part.updated", message, part, status: "running" },
  ];
  return told(state, events, { made: begun.made, turn: { ...begun.turn, tools: [...begun.turn.tools, { tool, part }] } });
}

function toolEnded(state: FunctionState, turn: FunctionTurn, { tool, status, output, diffs }: Of<"tool-end">): Told {
  const more = { ...(output === undefined ? {} : { output }), ...(diffs === undefined ? {} : { diffs }) };
  const ended = withTool(state, turn, tool, ({ part }, message) => [{ type: "part.updated", message, part, status, ...more }]);
  const rest = turn.tools.filter((one) => one.tool !== tool);
  return rest.length === turn.tools.length ? ended : { ...ended, state: { ...ended.state, turn: { ...turn, tools: rest } } };
}

function withTool(
  state: FunctionState,
  turn: FunctionTurn,
  tool: string,
  events: (open: OpenTool, message: string) => readonly DriverEvent[],
): Told {
  const open = turn.tools.find((one) => one.tool === tool);
  if (open !== undefined && turn.message !== null) return told(state, events(open, turn.message));
  return unfit(state, `No tool "${tool}" is at work.`);
}

function plan(state: FunctionState, turn: FunctionTurn, { steps }: Of<"plan">): Told {
  const { message, plan: part } = turn;
  if (message !== null && part !== null) return told(state, [{ type: "part.updated", message, part, steps }]);
  const begun = newPart(state, turn);
  const events: readonly DriverEvent[] = [
    ...begun.events,
    { type: "part.started", message: begun.message, part: begun.part, kind: "plan", steps },
  ];
  return told(state, events, { made: begun.made, turn: { ...begun.turn, plan: begun.part } });
}

interface Begun {
  readonly message: string;
  readonly part: string;
  readonly made: number;
  readonly turn: FunctionTurn;
  readonly events: readonly DriverEvent[];
}

/** Room for one more part: the message, if there is none, and the end of the text that went on. */
function newPart({ prefix, made: before }: FunctionState, turn: FunctionTurn): Begun {
  const isFirst = turn.message === null;
  const made = before + (isFirst ? 2 : 1);
  const message = turn.message ?? `${prefix}m${before + 1}`;
  const events: readonly DriverEvent[] = [
    ...(isFirst ? [{ type: "message.started", message, turn: turn.id } as const] : []),
    ...(turn.text === null ? [] : [{ type: "part.ended", message, part: turn.text.part } as const]),
  ];
  return { message, part: `${prefix}p${made}`, made, turn: { ...turn, message, text: null }, events };
}
