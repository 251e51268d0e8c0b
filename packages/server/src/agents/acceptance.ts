/**
 * What every driver must stand, shown on a recording: wherever the server dies, its successor goes on as if nothing had been.
 *
 * How to use it, in a unit test beside the driver:
 *
 *     const recording = readRecording(readFileSync(new URL("./fixtures/one-turn.jsonl", import.meta.url), "utf8"));
 *     const steps = cutEverywhere(newDriver, recording);
 *     expect(conversationOf(steps)).toMatchObject(...);
 *
 * `newDriver` makes a driver anew for each server, so that nothing is carried over in memory but the state's JSON. A recording may
 * be written by hand as well: `{ setup, time, inputs: [output(line, time), { is: "command", ... }] }`. Its file has one JSON object
 * a line: the first `{ "setup": DriverSetup, "time": number }`, each other a {@link RecordedInput}. Commands name approvals by the
 * driver's own ids; timers are inputs like others, and are only due when `timers(state)` says so.
 *
 * All functions throw an AssertionError that names the place.
 */
import assert from "node:assert/strict";
import { MAX_ERROR_TEXT, reduce, EMPTY_CONVERSATION, type Conversation, type DriverEvent } from "@perdure/protocol";
import type { Driver, DriverInput, DriverSend, DriverSetup, DriverState, Step } from "./driver.ts";
import { LineSplitter, type SplitLine } from "./line-splitter.ts";

/** What a program wrote and what it was told, in the order in which the server learned of it. */
export type RecordedInput =
  /** Bytes of standard output, however they came: not yet lines. `bytes` is base64, for what is not UTF-8. */
  | { readonly is: "output"; readonly time: number; readonly text: string }
  | { readonly is: "output"; readonly time: number; readonly bytes: string }
  | Exclude<DriverInput, { readonly is: "line" | "long-line" }>;

export interface Recording {
  readonly setup: DriverSetup;
  readonly time: number;
  readonly inputs: readonly RecordedInput[];
}

/** What became of one input; the first of a run has none: it is what `begin` answered. */
export interface RecordedStep {
  readonly input: DriverInput | null;
  readonly time: number;
  readonly events: readonly DriverEvent[];
  readonly sends: readonly DriverSend[];
  /** The state behind it, as the store would have it. */
  readonly state: string;
}

/** A driver as a fresh server has it. */
export type NewDriver = () => Driver;

/** A larger state would be written again and again while an agent speaks. */
const MAX_STATE_CHARACTERS = 256 * 1024;

/** A line is cut at each of its bytes; a longer one at the first and last half of these, and as often in between. */
const MAX_CUTS = 4096;

export function readRecording(text: string): Recording {
  const [head, ...inputs] = text.split("\n").filter((line) => line !== "");
  assert(head !== undefined, "an empty recording");
  return { ...(JSON.parse(head) as Pick<Recording, "setup" | "time">), inputs: inputs.map((line) => JSON.parse(line) as RecordedInput) };
}

/** A line of output from a value, for recordings that are written by hand. */
export function output(value: unknown, time: number): RecordedInput {
  return { is: "output", time, text: `${typeof value === "string" ? value : JSON.stringify(value)}\n` };
}

/** Folds a recording without any interruption, and checks what holds for every driver. */
export function fold(newDriver: NewDriver, recording: Recording): RecordedStep[] {
  const driver = newDriver();
  let state: DriverState;
  const take = (input: DriverInput | null, time: number, step: Step<DriverState>): RecordedStep => {
    state = step.state;
    return { input, time, events: step.events, sends: step.sends, state: JSON.stringify(state) };
  };
  const steps = [take(null, recording.time, driver.begin(frozen(recording.setup), recording.time))];
  for (const input of driverInputs(recording)) steps.push(take(input, input.time, driver.step(frozen(state!), frozen(input))));
  checkSteps(recording.setup, steps);
  return steps;
}

