/**
 * One message and what comes of it: brought to the server once, its answer shown as it comes, until its turn is over or somebody has
 * to answer or decide.
 */
import { randomUUID } from "node:crypto";
import { MAX_MESSAGE_CHARACTERS, type Approval } from "@perdure/protocol";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { wordFor } from "../session-argument.ts";
import { plainText } from "../table.ts";
import { AnswerAsEvents, AnswerAsText, type Answer } from "./answer.ts";
import { approvalLines } from "./approval-words.ts";
import type { Chatting } from "./chatting.ts";
import { deliverMessage } from "./deliver-message.ts";
import { endOfMessage, type MessageEnd } from "./message-end.ts";
import { passAlong } from "./pass-along.ts";

/** The server is looked for at once; a person hears of it when it takes longer. */
const SAY_OUTAGE_MS = 1000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export interface Message {
  /** A UUID: the same id and text again is the same message. */
  readonly id: string;
  readonly text: string;
}

/** Throws a usage error for what can be no message. */
export function newMessage(text: string, id: string = randomUUID()): Message {
  if (text.trim() === "") throw new CommandFailure(EXIT.usage, "There is nothing to ask: give a text, or - for standard input.");
  if (text.length > MAX_MESSAGE_CHARACTERS) {
    throw new CommandFailure(EXIT.usage, `A message has at most ${MAX_MESSAGE_CHARACTERS} characters, not ${text.length}.`);
  }
  if (!UUID.test(id)) throw new CommandFailure(EXIT.usage, "--id wants a UUID in lower case.");
  return { id, text };
}

export interface AskOptions {
  readonly isJson: boolean;
  /** Goes on behind approvals that somebody else answers. */
  readonly waitsForApprovals: boolean;
}

/** Resolves with what came of it. Rejects if no server takes the message, or by the signal: then the turn goes on. */
export async function askTurn(chatting: Chatting, message: Message, { isJson, waitsForApprovals }: AskOptions): Promise<MessageEnd> {
  const { link, cli, signal } = chatting;
  const answer: Answer = isJson ? new AnswerAsEvents(cli.output, message.id) : new AnswerAsText(cli.output, message.id, cli.style);
  const said = new Set<string>();
  const stops = [saysOutages(chatting)];
  try {
    const before = await link.until((conversation) => conversation, signal);
    answer.begin(chatting.session.id, before);
    stops.push(link.subscribe((news) => link.conversation && answer.show(link.conversation, news)));
    await deliver(chatting, message);
    answer.show(await link.until((now) => (now.inputs[message.id] ? now : undefined), signal), []);
    return await link.until((now) => {
      const end = endOfMessage(now, message.id);
      if (end?.is !== "asking" || !waitsForApprovals) return end;
      const asked = end.approvals.filter(({ id }) => !said.has(id));
      for (const { id } of asked) said.add(id);
      sayApprovals(chatting, asked);
      return undefined;
    }, signal);
  } finally {
    for (const stop of stops) stop();
    answer.end();
  }
}

/** Brings a message to the server's disk and nothing else. */
export async function deliver(chatting: Chatting, { id, text }: Message): Promise<void> {
  const { session, rest, cli, signal } = chatting;
  await passAlong(chatting);
  const onWaiting = (): void => cli.note(`[the server does not answer; the message is kept and sent again: ${id}]`);
  return deliverMessage({ session: session.id, message: id, text, rest, clock: cli.clock, signal, onWaiting });
}

/** Says what came of it and answers the exit code. */
export function explainEnd({ cli, session }: Pick<Chatting, "cli" | "session">, end: MessageEnd): number {
  const name = wordFor(session);
  switch (end.is) {
    case "ended": {
      const { state, cause, text } = end.turn;
      if (state === "completed") return EXIT.done;
      const why = [cause, text].filter((part) => part !== undefined && part !== "").join(": ");
      cli.note(`[${state === "failed" ? "the turn failed" : "the answer was interrupted"}${why === "" ? "" : ` (${plainText(why)})`}]`);
      return state === "failed" ? EXIT.turnFailed : EXIT.interrupted;
    }
    case "asking":
      sayApprovals({ cli, session }, end.approvals);
      return EXIT.approvalNeeded;
    case "undecided": {
      const { notice, state } = end;
      cli.note(
        `[${plainText(notice?.text ?? (state === "held" ? "The message waits." : "Whether the agent got the message is not known."))}]`,
      );
      const offers = notice?.offers ?? ["send-again", "discard"];
      cli.note(`[what to do: ${offers.map((offer) => `\`perdure recover ${name} ${offer}\``).join(", ")}]`);
      return EXIT.undecided;
    }
    case "removed":
      cli.note("[the message was taken back before it was sent]");
      return EXIT.interrupted;
  }
}

function sayApprovals({ cli, session }: Pick<Chatting, "cli" | "session">, approvals: readonly Approval[]): void {
  const name = wordFor(session);
  for (const approval of approvals) for (const line of approvalLines(approval)) cli.note(line);
  if (approvals.length > 0)
    cli.note(`[it asks: \`perdure approve ${name} [answer]\` or \`perdure reject ${name}\`; \`perdure chat ${name}\` shows what comes]`);
}

/** What the command waits for while the server is away, once for each time. */
function saysOutages({ cli, isConnected, outage, onConnection }: Chatting): () => void {
  let cancel: (() => void) | undefined;
  let isSaid = false;
  const look = (): void => {
    if (isConnected()) {
      cancel?.();
      cancel = undefined;
      if (isSaid) cli.note("[connected again]");
      isSaid = false;
    } else {
      cancel ??= cli.clock.after(SAY_OUTAGE_MS, () => {
        isSaid = true;
        cli.note(
          outage() === "stopped" ? "[the server was shut down; waiting until it is started]" : "[the server is away; waiting for it]",
        );
      });
    }
  };
  const stop = onConnection(look);
  return () => {
    cancel?.();
    stop();
  };
}
