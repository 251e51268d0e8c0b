/**
 * What can happen to the messages of an outbox, as pure changes of the whole. A message that may have been sent is never just
 * forgotten: the server is told that it is taken back, and what the user wrote in its place waits for the answer.
 */
import { MAX_MESSAGE_CHARACTERS, PerdureError } from "@perdure/protocol";
import type { KeptMessage, MessageChange } from "./kept-messages.ts";

/** Most messages, and characters, that wait on one device. */
export const MAX_WAITING = 1000;
export const MAX_WAITING_CHARACTERS = 10_000_000;
/** A message that waited so long is not sent without asking. */
export const EXPIRES_AFTER_MS: number = 24 * 3600 * 1000;

type Messages = readonly KeptMessage[];
type Change = (messages: Messages) => MessageChange;
const NOTHING: MessageChange = {};

export function requireSendable(text: string): void {
  if (text.length === 0) throw new PerdureError("bad-request", "A message needs a text.");
  if (text.length > MAX_MESSAGE_CHARACTERS)
    throw new PerdureError("too-large", `A message has at most ${MAX_MESSAGE_CHARACTERS.toLocaleString("en")} characters.`);
}

export function adding(message: Omit<KeptMessage, "position" | "waitingSince" | "state">): Change {
  return (messages) => {
    const characters = messages.reduce((sum, { text }) => sum + text.length, message.text.length);
    if (messages.length >= MAX_WAITING || characters > MAX_WAITING_CHARACTERS)
      throw new PerdureError("too-large", "Too many messages wait on this device; send or remove some.");
    const position = (messages.at(-1)?.position ?? 0) + 1;
    return { put: [{ ...message, position, waitingSince: message.createdAt, state: { is: "waiting" } }] };
  };
}

/** The new text is a new message in the place of the old one. */
export function editing(id: string, to: { readonly id: string; readonly text: string; readonly now: number }): Change {
  return (messages) => {
    const before = requireShown(messages, id);
    const { session, createdAt, position } = before;
    const next: KeptMessage = {
      id: to.id,
      session,
      text: to.text,
      createdAt,
      position,
      waitingSince: to.now,
      mayHaveBeenSent: false,
      state: { is: "waiting" },
    };
    if (!needsWithdrawal(before)) return { remove: [id], put: [next, ...successorOf(messages, id, to.id)] };
    return { put: [withdrawn(before, to.id), next] };
  };
}

export function removing(id: string): Change {
  return (messages) => {
    const before = requireShown(messages, id);
    if (needsWithdrawal(before)) return { put: [withdrawn(before, undefined)] };
    return { remove: [id], put: successorOf(messages, id, undefined) };
  };
}

/** Sends it after all: as it is, or as a new message where its id stands for something else. */
export function retrying(id: string, newId: string, now: number): Change {
  return (messages) => {
    const before = requireShown(messages, id);
    if (before.state.is === "waiting") return NOTHING;
    const isIdTaken = before.state.is === "refused" && before.state.code === "idempotency-key-reused";
    const next: KeptMessage = { ...before, id: isIdTaken ? newId : id, waitingSince: now, state: { is: "waiting" } };
    return { remove: isIdTaken ? [id] : [], put: [isIdTaken ? { ...next, mayHaveBeenSent: false } : next] };
  };
}

/** Nothing if it is not to be sent any more. */
export function aboutToSend(id: string): Change {
  return (messages) => {
    const message = messages.find((one) => one.id === id);
    return message?.state.is === "waiting" && !message.mayHaveBeenSent ? { put: [{ ...message, mayHaveBeenSent: true }] } : NOTHING;
  };
}

/** The server has it. One that was taken back in the meantime stays, until the server has been told. */
export function arriving(ids: readonly string[]): Change {
  return (messages) => ({ remove: messages.filter(({ id, state }) => ids.includes(id) && state.is !== "withdrawn").map(({ id }) => id) });
}

export function refusing(id: string, code: string, text: string): Change {
  return (messages) => {
    const message = messages.find((one) => one.id === id);
    if (message?.state.is === "withdrawn") return withdrawalEnded(id, null)(messages);
    return message ? { put: [{ ...message, state: { is: "refused", code, text } }] } : NOTHING;
  };
}

/** The server was told of a message taken back. `tooLate`: its words, if it is with the agent; then what replaces it waits for the user. */
export function withdrawalEnded(id: string, tooLate: { readonly code: string; readonly text: string } | null): Change {
  return (messages) => {
    const message = messages.find((one) => one.id === id);
    if (message?.state.is !== "withdrawn") return NOTHING;
    const { replacedBy } = message.state;
    const successor = tooLate ? messages.find((one) => one.id === replacedBy && one.state.is === "waiting") : undefined;
    return {
      remove: [id],
      put: successor && tooLate ? [{ ...successor, state: { is: "refused", code: tooLate.code, text: tooLate.text } }] : [],
    };
  };
}

/** It waited too long, or the clock was set back so far that nobody can tell. */
export function isDue({ state, waitingSince }: KeptMessage, now: number): boolean {
  return state.is === "waiting" && Math.abs(now - waitingSince) >= EXPIRES_AFTER_MS;
}

/** A server that had them has lost them: they wait again, before all others, under their ids. */
export function returning(
  lost: readonly { readonly id: string; readonly session: string; readonly text: string; readonly createdAt: number }[],
  now: number,
): Change {
  return (messages) => {
    const known = new Set(messages.map(({ id }) => id));
    const first = (messages[0]?.position ?? 1) - lost.length;
    const put = lost.map((message, index): KeptMessage => {
      const { id, session, text, createdAt } = message;
      return { id, session, text, createdAt, position: first + index, waitingSince: now, mayHaveBeenSent: true, state: { is: "waiting" } };
    });
    return { put: put.filter(({ id }) => !known.has(id)) };
  };
}

export function expiring(now: number): Change {
  return (messages) => ({
    put: messages.filter((message) => isDue(message, now)).map((message) => ({ ...message, state: { is: "expired" } as const })),
  });
}

function requireShown(messages: Messages, id: string): KeptMessage {
  const message = messages.find((one) => one.id === id && one.state.is !== "withdrawn");
  if (message) return message;
  throw new PerdureError("not-found", "The message is no longer on this device.");
}

/** What was refused, the server does not have. */
function needsWithdrawal({ mayHaveBeenSent, state }: KeptMessage): boolean {
  return mayHaveBeenSent && state.is !== "refused";
}

function withdrawn(message: KeptMessage, replacedBy: string | undefined): KeptMessage {
  return { ...message, state: { is: "withdrawn", replacedBy } };
}

/** A withdrawn message that waited for this one now waits for that one. */
function successorOf(messages: Messages, from: string, to: string | undefined): KeptMessage[] {
  return messages.filter(({ state }) => state.is === "withdrawn" && state.replacedBy === from).map((message) => withdrawn(message, to));
}
