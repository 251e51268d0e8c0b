/**
 * Questions of codex: whether it may run a command, change files, have more rights; what the user prefers; what a tool server wants
 * to know. What can be asked in a conversation becomes an approval; anything else is refused at once, and said.
 */
import type { ApprovalOption } from "@perdure/protocol";
import type * as z from "zod/mini";
import { closedWith, isTaken, wasAsked } from "../closed-questions.ts";
import type { DriverCommand } from "../driver.ts";
import { METHOD_NOT_FOUND, type RpcId } from "../json-rpc.ts";
import { idsOf } from "./items.ts";
import { CommandApproval, Elicitation, FileApproval, OldApproval, PermissionsApproval, UserQuestions } from "./messages.ts";
import type { OpenQuestion } from "./state.ts";
import { cutLine } from "./tools.ts";
import { bounded, type Work } from "./work.ts";

/** Codex waits for an answer to each; more than these at once are refused. */
const MAX_QUESTIONS = 100;
const MAX_DETAIL_CHARACTERS = 4000;

/** An option with what is answered for it. */
interface Answer {
  readonly option: ApprovalOption;
  readonly result: unknown;
  readonly isStopping?: boolean;
  readonly isSteering?: boolean;
}

interface Asking {
  readonly title: string;
  readonly detail: string;
  readonly item: string | null;
  readonly answers: readonly Answer[];
  readonly words?: string;
}

type Reader = (work: Work, params: unknown) => Asking | "unreadable" | "refused";

const ALLOW = { id: "accept", label: "Allow", kind: "allow-once" } as const;
const ALLOW_SESSION = { id: "acceptForSession", label: "Allow in this session", kind: "allow-always" } as const;
const REJECT = { id: "decline", label: "Reject", kind: "reject-once" } as const;
const REJECT_AND_STOP = { id: "cancel", label: "Reject and stop", kind: "reject-once" } as const;

function decisions(extra: readonly Answer[] = []): readonly Answer[] {
  return [
    { option: ALLOW, result: { decision: "accept" } },
    { option: ALLOW_SESSION, result: { decision: "acceptForSession" } },
    ...extra,
    { option: REJECT, result: { decision: "decline" }, isSteering: true },
    { option: REJECT_AND_STOP, result: { decision: "cancel" }, isStopping: true },
  ];
}

/** Decisions of older versions. */
const OLD_DECISIONS: readonly Answer[] = [
  { option: ALLOW, result: { decision: "approved" } },
  { option: ALLOW_SESSION, result: { decision: "approved_for_session" } },
  { option: REJECT, result: { decision: "denied" } },
  { option: REJECT_AND_STOP, result: { decision: "abort" }, isStopping: true },
];

const READERS: ReadonlyMap<string, Reader> = new Map([
  ["item/commandExecution/requestApproval", reader(CommandApproval, askCommand)],
  ["item/fileChange/requestApproval", reader(FileApproval, askFiles)],
  ["execCommandApproval", reader(OldApproval, (_, params) => askOld(params))],
  ["applyPatchApproval", reader(OldApproval, (_, params) => askOld(params))],
  ["item/permissions/requestApproval", reader(PermissionsApproval, (_, params) => askPermissions(params))],
  ["item/tool/requestUserInput", reader(UserQuestions, (_, params) => askUser(params))],
  ["mcpServer/elicitation/request", reader(Elicitation, (_, params) => askForServer(params))],
]);

function reader<T>(schema: z.ZodMiniType<T>, ask: (work: Work, params: T) => Asking | "refused"): Reader {
  return (work, params) => {
    const { success, data } = schema.safeParse(params);
    return success ? ask(work, data) : "unreadable";
  };
}

/** A request of codex to us. */
export function asked(work: Work, id: RpcId, method: string, params: unknown): void {
  const read = READERS.get(method);
  const asking = read ? read(work, params) : "refused";
  if (asking === "unreadable" || asking === "refused") {
    work.rpc.refuse(id, { code: METHOD_NOT_FOUND, message: `${method} is not supported here` }, "refusal");
    if (read) work.notice("warning", "question-refused", `Codex asked something that cannot be answered here (${method}).`);
    return;
  }
  openQuestion(work, id, asking);
}

function openQuestion(work: Work, id: RpcId, { title, detail, item, answers, words }: Asking): void {
  const { questions, closedQuestions, prefix, run, turn } = work.state;
  const named = `${prefix}ask.${id}`;
  const about = item ?? "";
  if (questions.some((one) => one.id === id) || wasAsked(closedQuestions, { approval: named, about })) return;
  const isNew = !isTaken(closedQuestions, named) && !questions.some((one) => one.approval === named);
  const approval = isNew ? named : `${named}~${work.state.renamed + 1}`;
  if (questions.length >= MAX_QUESTIONS) return work.rpc.refuse(id, { code: METHOD_NOT_FOUND, message: "too many questions" }, "refusal");
  const question: OpenQuestion = {
    approval,
    id,
    about,
    answers: Object.fromEntries(answers.map(({ option, result }) => [option.id, result])),
    stopping: answers.filter(({ isStopping }) => isStopping).map(({ option }) => option.id),
    steering: answers.filter(({ isSteering }) => isSteering).map(({ option }) => option.id),
    words: words ?? null,
    isAnswered: false,
  };
  work.set({ questions: [...questions, question], renamed: work.state.renamed + (isNew ? 0 : 1) });
  work.tell({
    type: "approval.requested",
    approval,
    run,
    title: cutLine(title) || "Codex asks",
    ...(turn ? { turn: turn.id } : {}),
    ...(item === null ? {} : { part: idsOf(work, item).part }),
    ...(detail === "" ? {} : { detail: detail.slice(0, MAX_DETAIL_CHARACTERS) }),
    options: answers.map(({ option }) => option),
  });
}

