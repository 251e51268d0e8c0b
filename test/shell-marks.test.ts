// Shells that perdure starts mark their commands: what they are, where, how they end. Real bash and zsh with files of the user's own.

import { existsSync, mkdirSync } from "node:fs";
import { CommandPage, type ShellCommand } from "@perdure/protocol";
import { expect, test } from "vitest";
import { attachFirst, connectClient } from "./harness/library-client.ts";
import type { PerdureHome } from "./harness/perdure-home.ts";
import { homeForEachTest } from "./harness/set-up.ts";
import { until } from "./harness/until.ts";

let home: PerdureHome;

homeForEachTest((made) => {
  home = made;
});

async function pageOf(session: string): Promise<CommandPage> {
  return CommandPage.parse(JSON.parse((await home.api.send("GET", `/api/sessions/${session}/commands`)).text));
}

async function screenOf(session: string): Promise<string> {
  return (await home.api.send("GET", `/api/sessions/${session}/screen`)).text.trimEnd();
}

/** A shell, and what types into it a line at a time, each when the shell has shown its prompt again. */
async function shell(command: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const environment = { variables: { ...home.variables, ...variables } };
  const { id } = await home.api.create({ command: [...command], cwd: home.path("user"), environment });
  const client = connectClient(home);
  const attachment = await attachFirst(client, id);
  const prompted = (): Promise<unknown> => until("a prompt", async () => (await screenOf(id)).endsWith("own>"), { everyMs: 50 });
  await prompted();
  const type = async (line: string): Promise<void> => {
    const before = await screenOf(id);
    attachment.send(new TextEncoder().encode(`${line}\r`));
    const isDone = async (): Promise<boolean> => {
      const now = await screenOf(id);
      return now.endsWith("own>") && now !== before;
    };
    await until(`what "${line}" does`, isDone, { everyMs: 50 });
  };
  return { id, type, close: () => client.close() };
}

const told = ({ text, exitCode, directory }: ShellCommand) => [text, exitCode, directory];

/** Types a few commands and says what is known of them, oldest first. */
async function few(command: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const away = home.path("a b");
  mkdirSync(away, { recursive: true });
  const { id, type, close } = await shell(command, variables);
  await type("hi");
  await type("(exit 3)");
  await type(`cd "${away}"`);
  await type("echo one; echo two");
  close();
  const commands = (await pageOf(id)).commands.toReversed();
  const at = home.path("user");
  return {
    id,
    commands,
    expected: [
      ["hi", 0, at],
      ["(exit 3)", 3, at],
      [`cd "${away}"`, 0, at],
      ["echo one; echo two", 0, away],
    ],
    away,
  };
}

test("an interactive bash reads the user's file and marks its commands; a killed server knows them still, once", async () => {
  home.write("user/.bashrc", "alias hi='echo hello'\nPROMPT_COMMAND='seen=$?'\nPS1='own> '\n");
  await home.start();
  const { id, commands, expected, away } = await few(["bash"]);
  expect(commands.map(told)).toEqual(expected);
  expect((await pageOf(id)).directory).toBe(away);
  const last = commands.at(-1)!;
  expect([last.line, last.outputLine, last.endLine]).toEqual([last.line, last.line! + 1, last.line! + 3]);
  expect(last.endedAt).toBeGreaterThanOrEqual(last.startedAt);
  const lines = await home.api.send("GET", `/api/sessions/${id}/lines?from=${last.outputLine}&count=2`);
  expect((JSON.parse(lines.text) as { lines: unknown }).lines).toEqual([["one"], ["two"]]);

  await home.killServerAndRestart();
  expect((await pageOf(id)).commands.toReversed()).toEqual(commands);
});

test("a login bash reads what a login shell reads", async () => {
  home.write("user/.bash_profile", "alias hi='echo hello'\nPS1='own> '\n");
  await home.start();
  const { commands, expected } = await few(["bash", "-l"]);
  expect(commands.map(told)).toEqual(expected);
});

test.runIf(existsSync("/usr/bin/zsh"))("an interactive zsh reads all of the user's files and marks its commands", async () => {
  home.write("user/.zshenv", "FROM_ENV=1\n");
  home.write("user/.zshrc", 'alias hi="echo hello"\n[[ -n $FROM_ENV && -z $ZDOTDIR ]] && PS1="own> "\n');
  await home.start();
  const { commands, expected } = await few(["zsh"]);
  expect(commands.map(told)).toEqual(expected);
});

test("without integration, and for a shell with a script, nothing is added", async () => {
  home.write("user/.bashrc", "alias hi='echo hello'\nPS1='own> '\n");
  await home.start({ args: ["--no-shell-integration"] });
  const { id, type, close } = await shell(["bash"]);
  await type("hi");
  close();
  expect((await pageOf(id)).commands).toEqual([]);

  await home.killServerAndRestart();
  const off = await shell(["bash"], { PERDURE_SHELL_INTEGRATION: "off" });
  await off.type("hi");
  off.close();
  expect((await pageOf(off.id)).commands).toEqual([]);
  const { id: script } = await home.api.create({
    command: ["bash", "-c", "ps -o args= -p $$; echo end; read"],
    environment: { variables: home.variables },
  });
  await until("its output", async () => (await screenOf(script)).includes("end"), { everyMs: 50 });
  expect(await screenOf(script)).not.toContain("rcfile");
});
