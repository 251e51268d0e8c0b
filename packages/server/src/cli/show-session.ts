/**
 * Shows a session here and ends with the program's exit code: in this terminal, with everything that attaching means; without a
 * terminal (a pipe, a script) its output is copied as it is until the program ends.
 */
import type { Client } from "@perdure/client";
import { isAlive, type SessionInfo } from "@perdure/protocol";
import { attachSession, type AttachEnd } from "./attach/attach-session.ts";
import { detachKeys, type AttachFlags } from "./attach/attach-flags.ts";
import { DetachKey } from "./attach/detach-key.ts";
import { OuterScreen } from "./attach/outer-screen.ts";
import { enterRawTerminal } from "./attach/raw-terminal.ts";
import { statusLine } from "./attach/status-line.ts";
import type { Cli } from "./cli.ts";
import { CommandFailure, EXIT, exitCodeOfRun } from "./exit-codes.ts";
import { copyLog } from "./copy-log.ts";
import { explainUndelivered } from "./input-refusals.ts";
import { withClient } from "./kept-client.ts";
import { LastUsed, terminalName } from "./last-used.ts";
import type { ServerFlags } from "./server-flags.ts";
import type { ServerKeeper } from "./server-keeper.ts";
import type { Server } from "./server.ts";
import { describeState } from "./session-table.ts";
import { plainText } from "./table.ts";

/** Attaches, or copies, until the end; sets the exit code. `from`: without a terminal, only output from this cursor on. */
export async function showSession(
  cli: Cli,
  server: Server,
  session: SessionInfo,
  flags: ServerFlags & AttachFlags,
  from?: string,
): Promise<void> {
  await withClient(cli, server, flags, async ({ client, keeper, signal }) => {
    if (cli.isInteractive) return attach(cli, { server, session, flags, keeper, client });
    const end = await copyLog({
      client,
      session: session.id,
      output: cli.output,
      signal,
      isUntilEnd: true,
      ...(from === undefined ? {} : { from }),
    });
    cli.exitCode = exitCodeOfRun(end.run.state);
  });
}

interface Attaching {
  readonly server: Server;
  readonly session: SessionInfo;
  readonly flags: AttachFlags;
  readonly keeper: ServerKeeper;
  readonly client: Client;
}

async function attach(cli: Cli, { server, session, flags, keeper, client }: Attaching): Promise<void> {
  const keys = detachKeys(flags, cli.env);
  const detachKey = new DetachKey(keys);
  new LastUsed(server.home.directory).remember({
    session: session.id,
    directory: cli.cwd,
    terminal: terminalName(cli.env),
    at: cli.clock.now(),
  });
  const { CroppedScreen } = await import("./attach/cropped-screen.ts"); // with an emulator, which no other command needs
  let screen: OuterScreen | undefined;
  const terminal = enterRawTerminal(cli.input, cli.output, () => screen?.leave(true) ?? "");
  screen = new OuterScreen(terminal, (size) => new CroppedScreen(size), cli.clock);
  const { end, undelivered } = await attachSession({
    client,
    terminal,
    screen,
    detachKey,
    session: session.id,
    isReadOnly: flags.readOnly === true,
    clock: cli.clock,
    signal: cli.signal,
    describe: (situation) => statusLine(situation, keeper.outage, keys),
    isServerStarting: () => keeper.outage === "starting",
  });
  await terminal.leave(screen.leave(end.is !== "ended"));
  const name = plainText(session.name);
  for (const line of explainUndelivered(name, undelivered)) cli.note(line);
  conclude(cli, name, end);
}

/** What the user reads when the terminal is theirs again. */
function conclude(cli: Cli, name: string, end: AttachEnd): void {
  switch (end.is) {
    case "detached":
      return cli.note(`[detached: "${name}" goes on; \`perdure attach\` returns to it]`);
    case "ended":
      cli.exitCode = exitCodeOfRun(end.session.run.state);
      if (end.session.run.state.is !== "exited") cli.note(`["${name}" ${describeState(end.session.run.state)}]`);
      return;
    case "gone":
      throw new CommandFailure(
        EXIT.unknown,
        end.reason === "deleted" ? `The session "${name}" was deleted.` : `There is no session "${name}" any more.`,
      );
    case "refused":
      throw new CommandFailure(
        EXIT.failed,
        end.reason === "unauthorized"
          ? "The server does not accept this command line's credential."
          : "The server speaks another protocol: `perdure shutdown`, then run the new release again.",
      );
    case "aborted":
      return;
  }
}

/** What is said of a session whose program has ended before it could be shown. */
export function explainEnded(session: SessionInfo): string {
  const name = plainText(session.name);
  return isAlive(session.run.state)
    ? ""
    : `"${name}" has ended (${describeState(session.run.state)}). \`perdure start\` runs it again, \`perdure logs\` shows its output.`;
}