function askCommand(work: Work, params: CommandApproval): Asking {
  const { itemId, reason, command, cwd, proposedExecpolicyAmendment: rule } = params;
  const always: Answer[] = rule
    ? [
        {
          option: { id: "acceptWithExecpolicyAmendment", label: `Always allow ${cutLine(rule.join(" "))}`, kind: "allow-always" },
          result: { decision: { acceptWithExecpolicyAmendment: { execpolicy_amendment: rule } } },
        },
      ]
    : [];
  const item = itemId ?? null;
  const asWritten = Array.isArray(command) ? command.join(" ") : (command ?? "Run a command");
  return { title: titleOf(work, item) ?? asWritten, detail: lines(reason, asWritten, cwd), item, answers: decisions(always) };
}

function askFiles(work: Work, { itemId, reason, grantRoot }: z.infer<typeof FileApproval>): Asking {
  const item = itemId ?? null;
  return { title: titleOf(work, item) ?? "Change files", detail: lines(reason, grantRoot), item, answers: decisions() };
}

/** What the tool is called that is asked about. */
function titleOf(work: Work, item: string | null): string | null {
  return (item === null ? null : work.state.items[item]?.title) || null;
}

function askOld({ callId, reason, command, fileChanges, cwd }: z.infer<typeof OldApproval>): Asking {
  const title = command?.join(" ") ?? `Change ${Object.keys(fileChanges ?? {}).join(", ") || "files"}`;
  return { title, detail: lines(reason, cwd), item: callId ?? null, answers: OLD_DECISIONS };
}

function askPermissions({ itemId, reason, cwd, permissions }: z.infer<typeof PermissionsApproval>): Asking {
  const granted = Object.fromEntries(Object.entries(permissions).filter(([, value]) => value !== null && value !== undefined));
  return {
    title: "Give more rights",
    detail: lines(reason, JSON.stringify(granted), cwd),
    item: itemId ?? null,
    answers: [
      { option: { ...ALLOW, label: "Allow in this turn" }, result: { permissions: granted, scope: "turn" } },
      { option: ALLOW_SESSION, result: { permissions: granted, scope: "session" } },
      { option: REJECT, result: { permissions: {}, scope: "turn" }, isSteering: true },
    ],
  };
}

/** One question with a choice. More at once cannot be asked here. */
function askUser({ itemId, questions }: z.infer<typeof UserQuestions>): Asking | "refused" {
  const [question, ...others] = questions;
  if (!question?.options?.length || others.length > 0) return "refused";
  const answers = question.options.map(({ label, description }, index): Answer => ({
    option: { id: `choice-${index + 1}`, label: description === "" ? label : `${label}: ${description}`, kind: "answer" },
    result: { answers: { [question.id]: { answers: [label] } } },
  }));
  return { title: question.question, detail: question.header, item: itemId ?? null, answers, words: question.id };
}

/** A tool server asks by way of codex. A form cannot be filled in here; a yes or no can be given. */
function askForServer({ serverName, mode, message, url, requestedSchema }: z.infer<typeof Elicitation>): Asking | "refused" {
  if (mode !== "url" && (requestedSchema?.required ?? []).length > 0) return "refused";
  const content = mode === "url" ? null : {};
  return {
    title: message,
    detail: lines(serverName, url),
    item: null,
    answers: [
      { option: ALLOW, result: { action: "accept", content, _meta: null } },
      { option: REJECT, result: { action: "decline", content: null, _meta: null } },
    ],
  };
}

function lines(...texts: readonly (string | null | undefined)[]): string {
  return texts.filter(Boolean).join("\n");
}

/** What a person has answered. An answer to a question that is not open any more is passed over. */
export function answer(work: Work, { approval, option, note }: Extract<DriverCommand, { is: "answer" }>): void {
  const question = work.state.questions.find((one) => one.approval === approval);
  if (!question || question.isAnswered || !Object.hasOwn(question.answers, option)) return;
  const words = note?.trim() ?? "";
  const result =
    question.words !== null && words !== "" ? { answers: { [question.words]: { answers: [words] } } } : question.answers[option];
  work.set({ questions: work.state.questions.map((one) => (one === question ? { ...one, isAnswered: true } : one)) });
  work.rpc.answer(question.id, result, `answer:${approval}`);
  if (question.stopping.includes(option)) work.setTurn({ stop: "sent" });
  if (question.steering.includes(option) && words !== "") steer(work, words);
}

/** Words with a rejection reach codex as a message into the turn that runs. */
function steer(work: Work, text: string): void {
  const { thread, turn } = work.state;
  if (turn === null || turn.agentTurn === null) return;
  const input = [{ type: "text", text, text_elements: [] }];
  work.ask("turn/steer", { threadId: thread, expectedTurnId: turn.agentTurn, input }, "note", turn.id);
}

/** Codex waits for an answer no longer: it has ours, or it has helped itself. */
export function resolved(work: Work, id: RpcId): void {
  const question = work.state.questions.find((one) => one.id === id);
  if (!question) return;
  work.set({
    questions: work.state.questions.filter((one) => one !== question),
    closedQuestions: closedWith(work.state.closedQuestions, [question]),
  });
  if (!question.isAnswered) expire(work, question, "Codex waits for no answer to this any more.");
}

/** Nobody can answer them any more. One that was answered and not delivered has come too late as well. */
export function expireQuestions(work: Work, text: string): void {
  const { questions } = work.state;
  work.set({ questions: [], closedQuestions: closedWith(work.state.closedQuestions, questions) });
  for (const question of questions) expire(work, question, text);
}

function expire(work: Work, { approval }: OpenQuestion, text: string): void {
  work.tell({ type: "approval.expired", approval, text: bounded(text) });
}
