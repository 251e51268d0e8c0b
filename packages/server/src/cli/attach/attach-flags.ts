/**
 * What every command that attaches this terminal understands, and the guard against a terminal inside itself.
 */
import { Option, type Command } from "commander";
import type { Cli, Environment } from "../cli.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { DEFAULT_DETACH_KEY } from "./detach-key.ts";

export interface AttachFlags {
  readonly detachKey?: string;
  readonly nested?: true;
  readonly readOnly?: true;
}

export function withAttachFlags(command: Command): Command {
  const key = `keys that detach, such as "C-]" or "C-a d", or "none" (PERDURE_DETACH_KEY; default "${DEFAULT_DETACH_KEY}")`;
  return command.addOption(new Option("--detach-key <keys>", key)).option("--nested", "attach although this terminal is inside a session");
}

/** The keys that detach, in words. */
export function detachKeys(flags: AttachFlags, env: Environment): string {
  return flags.detachKey ?? (env["PERDURE_DETACH_KEY"] || DEFAULT_DETACH_KEY);
}

/**
 * Refuses to show a session in itself, which would feed its own screen back to it, and any other inside a session unless
 * `--nested` says that it is meant. Without a `target` the session is yet to be made.
 */
export function guardNesting(env: Environment, flags: AttachFlags, target: string | undefined): void {
  const inside = env["PERDURE_SESSION"];
  if (!inside) return;
  if (inside === target) throw new CommandFailure(EXIT.refused, "This terminal is inside that very session; it cannot be shown in itself.");
  if (flags.nested) return;
  throw new CommandFailure(
    EXIT.refused,
    "This terminal is inside a session already. Use --nested to attach in it, or --detach to start without attaching.",
  );
}

/** A person must be there: a terminal at both ends. */
export function requireTerminal(cli: Cli): void {
  if (!cli.isInteractive)
    throw new CommandFailure(EXIT.usage, "Attaching needs a terminal; `perdure logs -f` follows a session without one.");
}
