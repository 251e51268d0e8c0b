/**
 * What claude asks before it uses a tool, and the questions that it has for the user, which come the same way. Of a list of
 * questions one is asked after the other; claude gets all answers together.
 */
import type { ApprovalOption, DriverEvent } from "@perdure/protocol";
import { isDeeperThan, MAX_DEPTH } from "../depth.ts";
import { closedWith, isTaken, wasAsked } from "../closed-questions.ts";
import type { DriverCommand } from "../driver.ts";
import type { OpenApproval, Work } from "./state.ts";
import { bounded } from "./state.ts";
import { plannedDiffs, toolTitle } from "./tools.ts";
import { type Fields, fields, type Line, list, type PermissionLine, string } from "./wire.ts";

/** A larger input is not kept to be given back: newer claudes take an answer without it. */
const MAX_INPUT_CHARACTERS = 96 * 1024;
const MAX_SUGGESTIONS = 4;
const MAX_SUGGESTION_CHARACTERS = 4096;
const MAX_APPROVALS = 100;
const MAX_LABEL = 200;

const QUESTIONS = "AskUserQuestion";
const ALLOW = "allow";
const REJECT = "reject";

export function permissionAsked(work: Work, line: PermissionLine): void {
  const { request, tool, input, toolUse } = line;
  if (work.state.approvals.some((one) => one.request === request)) return;
  const { closedApprovals } = work.state;
  if ([request, `${request}.0`].some((own) => wasAsked(closedApprovals, { approval: work.id(own), about: toolUse }))) return;
  if (work.state.approvals.length >= MAX_APPROVALS) return refuse(work, request, "Too many requests are open.");
  const isSmall = lengthOf(input) <= MAX_INPUT_CHARACTERS;
  const suggestions = line.suggestions.filter((one) => lengthOf(one) <= MAX_SUGGESTION_CHARACTERS).slice(0, MAX_SUGGESTIONS);
  const hasQuestions = tool === QUESTIONS && isSmall && list(input["questions"]).length > 0;
  const name = nameOf(work, request, hasQuestions ? ".0" : "");
  const approval: OpenApproval = {
    request,
    about: toolUse,
    approval: name,
    tool,
    input: isSmall ? input : null,
    suggestions: hasQuestions ? [] : suggestions,
    answers: [],
  };
  work.set({ approvals: [...work.state.approvals, approval] });
  const part = toolUse !== "" && work.state.tools.some(({ id }) => id === toolUse) ? { part: work.id(toolUse) } : {};
  work.tell(hasQuestions ? question(work, approval, part) : permission(work, approval, line, part));
}

/** As JSON; one that is too deep to be kept is endless. */
function lengthOf(value: Fields): number {
  return isDeeperThan(value, MAX_DEPTH) ? Infinity : JSON.stringify(value).length;
}

/** By claude's id of the request; should it come again, by another. */
function nameOf(work: Work, request: string, behind: string): string {
  const named = work.id(request + behind);
  const { closedApprovals, renamed } = work.state;
  if (!isTaken(closedApprovals, named)) return named;
  work.set({ renamed: renamed + 1 });
  return work.id(`${request}~${renamed + 1}${behind}`);
}

type About = { readonly part?: string };

function permission(
  work: Work,
  { approval, suggestions }: OpenApproval,
  { tool, input, description }: PermissionLine,
  part: About,
): DriverEvent {
  const diffs = plannedDiffs(tool, input);
  const detail = string(input["command"]) || string(input["plan"]) || description;
  return {
    type: "approval.requested",
    approval,
    run: work.state.run,
    ...turnOf(work),
    ...part,
    title: toolTitle(tool, input),
    ...(detail === "" ? {} : { detail: bounded(detail) }),
    ...(diffs.length === 0 ? {} : { diffs }),
    options: [
      { id: ALLOW, label: "Allow", kind: "allow-once" },
      ...suggestions.map((suggestion, index): ApprovalOption => ({
        id: `${ALLOW}.${index}`,
        label: suggestionLabel(suggestion),
        kind: "allow-always",
      })),
      { id: REJECT, label: "Reject", kind: "reject-once" },
    ],
  };
}

function question(work: Work, { approval, input, answers }: OpenApproval, part: About): DriverEvent {
  const asked = fields(list(input?.["questions"])[answers.length]);
  const answersOffered = list(asked["options"]).map((value, index): ApprovalOption => {
    const label = string(fields(value)["label"]) || `Answer ${index + 1}`;
    return { id: `answer.${index}`, label: label.slice(0, MAX_LABEL), kind: "answer" };
  });
  const lines = list(asked["options"]).map((value) => `${string(fields(value)["label"])}: ${string(fields(value)["description"])}`);
  return {
    type: "approval.requested",
    approval,
    run: work.state.run,
    ...turnOf(work),
    ...part,
    title: bounded(string(asked["question"]) || "Claude asks something"),
    ...(lines.length === 0 ? {} : { detail: bounded(lines.join("\n")) }),
    options: [...answersOffered, { id: REJECT, label: "Do not answer", kind: "reject-once" }],
  };
}

