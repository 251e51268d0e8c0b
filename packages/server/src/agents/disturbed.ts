/**
 * A recording whose lines were disturbed, given to a driver as a session would: a prompt only while no turn runs and the agent is
 * ready, answers only to what is open, timers when they are due, and the end of the program at last. For tests.
 */
import { EMPTY_CONVERSATION, MAX_ERROR_TEXT, reduce, type ChatEvent, type Conversation, type DriverEvent } from "@perdure/protocol";
import type { Recording } from "./acceptance.ts";
import type { Driver, DriverInput, DriverState, Step } from "./driver.ts";
import { LineSplitter } from "./line-splitter.ts";

const MAX_STATE_CHARACTERS = 256 * 1024;
/** Beyond every time that a driver asks for. */
const LONG_MS = 120_000;
const MAX_TIMERS = 20;

export interface Played {
  /** What must never be. */
  readonly problems: readonly string[];
  /** The recording's next prompt could not be given: a turn still ran long after, or the agent was not ready. */
  readonly isStuck: boolean;
  /** Before the end of the program. */
  readonly isTurnOpen: boolean;
  readonly conversation: Conversation;
  readonly sends: readonly string[];
}

/** The inputs of a recording, with its output as lines. */
export function inputsOf({ inputs }: Recording): readonly DriverInput[] {
  const splitter = new LineSplitter(0);
  return inputs.flatMap((input): readonly DriverInput[] => {
    if (input.is !== "output") return [input];
    const bytes = "text" in input ? Buffer.from(input.text) : Buffer.from(input.bytes, "base64");
    return splitter.push(bytes).flatMap((line) => (line.is === "line" ? [{ ...line, time: input.time }] : []));
  });
}

export function play(driver: Driver, { setup, time }: Recording, inputs: readonly DriverInput[]): Played {
  const player = new Player(driver, setup.number);
  player.note({ type: "run.started", run: setup.run, number: setup.number, agent: "a", view: "chat", origin: "new", at: time });
  player.take(() => driver.begin(setup, time), time);
  const isStuck = !inputs.every((input) => player.give(input));
  const last = Math.max(time, ...inputs.map((input) => input.time));
  player.fireTimers(last + LONG_MS);
  const isTurnOpen = player.conversation.runningTurn !== null;
  player.step({ is: "exit", time: last + LONG_MS, end: { is: "exited", code: 0, signal: null } });
  const { runningTurn, openApprovals } = player.conversation;
  if (runningTurn !== null || openApprovals.length > 0) player.problems.push("something is open behind the end");
  return { problems: player.problems, isStuck, isTurnOpen, conversation: player.conversation, sends: player.sends };
}

class Player {
  readonly problems: string[] = [];
  readonly sends: string[] = [];
  conversation: Conversation = EMPTY_CONVERSATION;
  readonly #driver: Driver;
  readonly #prefix: string;
  #state: DriverState = { sent: 0 };

  constructor(driver: Driver, number: number) {
    this.#driver = driver;
    this.#prefix = `r${number}.`;
  }

  /** `false`: it could not be given. */
  give(input: DriverInput): boolean {
    this.fireTimers(input.time - 1);
    if (input.is === "timer") return true; // they fire by themselves
    if (input.is === "exit") return true;
    if (input.is === "command" && input.command.is === "prompt") {
      if (this.conversation.runningTurn !== null) this.fireTimers(input.time + LONG_MS);
      if (this.conversation.runningTurn !== null || this.conversation.runs[0]?.state !== "ready") return false;
    }
    if (input.is === "command" && input.command.is === "answer") {
      const { approval, option } = input.command;
      if (!this.conversation.openApprovals.includes(approval)) return true;
      this.note({ type: "approval.answered", approval, option, at: input.time });
    }
    this.step(input);
    return true;
  }

  step(input: DriverInput): void {
    this.take(() => this.#driver.step(this.#state, input), input.time);
  }

  fireTimers(until: number): void {
    for (let count = 0; count < MAX_TIMERS; count += 1) {
      const [due] = this.#driver
        .timers(this.#state)
        .filter(({ at }) => at <= until)
        .toSorted((a, b) => a.at - b.at);
      if (!due) return;
      this.step({ is: "timer", id: due.id, time: due.at });
    }
    this.problems.push("timers without an end");
  }

  note(event: ChatEvent): void {
    this.conversation = reduce(this.conversation, [event]);
  }

  take(work: () => Step<DriverState>, at: number): void {
    let step: Step<DriverState>;
    try {
      step = work();
    } catch (error) {
      this.problems.push(`it threw ${String(error)}`);
      return;
    }
    const stored = JSON.stringify(step.state);
    if (stored.length > MAX_STATE_CHARACTERS) this.problems.push(`a state of ${stored.length} characters`);
    if (step.state.sent !== this.sends.length + step.sends.length) this.problems.push("the count of sends");
    // As the next server has it.
    this.#state = JSON.parse(stored) as DriverState;
    this.sends.push(...step.sends.map(({ text }) => text));
    for (const event of step.events) {
      const problem = this.#problemOf(event);
      if (problem !== null) this.problems.push(`${problem}: ${JSON.stringify(event).slice(0, 200)}`);
      this.note(JSON.parse(JSON.stringify({ at, ...event })) as ChatEvent);
    }
  }

  #problemOf(event: DriverEvent): string | null {
    const { turns, messages, approvals, runningTurn } = this.conversation;
    switch (event.type) {
      case "turn.started":
        return runningTurn !== null ? "a turn runs" : Object.hasOwn(turns, event.turn) ? "a turn begins again" : null;
      case "turn.ended":
        if (runningTurn !== event.turn) return "a turn ends that does not run";
        return event.end === undefined ? "a turn ends in no way" : emptyText(event.text);
      case "message.started":
        if (!event.message.startsWith(this.#prefix)) return "an id of another run";
        if (!Object.hasOwn(turns, event.turn)) return "a message of no turn";
        return (messages[event.message]?.turn ?? event.turn) === event.turn ? null : "a message of two turns";
      case "part.delta":
      case "part.updated":
      case "part.ended":
        return messages[event.message]?.parts.some(({ id }) => id === event.part) ? null : "about no part";
      case "approval.requested":
        return Object.hasOwn(approvals, event.approval) ? "asked twice" : null;
      case "notice":
      case "agent.failed":
      case "approval.expired":
        return emptyText(event.text);
      default:
        return null;
    }
  }
}

function emptyText(text: string | undefined): string | null {
  return text === "" || (text?.length ?? 0) > MAX_ERROR_TEXT ? "an empty or endless text" : null;
}

/** What a reader sees, without what is drawn folded away and without times. */
export function shownIn({ entries, messages, turns, approvals, resumeId, title }: Conversation): unknown {
  const said = entries.flatMap(({ is, id }) => {
    const message = is === "message" ? messages[id] : undefined;
    if (!message || message.isSuperseded) return [];
    return message.parts.map((part) => ({ ...part, id: "", message: "", turn: message.turn }));
  });
  return {
    said,
    turns: Object.values(turns).map(({ id, state, cause, usage }) => ({ id, state, cause, usage })),
    approvals: Object.values(approvals).map(({ title: asked, state: { is } }) => ({ asked, is })),
    resumeId,
    title,
  };
}
