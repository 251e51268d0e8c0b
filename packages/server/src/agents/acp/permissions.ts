/**
 * What an agent asks for permission, and the answers. A request that is open when its turn is stopped is answered with
 * *cancelled*, as the protocol wants it.
 */
import type { ApprovalOption } from "@perdure/protocol";
import { closedWith, isTaken, wasAsked } from "../closed-questions.ts";
import type { RpcId } from "../json-rpc.ts";
import { fieldsOf, listOf, textOf, under } from "./fields.ts";
import { type AcpStep, closedQuestion } from "./state.ts";
import { diffsOf, foldTool, toolText } from "./tools.ts";
import { touchTurn } from "./turns.ts";

const KINDS: Readonly<Record<string, ApprovalOption["kind"]>> = {
  allow_once: "allow-once",
  allow_always: "allow-always",
  reject_once: "reject-once",
  reject_always: "reject-always",
};

const CANCELLED = { outcome: { outcome: "cancelled" } };
/** Requests that may be open at once; one more is cancelled. */
const MAX_OPEN = 100;

export function requestPermission(step: AcpStep, rpcId: RpcId, params: unknown): void {
  const fields = fieldsOf(params);
  const call = fieldsOf(fields["toolCall"]);
  const options = listOf(fields["options"]).flatMap((one): ApprovalOption[] => {
    const id = textOf(one["optionId"]);
    return id === null ? [] : [{ id, label: textOf(one["name"]) ?? id, kind: under(KINDS, one["kind"]) ?? "answer" }];
  });
  const { turn, approvals } = step.state;
  const about = textOf(call["toolCallId"]) ?? "";
  const isAgain = approvals.some((one) => one.rpcId === rpcId && (!one.isAnswered || (about !== "" && one.about === about)));
  if (isAgain || wasAsked(step.state.closedApprovals, { approval: `${step.state.prefix}a${rpcId}`, about })) return;
  const id = approvalId(step, rpcId);
  if (turn?.isStopping || options.length === 0 || approvals.length >= MAX_OPEN) {
    return step.rpc.answer(rpcId, CANCELLED, `cancelled:${id}`);
  }
  touchTurn(step);
  const tool = foldTool(step, call);
  const title = textOf(call["title"]) ?? "The agent asks for permission.";
  const detail = toolText(call);
  step.tell({
    type: "approval.requested",
    approval: id,
    run: step.state.run,
    ...(step.state.turn === null ? {} : { turn: step.state.turn.id }),
    ...(tool === null ? {} : { part: tool.part }),
    title,
    ...(detail === null ? {} : { detail }),
    diffs: diffsOf(call),
    options,
  });
  const rejections = options.filter(({ kind }) => kind === "reject-once" || kind === "reject-always").map((one) => one.id);
  step.set({
    approvals: [
      ...approvals,
      { id, rpcId, about, options: options.map((one) => one.id), rejections, part: tool?.part ?? null, isAnswered: false },
    ],
  });
}

/** By the agent's number of the request, which some use again. */
function approvalId(step: AcpStep, rpcId: RpcId): string {
  const { prefix, approvals, closedApprovals } = step.state;
  const id = `${prefix}a${rpcId}`;
  const isOthers = isTaken(closedApprovals, id) || approvals.some((one) => one.id === id);
  return isOthers ? step.newId(`a${rpcId}~`) : id;
}

/** The answer of a person. What is not open any more, or was never offered, changes nothing. */
export function answerPermission(step: AcpStep, approval: string, option: string): void {
  const asked = step.state.approvals.find(({ id, isAnswered }) => id === approval && !isAnswered);
  if (!asked?.options.includes(option)) return;
  step.rpc.answer(asked.rpcId, { outcome: { outcome: "selected", optionId: option } }, `answer:${approval}`);
  step.set({ approvals: step.state.approvals.map((one) => (one === asked ? { ...one, isAnswered: true } : one)) });
  // Not every agent says what became of a call that was refused.
  if (asked.rejections.includes(option)) refused(step, asked.part);
}

function refused(step: AcpStep, part: string | null): void {
  const tool = step.state.tools.find((one) => one.part === part && one.isOpen);
  if (!tool) return;
  step.tell({ type: "part.updated", message: tool.message, part: tool.part, status: "failed" });
  step.set({ tools: step.state.tools.map((one) => (one === tool ? { ...one, isOpen: false } : one)) });
}

/** Stops the turn, with *no* for an answer to everything that it asks. */
export function interrupt(step: AcpStep): void {
  const { turn, session: sessionId, approvals } = step.state;
  if (turn === null || sessionId === null) return;
  step.rpc.notify("session/cancel", { sessionId }, "interrupt");
  for (const { id, rpcId, isAnswered } of approvals) {
    if (isAnswered) continue;
    step.rpc.answer(rpcId, CANCELLED, `cancelled:${id}`);
    step.tell({ type: "approval.expired", approval: id, text: "The turn was stopped before it was answered.", told: "no" });
  }
  const closed = approvals.filter(({ isAnswered }) => !isAnswered).map(closedQuestion);
  const closedApprovals = closedWith(step.state.closedApprovals, closed);
  step.set({ turn: { ...turn, isStopping: true }, approvals: approvals.filter(({ isAnswered }) => isAnswered), closedApprovals });
}