function turnOf({ state: { turn } }: Work): { readonly turn?: string } {
  return turn === null ? {} : { turn: turn.id };
}

function suggestionLabel(suggestion: Fields): string {
  const where = suggestion["destination"] === "session" ? "in this conversation" : "from now on";
  const label = suggestionWords(suggestion);
  return `${label} ${where}`.slice(0, MAX_LABEL);
}

function suggestionWords(suggestion: Fields): string {
  switch (suggestion["type"]) {
    case "addRules": {
      const rules = list(suggestion["rules"]).map((value) => {
        const { toolName, ruleContent } = fields(value);
        return string(ruleContent) === "" ? string(toolName) : `${string(toolName)}(${string(ruleContent)})`;
      });
      return `Always allow ${rules.join(", ")}`;
    }
    case "addDirectories":
      return `Allow work in ${list(suggestion["directories"]).map(string).join(", ")}`;
    case "setMode":
      return suggestion["mode"] === "acceptEdits" ? "Allow all edits" : `Change to the mode ${string(suggestion["mode"])}`;
    default:
      return "Allow what claude suggests";
  }
}

export function answered(work: Work, { approval, option, note }: Extract<DriverCommand, { is: "answer" }>): void {
  const open = work.state.approvals.find((one) => one.approval === approval);
  if (!open) return;
  const words = note?.trim() ?? "";
  const offered = /^answer\.(\d+)$/.exec(option);
  if (offered) return answerQuestion(work, open, Number(offered[1]), words);
  const suggestion = option.startsWith(`${ALLOW}.`) ? open.suggestions[Number(option.slice(ALLOW.length + 1))] : undefined;
  const isAllowed = option === ALLOW || suggestion !== undefined;
  const allowed = {
    behavior: "allow",
    ...(open.input === null ? {} : { updatedInput: open.input }),
    ...(suggestion === undefined ? {} : { updatedPermissions: [suggestion] }),
  };
  const denied = { behavior: "deny", message: words || "The user has rejected this." };
  respond(work, open, isAllowed ? allowed : denied);
}

function answerQuestion(work: Work, open: OpenApproval, index: number, words: string): void {
  const questions = list(open.input?.["questions"]).map(fields);
  const asked = questions[open.answers.length];
  const label = string(fields(list(asked?.["options"])[index])["label"]);
  const answers = [...open.answers, words === "" ? label : `${label}: ${words}`];
  if (answers.length >= questions.length) {
    const byQuestion = Object.fromEntries(questions.map(({ question: text }, at) => [string(text), answers[at]]));
    return respond(work, open, { behavior: "allow", updatedInput: { ...open.input, answers: byQuestion } });
  }
  const next = { ...open, answers, approval: nameOf(work, open.request, `.${answers.length}`) };
  work.set({ closedApprovals: closedWith(work.state.closedApprovals, [open]) });
  work.set({ approvals: work.state.approvals.map((one) => (one === open ? next : one)) });
  work.tell({ type: "approval.delivered", approval: open.approval }, question(work, next, {}));
}

function respond(work: Work, open: OpenApproval, response: object): void {
  const { request, approval } = open;
  work.set({
    closedApprovals: closedWith(work.state.closedApprovals, [open]),
    approvals: work.state.approvals.filter((one) => one.request !== request),
  });
  const message = { type: "control_response", response: { subtype: "success", request_id: request, response } };
  work.send(message, `answer:${approval}`);
}

/** What we know nothing of is refused, so that claude does not wait for ever. */
export function otherAsked(work: Work, { request, subtype }: Extract<Line, { is: "other-request" }>): void {
  refuse(work, request, `Unsupported control request subtype: ${subtype}`);
}

function refuse(work: Work, request: string, error: string): void {
  work.send({ type: "control_response", response: { subtype: "error", request_id: request, error } }, "refuse");
}

export function requestCancelled(work: Work, request: string): void {
  const open = work.state.approvals.find((one) => one.request === request);
  if (open) expire(work, [open], "Claude does not wait for the answer any more.");
}

/** The tool has come to its end without an answer from here. */
export function toolEnded(work: Work, tool: string): void {
  const open = work.state.approvals.filter(({ about }) => about === tool);
  expire(work, open, "Claude went on without the answer.");
}

/** `butHelpers`: of helpers that go on behind the turn, what they ask stays open. */
export function expireApprovals(work: Work, text: string, butHelpers = false): void {
  const { tools, approvals } = work.state;
  const goesOn = (approval: OpenApproval): boolean => tools.some(({ id, parent }) => id === approval.about && parent !== null);
  expire(work, butHelpers ? approvals.filter((one) => !goesOn(one)) : approvals, text);
}

function expire(work: Work, expired: readonly OpenApproval[], text: string): void {
  for (const { approval } of expired) work.tell({ type: "approval.expired", approval, text });
  const approvals = work.state.approvals.filter((one) => !expired.includes(one));
  work.set({ approvals, closedApprovals: closedWith(work.state.closedApprovals, expired) });
}
