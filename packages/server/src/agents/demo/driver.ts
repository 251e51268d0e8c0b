/**
 * The driver of the demo agent: what its lines (demo-lines.ts) mean for a conversation.
 */
import { type AgentFailure, type DriverEvent, MAX_ERROR_TEXT } from "@perdure/protocol";
import type { Driver, DriverCommand, DriverInput, DriverSend, DriverSetup, DriverState, DriverTimer, ProgramEnd, Step } from "../driver.ts";
import { classifyDemo } from "./classify.ts";
import { type FromDemo, parseFromDemo, type ToDemo } from "./demo-lines.ts";

/** How long the program may say nothing at its start. */
const START_MS = 30_000;
/** Of what was said on stderr, the end is kept for the words of a failure. */
const MAX_LAST_WORDS = 1000;

interface DemoTurn {
  readonly id: string;
  readonly input: string | null;
  /** The agent's own id of it, once it has begun. */
  readonly agentTurn: string | null;
}

interface OpenPart {
  readonly message: string;
  readonly part: string;
  readonly isTool: boolean;
}

export interface DemoState extends DriverState {
  readonly run: string;
  /** Before each id: `r<number>.`. */
  readonly prefix: string;
  readonly doubtful: readonly string[];
  /** Until when it must be ready; `null` when it is. */
  readonly readyBy: number | null;
  readonly hasFailed: boolean;
  readonly turn: DemoTurn | null;
  readonly openMessages: readonly string[];
  readonly openParts: readonly OpenPart[];
  /** The agent's own ids of what it asks and has no answer to. */
  readonly approvals: readonly string[];
  readonly notices: number;
  readonly lastWords: string;
}

type Told = Step<DemoState>;
type Changes = Partial<DemoState>;

export const demoDriver: Driver<DemoState> = {
  version: 1,

  begin(setup: DriverSetup, time: number): Told {
    const state: DemoState = {
      sent: 0,
      run: setup.run,
      prefix: `r${setup.number}.`,
      doubtful: setup.doubtful,
      readyBy: time + START_MS,
      hasFailed: false,
      turn: null,
      openMessages: [],
      openParts: [],
      approvals: [],
      notices: 0,
      lastWords: "",
    };
    return said(state, { type: "hello", doubtful: setup.doubtful }, "hello");
  },

  step(state: DemoState, input: DriverInput): Told {
    switch (input.is) {
      case "line":
        return line(state, input.text);
      case "long-line":
        return warn(state, `The demo agent printed a line of ${input.bytes} bytes, which was passed over.`);
      case "stderr":
        return stderr(state, input.text);
      case "exit":
        return exit(state, input.end);
      case "command":
        return command(state, input.command);
      case "timer":
        return failed({ ...state, readyBy: null }, "unknown", `The demo agent was not ready within ${START_MS / 1000} seconds.`);
    }
  },

  timers: ({ readyBy }: DemoState): readonly DriverTimer[] => (readyBy === null ? [] : [{ id: "ready", at: readyBy }]),
};

function told(state: DemoState, events: readonly DriverEvent[], changes: Changes = {}): Told {
  return { state: { ...state, ...changes }, events, sends: [] };
}

/** Distributes over the union, so that each kind of line keeps its own fields. */
type Unnumbered<Line> = Line extends unknown ? Omit<Line, "id"> : never;

function said(state: DemoState, what: Unnumbered<ToDemo>, cause: string, events: readonly DriverEvent[] = []): Told {
  const sent = state.sent + 1;
  const sends: readonly DriverSend[] = [{ text: JSON.stringify({ id: `p${sent}`, ...what }), cause }];
  return { state: { ...state, sent }, events, sends };
}

function warn(state: DemoState, text: string): Told {
  const notices = state.notices + 1;
  return told(state, [{ type: "notice", notice: `${state.prefix}n${notices}`, level: "warning", code: "agent-output", text }], { notices });
}

function failed(state: DemoState, reason: AgentFailure, text: string): Told {
  if (state.hasFailed) return told(state, []);
  const words = text.trim().slice(0, MAX_ERROR_TEXT) || "The demo agent gave no reason.";
  return told(state, [{ type: "agent.failed", run: state.run, reason, text: words }], { hasFailed: true });
}

function stderr(state: DemoState, text: string): Told {
  const lastWords = `${state.lastWords}\n${text}`.slice(-MAX_LAST_WORDS).trim();
  const reason = classifyDemo(text);
  return reason === null ? told(state, [], { lastWords }) : failed({ ...state, lastWords }, reason, text);
}

