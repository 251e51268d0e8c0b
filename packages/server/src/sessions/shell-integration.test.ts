import { expect, test } from "vitest";
import { withMarks } from "./shell-integration.ts";

const FILES = "/files";

test.each([
  [["/bin/bash"], {}, ["/bin/bash", "--rcfile", "/files/bash/perdure.bash", "-i"], {}],
  [["bash", "-il"], {}, ["bash", "--rcfile", "/files/bash/perdure.bash", "-i"], { PERDURE_SHELL_LOGIN: "1" }],
  [["zsh", "-l"], {}, ["zsh", "-l"], { ZDOTDIR: "/files/zsh" }],
  [["zsh"], { ZDOTDIR: "/own" }, ["zsh"], { ZDOTDIR: "/files/zsh", PERDURE_ZDOTDIR: "/own" }],
  [["fish"], { XDG_DATA_DIRS: "/d" }, ["fish"], { XDG_DATA_DIRS: "/files/fish:/d", PERDURE_FISH_DATA: "/files/fish" }],
])("%j with %j is started with marks", (command, requester, started, env) => {
  expect(withMarks(command, FILES, requester)).toEqual({ command: started, env });
});

test.each([["bash", "-c", "ls"], ["bash", "script"], ["zsh", "-f"], ["sh"], ["claude"], ["bash", "--norc"], ["fish", "-c", "ls"]])(
  "%j %j is started as it was asked for",
  (...command) => {
    expect(withMarks(command, FILES, {})).toBeNull();
  },
);

test("it can be turned off, for one and for all", () => {
  expect(withMarks(["bash"], FILES, { PERDURE_SHELL_INTEGRATION: "off" })).toBeNull();
  expect(withMarks(["bash"], null, {})).toBeNull();
});