/**
 * Ends the server at every byte of output and around every input, and goes on with a new driver from what the store had: the same
 * events, sends, timers and states must come. As a step depends on nothing but state and input, a successor that is at the same
 * state as the uninterrupted one has caught up.
 */
export function cutEverywhere(newDriver: NewDriver, recording: Recording): RecordedStep[] {
  const steps = fold(newDriver, recording);
  const first = newDriver().begin(recording.setup, recording.time);
  assert.equal(JSON.stringify(first.state), steps[0]?.state, "begin is not the same twice");
  for (let index = 1; index < steps.length; index += 1) {
    const { input, state, events, sends } = steps[index]!;
    const driver = newDriver();
    const before = JSON.parse(steps[index - 1]!.state) as DriverState;
    const step = driver.step(before, input!);
    const where = `cut before input ${index}: ${JSON.stringify(input).slice(0, 300)}`;
    assert.deepEqual(plain(step.events), plain(events), where);
    assert.deepEqual(plain(step.sends), plain(sends), where);
    assert.equal(JSON.stringify(step.state), state, where);
    assert.deepEqual(driver.timers(JSON.parse(state) as DriverState), newDriver().timers(step.state), where);
  }
  cutLines(recording);
  return steps;
}

/**
 * Puts lines between any two inputs that no agent should write: nothing may be thrown, and but for notices the same must come.
 * `garbage`: lines of the agent's own dialect that mean nothing; what is no JSON is tried anyway.
 */
export function garbageEverywhere(newDriver: NewDriver, recording: Recording, garbage: readonly string[] = []): void {
  const steps = fold(newDriver, recording);
  const lines = ["", "not json", "{", "null", "[]", "7", '"x"', "{}", '{"type":null}', '{"type":"a-type-of-tomorrow"}', ...garbage];
  for (const [index, { state, time }] of steps.entries()) {
    const driver = newDriver();
    const next = steps[index + 1];
    for (const text of lines) {
      const at = { from: 0, to: text.length, time };
      const disturbed = driver.step(JSON.parse(state) as DriverState, { is: "line", ...at, text });
      if (!next || disturbed.events.some(({ type }) => type !== "notice")) {
        assert(
          disturbed.events.every(({ type }) => type === "notice"),
          `${text} was taken for something behind step ${index}`,
        );
        continue;
      }
      const step = driver.step(disturbed.state, next.input!);
      assert.deepEqual(withoutNotices(step.events), withoutNotices(next.events), `${text} before input ${index + 1} changes what it means`);
    }
  }
}

/** What a page would show at the end. Of the session's own events only the answers are there: inputs are missing. */
export function conversationOf(steps: readonly RecordedStep[]): Conversation {
  return reduce(
    EMPTY_CONVERSATION,
    steps.flatMap(({ input, time, events }) => [...answerOf(input), ...events].map((event) => ({ at: time, ...event }))),
  );
}

function answerOf(input: DriverInput | null): DriverEvent[] {
  if (input?.is !== "command" || input.command.is !== "answer") return [];
  const { approval, option } = input.command;
  return [{ type: "approval.answered", approval, option }];
}

/** The recording's inputs as a driver gets them. */
function driverInputs(recording: Recording): DriverInput[] {
  const splitter = new LineSplitter(0);
  const last = recording.inputs.at(-1)?.time ?? recording.time;
  const inputs = recording.inputs.flatMap((input): DriverInput[] => {
    if (input.is === "output") return splitter.push(bytesOf(input)).map((line) => lineInput(line, input.time));
    if (input.is !== "exit") return [input];
    const rest = splitter.end();
    return rest === null ? [input] : [lineInput(rest, input.time), input];
  });
  const rest = splitter.end();
  return rest === null ? inputs : [...inputs, lineInput(rest, last)];
}

function lineInput(line: SplitLine, time: number): DriverInput {
  const { is } = line;
  return is === "line" ? { ...line, time } : { is, bytes: line.bytes, time };
}

