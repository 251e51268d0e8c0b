/**
 * The driver of a function: what the lines of its run (function-lines.ts) mean for a conversation. The function's words are one
 * message a turn. Where the function may be called twice for a message, that it has the message is said only with the turn's end: so
 * a message whose turn was lost waits again.
 */
import { MAX_ERROR_TEXT, type DriverEvent } from "@perdure/protocol";
import type { Driver, DriverCommand, DriverInput, DriverSetup, ProgramEnd } from "../driver.ts";
import { closing, spoken } from "./answer.ts";
import { type FromFunction, parseFromFunction } from "./function-lines.ts";
import { notice, said, told, type FunctionState, type FunctionTurn, type Told } from "./state.ts";

type Of<Type extends FromFunction["type"]> = Extract<FromFunction, { type: Type }>;

const NOT_ANSWERED = "The turn ended before it was answered.";
const EMPTY = "The agent ended its turn without an answer.";

export function functionDriver({ resumes }: { readonly resumes: boolean }): Driver<FunctionState> {
  return {
    version: 1,
    begin,
    step: (state, input) => step(state, input, resumes),
    timers: () => [],
  };
}

function begin({ run, number, conversation, model, mode }: DriverSetup): Told {
  const id = conversation.is === "resume" ? conversation.resumeId : (conversation.pinned ?? run);
  const marks = { sent: 0, made: 0, run, prefix: `r${number}.`, conversation: id };
  return told({ ...marks, model, mode, isReady: false, turn: null, approvals: [] });
}

function step(state: FunctionState, input: DriverInput, resumes: boolean): Told {
  switch (input.is) {
    case "line": {
      const line = parseFromFunction(input.text);
      return line === null ? told(state) : fold(state, line, resumes);
    }
    case "exit":
      return exit(state, input.end);
    case "command":
      return command(state, input.command);
    case "long-line":
    case "stderr":
    case "timer":
      return told(state);
  }
}

function command(state: FunctionState, order: DriverCommand): Told {
  switch (order.is) {
    case "prompt": {
      const { input, turn: id, text, preamble } = order;
      const turn: FunctionTurn = { id, input, isConsumed: false, message: null, text: null, plan: null, tools: [], usage: null };
      const prompt = { type: "prompt", turn: id, input, text, ...(preamble === undefined ? {} : { preamble }) } as const;
      return said({ ...state, turn }, prompt, `prompt:${input}`, [{ type: "turn.started", turn: id, run: state.run, input }]);
    }
    case "interrupt":
      return state.turn === null ? told(state) : said(state, { type: "interrupt", turn: state.turn.id }, "interrupt");
    case "answer": {
      const approval = state.approvals.find((id) => state.prefix + id === order.approval);
      if (approval === undefined) return told(state);
      const note = order.note === undefined ? {} : { note: order.note };
      return said(state, { type: "answer", approval, option: order.option, ...note }, `answer:${order.approval}`);
    }
    case "set-model":
      return told(state, [{ type: "agent.settings", model: order.model }], { model: order.model });
    case "set-mode":
      return told(state, [{ type: "agent.settings", mode: order.mode }], { mode: order.mode });
  }
}

function fold(state: FunctionState, line: FromFunction, resumes: boolean): Told {
  const { turn } = state;
  switch (line.type) {
    case "ready":
      return ready(state, line);
    case "title":
      return told(state, [{ type: "session.title", title: line.title }]);
    case "notice":
      return line.text === "" ? told(state) : notice(state, { ...line, text: line.text.slice(0, MAX_ERROR_TEXT) });
    case "turn":
      if (turn?.id !== line.turn || turn.isConsumed || resumes) return told(state);
      return told(state, [{ type: "input.consumed", input: turn.input }], { turn: { ...turn, isConsumed: true } });
    case "turn-end":
      return turn?.id === line.turn ? turnEnded(state, turn, line) : told(state);
    case "approval":
      return turn === null ? told(state) : asked(state, turn, line);
    case "approval-end":
      return told(state, [], { approvals: state.approvals.filter((id) => id !== line.approval) });
    default:
      return turn === null ? told(state) : spoken(state, turn, line);
  }
}

function ready(state: FunctionState, { version, models, modes }: Of<"ready">): Told {
  if (state.isReady) return told(state);
  const model = state.model ?? models[0]?.id;
  const mode = state.mode ?? modes[0]?.id;
  const chosen = { ...(model === undefined ? {} : { model }), ...(mode === undefined ? {} : { mode }) };
  const events: readonly DriverEvent[] = [
    { type: "session.resume-id", resumeId: state.conversation },
    { type: "agent.settings", models, modes, ...chosen },
    { type: "agent.ready", run: state.run, ...(typeof version === "string" ? { version } : {}) },
  ];
  return told(state, events, { isReady: true, model: model ?? null, mode: mode ?? null });
}

function asked(state: FunctionState, turn: FunctionTurn, line: Of<"approval">): Told {
  const { approval, title, detail, diffs, options } = line;
  if (state.approvals.includes(approval)) return told(state);
  const part = turn.tools.find(({ tool }) => tool === line.tool)?.part;
  const about = {
    ...(part === undefined ? {} : { part }),
    ...(detail === undefined ? {} : { detail }),
    ...(diffs === undefined ? {} : { diffs }),
  };
  const id = state.prefix + approval;
  const event: DriverEvent = { type: "approval.requested", approval: id, run: state.run, turn: turn.id, title, options, ...about };
  return told(state, [event], { approvals: [...state.approvals, approval] });
}

function turnEnded(state: FunctionState, turn: FunctionTurn, { end, cause, text }: Of<"turn-end">): Told {
  const isEmpty = end === "completed" && turn.message === null;
  const empty = isEmpty ? notice(state, { level: "info", code: "empty-answer", text: EMPTY }) : told(state);
  const why = { ...(cause === undefined ? {} : { cause }), ...(text ? { text: text.slice(0, MAX_ERROR_TEXT) } : {}) };
  const events: readonly DriverEvent[] = [
    ...closing(turn, end === "completed"),
    ...expired(state),
    ...empty.events,
    ...(turn.isConsumed ? [] : [{ type: "input.consumed", input: turn.input } as const]),
    { type: "turn.ended", turn: turn.id, end, ...why, ...(turn.usage === null ? {} : { usage: turn.usage }) },
  ];
  return told(empty.state, events, { turn: null, approvals: [] });
}

/** The run is over. What it had open ends as it stands. */
function exit(state: FunctionState, end: ProgramEnd): Told {
  const { turn } = state;
  const text = end.is === "lost" ? "The agent's function is gone with the server in which it ran." : "The agent's function was ended.";
  const ended: readonly DriverEvent[] =
    turn === null ? [] : [...closing(turn, false), { type: "turn.ended", turn: turn.id, end: "interrupted", cause: "agent-ended", text }];
  return told(state, [...expired(state), ...ended], { turn: null, approvals: [] });
}

function expired({ prefix, approvals }: FunctionState): readonly DriverEvent[] {
  return approvals.map((id) => ({ type: "approval.expired", approval: prefix + id, text: NOT_ANSWERED }));
}
