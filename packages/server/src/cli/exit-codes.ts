/**
 * The exit codes of the command line, for scripts. A program's own exit code is passed on as it is, so the codes here may also
 * be a program's; `perdure wait --exit --json` tells them apart.
 */
import * as os from "node:os";
import { PerdureError, type ErrorCode, type RunState } from "@perdure/protocol";

export const EXIT = {
  done: 0,
  failed: 1,
  /** The command line could not be understood. */
  usage: 2,
  /** No server is running, and the command does not start one. */
  notRunning: 3,
  /** No such session or device, or more than one has that name. */
  unknown: 4,
  /** The session's state does not allow it: still alive, already ended, or this terminal is inside it. */
  refused: 5,
  /** `ask`, `chat`: the answer was interrupted; what it had said is kept. */
  interrupted: 6,
  /** `ask`, `chat`: the turn failed. */
  turnFailed: 7,
  /** `ask`, `chat`: the agent asks whether it may. */
  approvalNeeded: 8,
  /** `ask`, `chat`: the message waits until somebody decides. */
  undecided: 9,
  /** `wait`: the time was over first. */
  timeout: 124,
  cannotExecute: 126,
  commandNotFound: 127,
} as const;

const BY_CODE: Partial<Record<ErrorCode, number>> = {
  "bad-request": EXIT.usage,
  "not-found": EXIT.unknown,
  "unknown-session": EXIT.unknown,
  "session-deleted": EXIT.unknown,
  "unknown-agent": EXIT.unknown,
  "unknown-approval": EXIT.unknown,
  "already-running": EXIT.refused,
  "conversation-unreadable": EXIT.refused,
  "approval-closed": EXIT.refused,
  "message-sent": EXIT.refused,
  "no-conversation": EXIT.refused,
  "not-running": EXIT.refused,
  "cwd-missing": EXIT.cannotExecute,
  "spawn-failed": EXIT.cannotExecute,
  "command-missing": EXIT.commandNotFound,
};

/** An end of the command with a code of its own. The message is what the user reads: one line that says what to do. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.name = "CommandFailure";
    this.exitCode = exitCode;
  }
}

/** The exit code for anything that was thrown. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandFailure) return error.exitCode;
  if (error instanceof PerdureError) return BY_CODE[error.code] ?? EXIT.failed;
  return EXIT.failed;
}

/** What a shell would report for a run: its exit code, or 128 + the number of the signal that ended it. */
export function exitCodeOfRun(state: RunState): number {
  switch (state.is) {
    case "exited":
      return state.signal === null ? (state.code ?? EXIT.failed) : 128 + signalNumber(state.signal);
    case "failed":
      return state.code === "command-missing" ? EXIT.commandNotFound : EXIT.cannotExecute;
    case "lost":
      return EXIT.failed;
    case "starting":
    case "running":
      return EXIT.done;
  }
}

function signalNumber(name: string): number {
  const numbers: Readonly<Record<string, number | undefined>> = os.constants.signals;
  return numbers[name] ?? 0;
}