function bytesOf(input: Extract<RecordedInput, { is: "output" }>): Buffer {
  return "text" in input ? Buffer.from(input.text) : Buffer.from(input.bytes, "base64");
}

/** A server that died with part of a line in its hands reads that line again from its first byte. */
function cutLines(recording: Recording): void {
  const bytes = Buffer.concat(recording.inputs.map((input) => (input.is === "output" ? bytesOf(input) : Buffer.alloc(0))));
  for (const line of new LineSplitter(0).push(bytes)) {
    for (const cut of cutsOf(line.from, line.to)) {
      const before = new LineSplitter(line.from);
      assert.deepEqual(before.push(bytes.subarray(line.from, cut)), [], `half a line at byte ${cut}`);
      assert.equal(before.consumed, line.from, `a line that is not complete counts as read at byte ${cut}`);
      const after = new LineSplitter(before.consumed).push(bytes.subarray(before.consumed, line.to));
      assert.deepEqual(after, [line], `another line after a cut at byte ${cut}`);
    }
  }
}

function cutsOf(from: number, to: number): number[] {
  const length = to - from;
  const all = Array.from({ length: Math.min(length, MAX_CUTS) }, (_, index) => index);
  if (length <= MAX_CUTS) return all.map((index) => from + index);
  const half = MAX_CUTS / 2;
  return all.map((index) => (index < half ? from + index : from + half + Math.floor(((index - half + 1) * (length - half - 1)) / half)));
}

/** What holds for every driver, whatever it speaks. */
function checkSteps(setup: DriverSetup, steps: readonly RecordedStep[]): void {
  let sent = 0;
  const openTurns = new Set<string>();
  for (const [index, { input, events, sends, state }] of steps.entries()) {
    const where = `step ${index}`;
    sent += sends.length;
    assert.equal((JSON.parse(state) as DriverState).sent, sent, `${where}: the count of sends`);
    assert(state.length <= MAX_STATE_CHARACTERS, `${where}: a state of ${state.length} characters`);
    for (const { text, cause } of sends) assert(!text.includes("\n") && cause !== "", `${where}: a send is one line with a cause`);
    for (const event of events) checkEvent(event, setup, openTurns, where);
    if (input?.is === "exit") assert.deepEqual([...openTurns], [], `${where}: turns that run without a program`);
  }
  if (steps.at(-1)?.input?.is === "exit") assert.deepEqual(conversationOf(steps).openApprovals, [], "approvals that nobody waits for");
}

function checkEvent(event: DriverEvent, setup: DriverSetup, openTurns: Set<string>, where: string): void {
  const about = `${where}: ${JSON.stringify(event).slice(0, 300)}`;
  if (event.type === "turn.started") {
    assert(openTurns.size === 0, `${about}: another turn runs`);
    openTurns.add(event.turn);
  }
  if (event.type === "turn.ended") assert(openTurns.delete(event.turn), `${about}: a turn ends that does not run`);
  const id = idOf(event);
  if (id !== null) assert(id.startsWith(`r${setup.number}.`), `${about}: an id that another run may have`);
  if ("text" in event && event.text !== undefined && event.type !== "part.delta" && event.type !== "part.updated") {
    assert(event.text !== "" && event.text.length <= MAX_ERROR_TEXT, `${about}: an empty or endless text`);
  }
}

/** The id that the driver chose for what this event begins. */
function idOf(event: DriverEvent): string | null {
  switch (event.type) {
    case "message.started":
      return event.message;
    case "part.started":
      return event.part;
    case "approval.requested":
      return event.approval;
    case "notice":
      return event.notice;
    default:
      return null;
  }
}

function withoutNotices(events: readonly DriverEvent[]): unknown {
  return plain(events.filter(({ type }) => type !== "notice"));
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** A driver that writes into what it was given fails here. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}
