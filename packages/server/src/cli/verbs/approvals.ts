/** `perdure approvals`, `perdure approve` and `perdure reject`: what agents ask, in all sessions, and the answers. */
import { Command } from "commander";
import type { Approval } from "@perdure/protocol";
import type { Cli } from "../cli.ts";
import { findApproval, readApprovals, type AskedApproval } from "../chat/open-approvals.ts";
import { optionMeant, type Verdict } from "../chat/approval-words.ts";
import { reachServer } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { plainText, tableLines, type Column } from "../table.ts";
import { timeAgo } from "../times.ts";

export function approvalsCommand(cli: Cli): Command {
  const command = new Command("approvals").description("list what agents ask in all sessions and nobody has answered");
  return withServerFlags(command)
    .option("--json", "one JSON array")
    .action(async (flags: ServerFlags & { readonly json?: true }) => {
      const asked = await readApprovals(cli, await reachServer(cli, flags));
      if (flags.json)
        return cli.printJson(asked.map(({ session, approval }) => ({ session: session.id, name: session.name, ...approval })));
      if (asked.length === 0) return cli.note("Nothing is asked.");
      for (const line of tableLines(columns(cli), asked, cli.style.dim)) cli.print(line);
    });
}

interface VerdictFlags extends ServerFlags {
  readonly note?: string;
}

export function approveCommand(cli: Cli): Command {
  return verdictCommand(cli, "approve", "answer what an agent asks; without an answer: allow it this once");
}

export function rejectCommand(cli: Cli): Command {
  return verdictCommand(cli, "reject", "answer no to what an agent asks");
}

function verdictCommand(cli: Cli, verdict: Verdict, description: string): Command {
  return withServerFlags(new Command(verdict).description(description))
    .argument("<session>", "the session (id, name, or the beginning of either) or the id of the approval")
    .argument("[answer]", "number, id or words of the answer, as `perdure approvals` shows them")
    .option("--note <text>", "words for the agent, with a rejection")
    .action(async (word: string, answer: string | undefined, flags: VerdictFlags) => {
      const server = await reachServer(cli, flags);
      const { session, approval } = findApproval(word, await readApprovals(cli, server), await server.rest.list());
      const option = optionMeant(approval, verdict, answer);
      const note = flags.note === undefined ? {} : { note: flags.note };
      await server.rest.answerApproval(session.id, approval.id, { option: option.id, ...note });
      cli.note(`"${plainText(session.name)}" ${plainText(approval.title)}: ${plainText(option.label)}`);
    });
}

function columns(cli: Cli): readonly Column<AskedApproval>[] {
  const now = cli.clock.now();
  return [
    { title: "SESSION", text: ({ session }) => session.name, maxWidth: 24, paint: cli.style.bold },
    { title: "ASKS", text: ({ approval }) => approval.title, maxWidth: 60 },
    { title: "SINCE", text: ({ approval }) => timeAgo(approval.requestedAt, now) },
    { title: "ANSWERS", text: ({ approval }) => answers(approval), maxWidth: 60 },
    { title: "ID", text: ({ approval }) => approval.id, paint: cli.style.dim },
  ];
}

function answers({ options }: Approval): string {
  return options.map(({ label }, index) => `${index + 1} ${label}`).join(", ");
}
