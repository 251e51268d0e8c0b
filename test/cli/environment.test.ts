// A server that was started with an empty environment, as by a service manager: nobody's programs notice.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { CommandLine } from "../harness/command-line.ts";
import type { PerdureHome } from "../harness/perdure-home.ts";
import { RawConnection } from "../harness/raw-connection.ts";
import { commandLineForThisFile } from "../harness/set-up.ts";

/** The user whom these tests need, with a home directory and a shell of their own, exists in a namespace only. */
const hasNamespaces = spawnSync("unshare", ["-rm", "true"]).status === 0;
const shell = existsSync("/bin/bash") ? "/bin/bash" : "/bin/sh";

let home: PerdureHome;
let cli: CommandLine;

commandLineForThisFile(async (made) => {
  cli = made;
  home = made.home;
  const users = home.write("passwd", `root:x:0:0:root:${home.path("user")}:${shell}\n`, 0o644);
  home.write("user/.profile", 'export PATH="/from/the/login/shell:$PATH" MARK="of the login shell"\n');
  const asUser = ["unshare", "-rm", "sh", "-c", 'mount --bind "$0" /etc/passwd && exec "$@"', users];
  const through = [...(hasNamespaces ? asUser : []), "env", "-i"];
  const { code, stderr } = await cli.run(["ls", "--home", home.directory, "--port", "0"], { through });
  if (code !== 0) throw new Error(stderr);
});

test("a program gets the PATH of whoever runs it", async () => {
  const env = { PATH: `/my/own/folder:${process.env["PATH"] ?? ""}` };
  expect((await cli.run(["sh", "-c", 'printf %s "$PATH"'], { env })).stdout).toBe(env.PATH);
});

describe.skipIf(!hasNamespaces)("a session that is made over HTTP without an environment (skipped where there are no namespaces)", () => {
  test("gets the login shell's", async () => {
    const { id } = await home.api.create({ command: ["sh", "-c", 'echo "$PWD|$HOME|$USER|$MARK|$PATH"'] });
    await home.api.untilRun(id, "exited");
    const user = home.path("user");
    const [head, path] = (await cli.output("logs", id)).trim().split("|/from/the/login/shell:");
    expect(head).toBe(`${user}|${user}|root|of the login shell`);
    expect(path).toContain("/usr/bin");
  });

  test("is the login shell, if it names no command either", async () => {
    const { id, command, run } = await home.api.create({});
    expect(command[0]).toBe(shell);
    const connection = await RawConnection.greet(home.url, { token: home.token });
    connection.attach(id);
    await connection.message("attached");
    connection.input(1, run.number, "typist", 1, 'echo "mark $MARK"; exit 6\r');
    expect((await home.api.untilRun(id, "exited")).run.state).toMatchObject({ code: 6 });
    expect(await cli.output("logs", "--plain", id)).toMatch(/^mark of the login shell$/m);
    connection.cut();
  });
});
