/** Approvals in words, and which answer a word on the command line means. */
import type { Approval, ApprovalOption } from "@perdure/protocol";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { plainText } from "../table.ts";

export type Verdict = "approve" | "reject";

const KINDS: Readonly<Record<Verdict, readonly ApprovalOption["kind"][]>> = {
  approve: ["allow-once", "allow-always"],
  reject: ["reject-once", "reject-always"],
};

/** What is asked, and the answers with their numbers; how to give one is said by the caller. */
export function approvalLines(approval: Approval): readonly string[] {
  const detail = (approval.detail ?? "").split("\n").filter((line) => line.trim() !== "");
  const files = approval.diffs.map(({ path, before, after }) => `  ${plainText(path)} ${changeSize(before, after)}`);
  const options = approval.options.map(({ label }, index) => `  ${index + 1} ${plainText(label)}`);
  return [plainText(approval.title), ...detail.map((line) => `  ${plainText(line)}`), ...files, ...options];
}

/** How many lines a change takes away and adds, by the lines that stand on one side only. */
export function changeSize(before: string | null, after: string): string {
  if (before === null) return `(new, ${linesOf(after).length} lines)`;
  const [old, now] = [linesOf(before), linesOf(after)];
  const [known, kept] = [new Set(old), new Set(now)];
  return `+${now.filter((line) => !known.has(line)).length} −${old.filter((line) => !kept.has(line)).length}`;
}

/** The answer that is meant. Without a word: the one of its kind that counts least far. Throws, listing them, if it is not clear. */
export function optionMeant(approval: Approval, verdict: Verdict, word: string | undefined): ApprovalOption {
  const found = word === undefined ? byKind(approval.options, verdict) : named(approval.options, word);
  if (found !== undefined) return found;
  const which = word === undefined ? `Say which answer is meant` : `"${plainText(word)}" is none of the answers`;
  const list = approval.options.map(({ id, label }, index) => `\n  ${index + 1}  ${plainText(id)}  ${plainText(label)}`).join("");
  throw new CommandFailure(EXIT.usage, `${which}; give a number or an id:${list}`);
}

function byKind(options: readonly ApprovalOption[], verdict: Verdict): ApprovalOption | undefined {
  return KINDS[verdict].map((kind) => options.find((option) => option.kind === kind)).find((option) => option !== undefined);
}

function named(options: readonly ApprovalOption[], word: string): ApprovalOption | undefined {
  const exact = options.find(({ id, label }) => id === word || label.toLowerCase() === word.toLowerCase());
  return exact ?? (/^\d+$/.test(word) ? options[Number(word) - 1] : undefined);
}

function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
