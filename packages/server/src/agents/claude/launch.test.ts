import { expect, test } from "vitest";
import { classifyAnswer, classifyClaude } from "./classify.ts";
import { chatLaunch, terminalLaunch } from "./launch.ts";

const NEW = "00000000-0000-4000-8000-000000000001";
const OLD = "00000000-0000-4000-8000-000000000002";
const place = { program: "claude", cwd: "/work", env: {}, newId: NEW };

function terminal(args: string, resumeId: string | null = null): { readonly args: string; readonly pinned: string | null } | null {
  const launch = terminalLaunch({ ...place, args: args === "" ? [] : args.split(" "), resumeId });
  return launch && { args: launch.command.slice(1).join(" "), pinned: launch.pinned };
}

test("a chat names its conversation, and passes the user's flags", () => {
  const request = { ...place, model: "opus", mode: "plan", flags: ["--add-dir", "../lib"] };
  const { command, pinned } = chatLaunch({ ...request, resumeId: null });
  expect(command.slice(-8)).toEqual(["--session-id", NEW, "--model", "opus", "--permission-mode", "plan", "--add-dir", "../lib"]);
  expect(pinned).toBe(NEW);
  expect(chatLaunch({ ...request, resumeId: OLD }).command.slice(-8, -6)).toEqual(["--resume", OLD]);
});

test.each(["", "--model opus", "explain", "--of-tomorrow x", "--dangerously-skip-permissions go", "-n name", "-- -p"])(
  "a new terminal gets our id: %s",
  (args) => expect(terminal(args)).toEqual({ args: `--session-id ${NEW} ${args}`.trim(), pinned: NEW }),
);

test.each([
  ["--resume", null],
  ["-r", null],
  [`-r ${OLD}`, OLD],
  [`--resume=${OLD}`, OLD],
  [`--resume ${OLD} --fork-session`, null],
  ["--continue", null],
  ["-c", null],
  [`--session-id ${OLD}`, OLD],
  ["--resume my-title", null],
  ["--from-pr 12", null],
])("the user names a conversation: %s", (args, pinned) => expect(terminal(args)).toEqual({ args, pinned }));

test.each(["--version", "-v", "--help", "mcp list", "update", "setup-token", "doctor", "-p hello", "--print", "--model opus -p", "--bg x"])(
  "no conversation in this terminal: %s",
  (args) => expect(terminal(args)).toBeNull(),
);

test.each([
  ["", ""],
  ["--model opus", "--model opus"],
  ["--model opus explain", "--model opus"],
  ["explain", ""],
  [`--resume ${NEW} --verbose`, "--verbose"],
  ["-c --verbose explain", "--verbose"],
  ["--add-dir a b --effort high", "--add-dir a b --effort high"],
  ["--of-tomorrow x", "--of-tomorrow x"],
  ["--model=opus -- explain", "--model=opus"],
  [`--resume ${NEW} --fork-session`, ""],
])("a later run keeps the flags, not the conversation and the first message: %s", (args, kept) =>
  expect(terminal(args, OLD)).toEqual({ args: `--resume ${OLD} ${kept}`.trim(), pinned: OLD }),
);

test("a later run without its conversation keeps the flags, and has a new id", () => {
  const args = ["--resume", OLD, "--verbose", "explain"];
  const launch = terminalLaunch({ ...place, args, resumeId: null, isAnew: true });
  expect(launch).toMatchObject({ command: ["claude", "--session-id", NEW, "--verbose"], pinned: NEW });
});

test("claude's own words have their reason", () => {
  expect(classifyClaude(`No conversation found with session ID: ${OLD}`)).toBe("unknown-conversation");
  expect(classifyClaude(`\u001b[31mNo conversation found with session ID: ${OLD}\u001b[39m\r\n`)).toBe("unknown-conversation");
  expect(classifyClaude('Provided value "x" is not a UUID and does not match any session title.')).toBe("unknown-conversation");
  expect(classifyClaude(`Error: Session ID ${OLD} is already in use.`)).toBe("locked");
  expect(classifyClaude("Failed to authenticate. API Error: 401")).toBe("auth");
  expect(classifyClaude("Invalid API key · Please run /login")).toBe("auth");
  expect(classifyClaude("You've hit your limit · resets 3pm")).toBe("limit");
  expect(classifyClaude("API Error: 529 overloaded_error")).toBe("overloaded");
  expect(classifyClaude("Unable to connect to Anthropic services\nFailed to connect to api.anthropic.com: ENOTFOUND")).toBe("network");
  expect(classifyClaude("Hello")).toBeNull();
});

test("who merely speaks of it does not lose the conversation", () => {
  expect(classifyClaude(`The log says "No conversation found with session ID: ${OLD}" somewhere`)).toBeNull();
});

test("the service's own number decides", () => {
  expect([401, 403, 429, 500, 529, 400].map((status) => classifyAnswer(status, "made up"))).toEqual([
    "auth",
    "permission",
    "limit",
    "overloaded",
    "overloaded",
    "unknown",
  ]);
  expect(classifyAnswer(null, "Connection error.")).toBe("network");
});
