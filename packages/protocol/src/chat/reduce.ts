/**
 * What each event means for a conversation. A pure function that server and page share: for every place to cut a history,
 * `reduce(reduce(nothing, before), after)` is `reduce(nothing, all)`. An event of an unknown type, or about something that is
 * not there, changes nothing; a turn that has ended does not end again.
 */
import { Draft } from "./draft.ts";
import { MAX_RECOVERIES, type ApprovalState, type Conversation, type Input, type InputState } from "./conversation.ts";
import type { ChatEvent } from "./events.ts";
import { MESSAGE_HANDLERS } from "./reduce-messages.ts";

type Handlers = { readonly [T in ChatEvent["type"]]: (draft: Draft, event: Extract<ChatEvent, { type: T }>) => void };

/** The conversation after these events. The same object if nothing in it changed. */
export function reduce(conversation: Conversation, events: Iterable<ChatEvent>): Conversation {
  const draft = new Draft(conversation);
  let isChanged = false;
  for (const event of events) {
    if (!Object.hasOwn(HANDLERS, event.type)) continue;
    isChanged = true;
    (HANDLERS[event.type] as (draft: Draft, event: ChatEvent) => void)(draft, event);
  }
  return isChanged ? draft.now : conversation;
}

const HANDLERS: Handlers = {
  ...MESSAGE_HANDLERS,

  "run.started": (draft, { at, run, number, agent, view, origin, missing }) => {
    const lacking = missing === undefined ? {} : { missing };
    draft.push("runs", { id: run, number, agent, view, origin, startedAt: at, state: "starting", ...lacking });
  },
  "run.ended": (draft, { at, run, cause }) => changeRun(draft, run, { state: "ended", endedAt: at, cause }),
  "agent.ready": (draft, { run, version }) => changeRun(draft, run, { state: "ready", ...(version === undefined ? {} : { version }) }),
  "agent.failed": (draft, { run, reason, text }) => changeRun(draft, run, { failure: { reason, text } }),
  "agent.settings": (draft, event) => draft.set("settings", { ...draft.now.settings, ...without(event, "type", "at") }),
  "session.resume-id": (draft, { resumeId }) => {
    const before = draft.now.resumeId;
    if (before === resumeId) return;
    if (before !== null) draft.set("oldResumeId", before);
    draft.set("resumeId", resumeId);
  },
  "session.title": (draft, { title }) => draft.set("title", title),

  "input.accepted": (draft, { at, input, text, by }) => {
    if (Object.hasOwn(draft.now.inputs, input)) return;
    draft.put("inputs", input, { id: input, text, state: "accepted", acceptedAt: at, ...(by === undefined ? {} : { by }) });
    draft.push("queue", input);
  },
  "input.edited": (draft, { input, text }) => {
    if (draft.now.queue.includes(input)) draft.change("inputs", input, (one) => ({ ...one, text, isEdited: true }));
  },
  // One that is not known is remembered as removed: what comes late under its id does not count.
  "input.removed": (draft, { at, input }) => {
    if (!Object.hasOwn(draft.now.inputs, input))
      return draft.put("inputs", input, { id: input, text: "", state: "removed", acceptedAt: at });
    leaveQueue(draft, input);
    moveInput(draft, input, "removed", ["accepted", "held", "unknown"]);
  },
  "input.dispatched": (draft, { input }) => {
    const known = Object.hasOwn(draft.now.inputs, input) ? draft.now.inputs[input] : undefined;
    if (!known) return;
    leaveQueue(draft, input);
    // One that has only ever waited stands nowhere yet: nothing is looked for in a long transcript.
    const isFirst = known.state === "accepted" && known.releasedAt === undefined;
    const isPlaced = !isFirst && draft.now.entries.some(({ is, id }) => is === "input" && id === input);
    if (!isPlaced) draft.push("entries", { is: "input", id: input });
    moveInput(draft, input, "dispatched");
  },
  "input.delivered": (draft, { input }) => moveInput(draft, input, "delivered", ["dispatched", "unknown"]),
  "input.consumed": (draft, { input }) => moveInput(draft, input, "consumed", ["dispatched", "delivered", "unknown"]),
  "input.unseen": () => undefined,
  "input.unknown": (draft, { input }) => moveInput(draft, input, "unknown", ["dispatched", "delivered"]),
  "input.requeued": (draft, { at, input }) => {
    if (!Object.hasOwn(draft.now.inputs, input)) return;
    if (!draft.now.queue.includes(input)) draft.set("queue", [input, ...draft.now.queue]);
    moveInput(draft, input, "accepted");
    draft.change("inputs", input, (one) => ({ ...one, releasedAt: at }));
  },
  "input.held": (draft, { input, notice }) => {
    if (draft.now.queue.includes(input)) draft.change("inputs", input, (one) => ({ ...one, state: "held", notice }));
  },

  "turn.started": (draft, { at, turn, run, input, elsewhere }) => {
    if (Object.hasOwn(draft.now.turns, turn)) return;
    const about = { ...(input === undefined ? {} : { input }), ...(elsewhere === undefined ? {} : { elsewhere }) };
    draft.put("turns", turn, { id: turn, run, ...about, state: "running", isStopping: false, startedAt: at });
    draft.set("runningTurn", turn);
    draft.set("lastTurn", turn);
    if (input !== undefined) draft.change("inputs", input, (one) => ({ ...one, turn }));
  },
  "turn.stopping": (draft, { turn }) => {
    if (draft.now.turns[turn]?.state === "running") draft.change("turns", turn, (one) => ({ ...one, isStopping: true }));
  },
  "turn.ended": endTurn,

  "approval.requested": (draft, event) => {
    const { at, approval, diffs = [] } = event;
    if (Object.hasOwn(draft.now.approvals, approval)) return;
    const rest = without(event, "type", "at", "approval");
    draft.put("approvals", approval, { id: approval, ...rest, diffs, requestedAt: at, state: { is: "open" } });
    draft.push("openApprovals", approval);
  },
  "approval.answered": (draft, { at, approval, option, by }) => {
    if (stateOf(draft, approval) !== "open") return;
    closeApproval(draft, approval);
    const state = { is: "answered", option, at, ...(by === undefined ? {} : { by }) } as const;
    draft.change("approvals", approval, (one) => ({ ...one, state }));
  },
  "approval.delivered": (draft, { approval }) =>
    draft.change("approvals", approval, (one) =>
      one.state.is === "answered" ? { ...one, state: { ...one.state, is: "delivered" } } : one,
    ),
  "approval.expired": (draft, { at, approval, text, told }) => {
    const is = stateOf(draft, approval);
    if (is !== "open" && is !== "answered") return;
    closeApproval(draft, approval);
    const state = { is: "expired", text, at, ...(told === undefined ? {} : { told }) } as const;
    draft.change("approvals", approval, (one) => ({ ...one, state }));
  },

  notice: (draft, event) => {
    const { notice, offers = [] } = event;
    if (!Object.hasOwn(draft.now.notices, notice)) draft.push("entries", { is: "notice", id: notice });
    draft.put("notices", notice, { id: notice, ...without(event, "type", "notice"), offers });
  },
  recovery: (draft, event) => draft.set("recoveries", [...draft.now.recoveries, without(event, "type")].slice(-MAX_RECOVERIES)),
};