function command(state: DemoState, asked: DriverCommand): Told {
  switch (asked.is) {
    case "prompt": {
      const { input, turn, text, preamble } = asked;
      const next = { ...state, turn: { id: turn, input, agentTurn: null } };
      const events: readonly DriverEvent[] = [{ type: "turn.started", turn, run: state.run, input }];
      return said(next, { type: "prompt", input, text, ...(preamble === undefined ? {} : { preamble }) }, `prompt:${input}`, events);
    }
    case "interrupt":
      return state.turn === null ? told(state, []) : said(state, { type: "interrupt" }, "interrupt");
    case "answer": {
      const approval = state.approvals.find((id) => state.prefix + id === asked.approval);
      if (approval === undefined) return told(state, []);
      const note = asked.note === undefined ? {} : { note: asked.note };
      return said(state, { type: "answer", approval, option: asked.option, ...note }, `answer:${asked.approval}`);
    }
    case "set-model":
      return said(state, { type: "set-model", model: asked.model }, "set-model");
    case "set-mode":
      return said(state, { type: "set-mode", mode: asked.mode }, "set-mode");
  }
}

function line(state: DemoState, text: string): Told {
  const parsed = parseFromDemo(text);
  if (parsed !== null) return fold(state, parsed);
  return isJson(text) ? told(state, []) : warn(state, "The demo agent printed something that cannot be read.");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function fold(state: DemoState, from: FromDemo): Told {
  const { prefix } = state;
  switch (from.type) {
    case "ready":
      return ready(state, from);
    case "settings":
      return told(state, [{ type: "agent.settings", model: from.model, mode: from.mode }]);
    case "title":
      return told(state, [{ type: "session.title", title: from.title }]);
    case "turn":
      return turnBegan(state, from);
    case "duplicate":
      return duplicate(state, from.input);
    case "turn-end":
      return turnEnded(state, from);
    case "approval": {
      const { approval, part, title, detail, diffs, options } = from;
      const about = { ...(part === undefined ? {} : { part: prefix + part }), ...(diffs === undefined ? {} : { diffs }) };
      const turn = state.turn === null ? {} : { turn: state.turn.id };
      const event = {
        type: "approval.requested",
        approval: prefix + approval,
        run: state.run,
        ...turn,
        ...about,
        title,
        detail,
        options,
      } as const;
      return told(state, [event], { approvals: [...state.approvals, approval] });
    }
    case "approval-end": {
      const approvals = state.approvals.filter((id) => id !== from.approval);
      if (from.answered || approvals.length === state.approvals.length) return told(state, [], { approvals });
      const text = "The turn was stopped before it was answered.";
      return told(state, [{ type: "approval.expired", approval: prefix + from.approval, text, told: "no" }], { approvals });
    }
    default:
      return state.turn === null ? told(state, []) : spoken(state, from, state.turn);
  }
}

function ready(
  state: DemoState,
  { conversation, version, has, model, mode, models, modes, commands }: Extract<FromDemo, { type: "ready" }>,
): Told {
  const doubts = state.doubtful.map((input): DriverEvent => ({ type: has.includes(input) ? "input.consumed" : "input.unseen", input }));
  const events: readonly DriverEvent[] = [
    { type: "session.resume-id", resumeId: conversation },
    { type: "agent.settings", model, mode, models, modes, commands },
    ...doubts,
    { type: "agent.ready", run: state.run, version },
  ];
  return told(state, events, { readyBy: null, doubtful: [] });
}

function turnBegan(state: DemoState, { turn: agentTurn, input }: Extract<FromDemo, { type: "turn" }>): Told {
  if (input !== undefined) {
    const events: readonly DriverEvent[] = [{ type: "input.consumed", input }];
    return told(state, events, state.turn?.input === input ? { turn: { ...state.turn, agentTurn } } : {});
  }
  // Where a prompt is on its way already, what the agent says by itself belongs to the turn that began with it.
  if (state.turn !== null) return told(state, []);
  const turn = `${state.prefix}${agentTurn}`;
  return told(state, [{ type: "turn.started", turn, run: state.run }], { turn: { id: turn, input: null, agentTurn } });
}

function duplicate(state: DemoState, input: string): Told {
  const consumed: DriverEvent = { type: "input.consumed", input };
  if (state.turn?.input !== input) return told(state, [consumed]);
  return told(state, [consumed, { type: "turn.ended", turn: state.turn.id, end: "completed" }], { turn: null });
}

function turnEnded(state: DemoState, { turn, end, cause, text, usage }: Extract<FromDemo, { type: "turn-end" }>): Told {
  if (state.turn === null || state.turn.agentTurn !== turn) return told(state, []);
  const closing = close(state, "interrupted", "The turn has ended.");
  const more = { ...(cause ? { cause } : {}), ...(text ? { text: text.slice(0, MAX_ERROR_TEXT) } : {}), ...(usage ? { usage } : {}) };
  return told(state, [...closing, { type: "turn.ended", turn: state.turn.id, end, ...more }], CLOSED);
}

/** What a turn's end leaves. */
const CLOSED = { turn: null, openMessages: [], openParts: [], approvals: [] } as const;

/** Closes what is open, as it stands. */
function close({ prefix, openParts, openMessages, approvals }: DemoState, status: "interrupted", text: string): readonly DriverEvent[] {
  return [
    ...openParts.map(({ message, part, isTool }): DriverEvent => {
      return isTool ? { type: "part.updated", message, part, status } : { type: "part.ended", message, part };
    }),
    ...openMessages.map((message): DriverEvent => ({ type: "message.ended", message })),
    ...approvals.map((approval): DriverEvent => ({ type: "approval.expired", approval: prefix + approval, text })),
  ];
}

type Spoken = Exclude<FromDemo, { type: "ready" | "settings" | "title" | "turn" | "duplicate" | "turn-end" | "approval" | "approval-end" }>;

function spoken(state: DemoState, from: Spoken, { id: turn }: DemoTurn): Told {
  const message = state.prefix + from.message;
  if (from.type === "message") {
    return told(state, [{ type: "message.started", message, turn }], { openMessages: [...state.openMessages, message] });
  }
  if (from.type === "message-end") {
    return told(state, [{ type: "message.ended", message }], { openMessages: state.openMessages.filter((id) => id !== message) });
  }
  const part = state.prefix + from.part;
  const isNew = !state.openParts.some((one) => one.part === part);
  const opened = (isTool: boolean): Changes => (isNew ? { openParts: [...state.openParts, { message, part, isTool }] } : {});
  const without: Changes = { openParts: state.openParts.filter((one) => one.part !== part) };
  switch (from.type) {
    case "text":
    case "reasoning": {
      const start: readonly DriverEvent[] = isNew ? [{ type: "part.started", message, part, kind: from.type }] : [];
      return told(state, [...start, { type: "part.delta", message, part, text: from.text }], opened(false));
    }
    case "tool": {
      const { tool, kind: toolKind, title, input } = from;
      const start: DriverEvent = { type: "part.started", message, part, kind: "tool", tool, toolKind, title, input };
      return told(state, [start, { type: "part.updated", message, part, status: "running" }], opened(true));
    }
    case "tool-output":
      return told(state, [{ type: "part.delta", message, part, text: from.text }]);
    case "tool-end": {
      const diffs = from.diffs === undefined ? {} : { diffs: from.diffs };
      return told(state, [{ type: "part.updated", message, part, status: from.status, ...diffs }], without);
    }
    case "plan": {
      const { steps } = from;
      const event: DriverEvent = isNew
        ? { type: "part.started", message, part, kind: "plan", steps }
        : { type: "part.updated", message, part, steps };
      return told(state, [event], opened(false));
    }
    case "part-end":
      return told(state, [{ type: "part.ended", message, part }], without);
  }
}

function exit(state: DemoState, end: ProgramEnd): Told {
  const how = describe(end);
  const text = `The demo agent has ended (${how}).${state.lastWords === "" ? "" : ` ${state.lastWords}`}`;
  const closing = close(state, "interrupted", "The agent ended before it was answered.");
  const ended: readonly DriverEvent[] =
    state.turn === null ? [] : [{ type: "turn.ended", turn: state.turn.id, end: "interrupted", cause: "agent-ended", text }];
  const isUnready = state.readyBy !== null;
  const failure = isUnready ? failed(state, "crashed", text) : told(state, []);
  return { state: { ...failure.state, ...CLOSED, readyBy: null }, events: [...closing, ...ended, ...failure.events], sends: [] };
}

function describe(end: ProgramEnd): string {
  if (end.is === "lost") return end.reason;
  return end.signal === null ? `exit code ${end.code ?? "unknown"}` : end.signal;
}
