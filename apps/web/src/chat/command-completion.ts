/** The agent's slash commands that fit what is being typed: while the text is one word that begins with a slash. */
import type { Choice } from "@perdure/protocol";

const MOST = 50;

/** Those that begin with it come before those that only contain it. */
export function fittingCommands(text: string, commands: readonly Choice[]): readonly Choice[] {
  const typed = /^\/(\S*)$/.exec(text)?.[1]?.toLowerCase();
  if (typed === undefined) return [];
  const names = commands.map((command) => ({ command, name: commandName(command).slice(1).toLowerCase() }));
  const begins = names.filter(({ name }) => name.startsWith(typed));
  const contains = names.filter(({ name }) => !name.startsWith(typed) && name.includes(typed));
  const fitting = [...begins, ...contains].map(({ command }) => command).slice(0, MOST);
  return fitting.length === 1 && names.some(({ name }) => name === typed) ? [] : fitting;
}

/** As it is typed. */
export function commandName({ id }: Choice): string {
  return id.startsWith("/") ? id : `/${id}`;
}