function without<T extends object, K extends keyof T>(event: T, ...keys: readonly K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(event).filter(([key]) => !keys.includes(key as K))) as Omit<T, K>;
}

function changeRun(draft: Draft, run: string, changes: Partial<Conversation["runs"][number]>): void {
  draft.set(
    "runs",
    draft.now.runs.map((one) => (one.id === run ? { ...one, ...changes } : one)),
  );
}

/** Moves a message on; `from`: only if it is there now, so that what comes late does not move it back. */
function moveInput(draft: Draft, input: string, state: InputState, from?: readonly InputState[]): void {
  draft.change("inputs", input, (one): Input => (!from || from.includes(one.state) ? { ...without(one, "notice"), state } : one));
}

function leaveQueue(draft: Draft, input: string): void {
  const { queue } = draft.now;
  if (queue.includes(input))
    draft.set(
      "queue",
      queue.filter((one) => one !== input),
    );
}

function stateOf(draft: Draft, approval: string): ApprovalState["is"] | undefined {
  return Object.hasOwn(draft.now.approvals, approval) ? draft.now.approvals[approval]?.state.is : undefined;
}

function closeApproval(draft: Draft, approval: string): void {
  draft.set(
    "openApprovals",
    draft.now.openApprovals.filter((one) => one !== approval),
  );
}

/** Once: what was still open in it is closed as it stands. */
function endTurn(draft: Draft, { at, turn, end, cause, text, usage }: Extract<ChatEvent, { type: "turn.ended" }>): void {
  const before = draft.now.turns[turn];
  if (before?.state !== "running") return;
  const details = {
    ...(cause === undefined ? {} : { cause }),
    ...(text === undefined ? {} : { text }),
    ...(usage === undefined ? {} : { usage }),
  };
  draft.put("turns", turn, { ...before, state: end, endedAt: at, ...details });
  if (draft.now.runningTurn === turn) draft.set("runningTurn", null);
  if (before.input !== undefined && end === "completed") {
    moveInput(draft, before.input, "answered", ["dispatched", "delivered", "consumed", "unknown"]);
  }
  closeMessages(draft, turn, end === "completed");
  if (usage) addUsage(draft, usage);
}

function closeMessages(draft: Draft, turn: string, isCompleted: boolean): void {
  for (let index = draft.now.entries.length - 1; index >= 0; index -= 1) {
    const entry = draft.now.entries[index];
    if (entry?.is !== "message") continue;
    const message = draft.now.messages[entry.id];
    if (message === undefined) continue;
    if (message.turn !== turn) break;
    const parts = message.parts.map((part) => {
      if (part.kind === "tool" && (part.status === "pending" || part.status === "running"))
        return { ...part, status: isCompleted ? ("completed" as const) : ("interrupted" as const) };
      return (part.kind === "text" || part.kind === "reasoning") && part.isOpen ? { ...part, isOpen: false } : part;
    });
    draft.put("messages", entry.id, { ...message, parts, isOpen: false });
  }
}

function addUsage(
  draft: Draft,
  { inputTokens = 0, outputTokens = 0, cachedTokens = 0, costUsd = 0 }: Conversation["turns"][string]["usage"] & object,
): void {
  const { usage } = draft.now;
  draft.set("usage", {
    inputTokens: usage.inputTokens + inputTokens,
    outputTokens: usage.outputTokens + outputTokens,
    cachedTokens: usage.cachedTokens + cachedTokens,
    costUsd: usage.costUsd + costUsd,
  });
}
