/**
 * What the demo agent answers. A message that begins with `/` shows one thing; any other is answered in Markdown with what the
 * agent knows of the conversation, so that a resumed one proves itself.
 */
import type { AgentFailure, Choice } from "@perdure/protocol";
import type { Teller } from "./teller.ts";

/** What the agent knows when a turn begins. */
export interface Known {
  /** The user's messages so far, the present one last. */
  readonly said: readonly string[];
  readonly preamble: string | null;
  readonly cwd: string;
  readonly model: string;
  readonly mode: string;
}

/** Things only the process itself can do. */
export interface Stage {
  /** Writes to the output as it is. */
  raw(text: string | Uint8Array): Promise<void>;
  /** Ends the process at once. */
  die(how: "exit" | "kill"): never;
  /** Reads nothing any more. */
  deafen(): void;
  /** Tells something of its own a little after the turn has ended. */
  later(told: (teller: Teller) => Promise<void>): void;
}

/** How a turn ended that was not stopped. */
export type Outcome =
  | { readonly end: "completed" }
  | { readonly end: "failed"; readonly cause: AgentFailure | "refused"; readonly text: string };

type Scene = (teller: Teller, argument: string, known: Known, stage: Stage) => Promise<Outcome>;

const COMPLETED: Outcome = { end: "completed" };
const FAILURES: Readonly<Record<string, string>> = {
  auth: "401: the key of the demo agent is not valid. Sign in again.",
  limit: "429: the limit of this demonstration is used up. It is reset in an hour.",
  overloaded: "529: the demo agent has too much to do at the moment.",
  network: "The model could not be reached: connection refused.",
};

/** Longest answer of `/long`, in lines, and largest line of `/garbage`, in bytes. */
const MAX_LINES = 10_000;
const MAX_GARBAGE = 32 * 1024 * 1024;

export async function play(text: string, teller: Teller, known: Known, stage: Stage): Promise<Outcome> {
  const [, name = "", argument = ""] = /^\/(\w+)\s*([\s\S]*)$/.exec(text.trim()) ?? [];
  const scene = SCENES[name];
  if (scene) return scene.play(teller, argument.trim(), known, stage);
  return answer(teller, text, known, stage);
}

const answer: Scene = async (teller, text, known) => {
  if (known.preamble !== null) await teller.text(`I was given ${known.preamble.length} characters of what was said before.`);
  if (/\bfirst\b/i.test(text) && known.said.length > 1) await teller.text(`You said first: "${known.said[0]}".`);
  else {
    await teller.text(
      `You said: "${text}".\n\nThis is message **${known.said.length}** of our conversation. ` +
        "I am a demo agent: I run on this machine, need no key and know only what you tell me.\n\n" +
        "- `/tour` shows all I can do\n- `/help` lists it\n- *what did I say first?* proves that I remember",
    );
  }
  return COMPLETED;
};

const history: Scene = async (teller, _, { said }) => {
  await teller.text(`You have said ${said.length} things:\n\n${said.map((text, index) => `${index + 1}. ${text}`).join("\n")}`);
  return COMPLETED;
};

const think: Scene = async (teller) => {
  await teller.reasoning("The question is easy, yet worth a second thought: what would be lost if the answer came later? Nothing.");
  await teller.text("I have thought about it, and I am sure.");
  return COMPLETED;
};

const tool: Scene = async (teller, argument) => {
  const command = argument || "ls -1";
  const part = await teller.tool({ tool: "shell", kind: "execute", title: command, input: { command } });
  await teller.toolOutput(part, ["README.md", "package.json", "src"]);
  await teller.toolEnd(part, "completed");
  await teller.text(`\`${command}\` was only pretended, as everything that I run.`);
  return COMPLETED;
};

const BEFORE = 'export function greet(name: string) {\n  return "Hello " + name;\n}\n';
const AFTER = "export function greet(name: string): string {\n  return `Hello, ${name}!`;\n}\n";

/** As the small change, and behind it as many lines that are new. */
const diff: Scene = async (teller, argument, { cwd }) => {
  const path = `${cwd}/src/greet.ts`;
  const part = await teller.tool({ tool: "edit", kind: "edit", title: "src/greet.ts", input: { path } });
  const more = Array.from({ length: Math.min(MAX_LINES, Number.parseInt(argument, 10) || 0) }, (_, index) => `// line ${index + 1}\n`);
  await teller.toolEnd(part, "completed", [{ path, before: BEFORE, after: AFTER + more.join("") }]);
  await teller.text("I would change `greet` like this. No file was touched.");
  return COMPLETED;
};

const plan: Scene = async (teller) => {
  await teller.plan(["Read the code", "Change it", "Run the tests"]);
  await teller.text("All steps are done.");
  return COMPLETED;
};

const approve: Scene = async (teller, argument, { cwd, mode }) => {
  const command = argument || "rm -r build";
  const part = await teller.tool({ tool: "shell", kind: "execute", title: command, input: { command } });
  const detail = `In ${cwd}. It is only pretended.`;
  const { option, note } = mode === "auto" ? { option: "allow" } : await teller.ask({ part, title: `Run ${command}?`, detail });
  if (option === "reject") {
    await teller.toolEnd(part, "failed");
    await teller.text(note ? `You said no: "${note}". I leave it.` : "You said no. I leave it.");
    return COMPLETED;
  }
  await teller.toolOutput(part, ["done"]);
  await teller.toolEnd(part, "completed");
  await teller.text(`You said yes (\`${option}\`).`);
  return COMPLETED;
};

const fail: Scene = async (teller, argument) => {
  await teller.text("I begin, and then");
  const isKnown = Object.hasOwn(FAILURES, argument);
  return { end: "failed", cause: isKnown ? (argument as AgentFailure) : "unknown", text: FAILURES[argument] ?? "I failed, as you asked." };
};

const long: Scene = async (teller, argument) => {
  const count = Math.min(MAX_LINES, Math.max(1, Number.parseInt(argument, 10) || 100));
  for (let line = 1; line <= count; line += 50) {
    const last = Math.min(count, line + 49);
    await teller.text(
      Array.from({ length: last - line + 1 }, (_, index) => `${line + index}. line ${line + index} of ${count}`).join("\n"),
    );
  }
  return COMPLETED;
};

const write: Scene = async (teller, argument) => {
  const count = Math.min(MAX_LINES, Math.max(1, Number.parseInt(argument, 10) || 3));
  const section = (number: number): string =>
    `## Section ${number}\n\nA paragraph with **bold**, *italic*, \`code\` and [a link](https://example.com/${number}), as long as paragraphs ` +
    "are that somebody writes who has something to say and does not hurry.\n\n" +
    `- first of ${number}\n- second, with \`code\`\n  - and below it\n\n` +
    `\`\`\`ts\nexport const section${number} = { number: ${number}, isLast: ${number === count} };\n\`\`\`\n\n` +
    `| what | how many |\n|---|---:|\n| sections | ${count} |\n| so far | ${number} |`;
  await teller.text(Array.from({ length: count }, (_, index) => section(index + 1)).join("\n\n"));
  return COMPLETED;
};

const hang: Scene = async (teller, argument, _, stage) => {
  if (argument === "deaf") stage.deafen();
  await teller.text("From here on I say nothing.");
  return teller.hang();
};

const crash: Scene = async (teller, argument, _, stage) => {
  await teller.text("I was going to say something, but");
  if (argument === "line") await stage.raw('{"type":"text","message":"m0","pa');
  return stage.die(argument === "kill" ? "kill" : "exit");
};

const garbage: Scene = async (teller, argument, _, stage) => {
  const bytes = Math.min(MAX_GARBAGE, Number.parseInt(argument, 10) || 0);
  await stage.raw("this is not JSON\n");
  await stage.raw(Uint8Array.of(0xff, 0xfe, 0x00, 0x1b, 0x5b, 0x32, 0x4a, 0x0a));
  await stage.raw('{"type":"something-new","value":1}\n[1,2]\n{"type":"text"}\n');
  if (bytes > 0) await stage.raw(`${"x".repeat(bytes)}\n`);
  await teller.text("I have said something that nobody can read, and go on.");
  return COMPLETED;
};

const late: Scene = async (teller, _, _known, stage) => {
  await teller.text("I will come back to you.");
  stage.later(async (next) => next.text("Here I am again, without having been asked."));
  return COMPLETED;
};

const help: Scene = async (teller) => {
  await teller.text(
    Object.entries(SCENES)
      .map(([name, scene]) => `- \`/${name}\` ${scene.tells}`)
      .join("\n"),
  );
  return COMPLETED;
};

const tour: Scene = async (teller, _, known, stage) => {
  for (const scene of [think, plan, tool, diff]) await scene(teller, "", known, stage);
  await teller.text(
    "# That was the tour\n\nMarkdown has **bold**, *italic*, `code`, [links](https://example.com) and tables:\n\n" +
      "| what | where |\n|---|---|\n| this answer | in the log |\n| your next message | in the outbox |\n\n" +
      "```ts\nconst answer: number = 42;\n```\n\n> Try `/approve` next.",
  );
  return COMPLETED;
};

const SCENES: Readonly<Record<string, { readonly tells: string; readonly play: Scene }>> = {
  tour: { tells: "shows most of it in one answer", play: tour },
  help: { tells: "lists the commands", play: help },
  history: { tells: "repeats what you have said", play: history },
  think: { tells: "thinks before it answers", play: think },
  tool: { tells: "calls a tool, with output; an argument is its command", play: tool },
  diff: { tells: "changes a file; an argument is how many lines more", play: diff },
  plan: { tells: "makes a plan and follows it", play: plan },
  approve: { tells: "asks whether it may", play: approve },
  long: { tells: "answers in as many lines as the argument says", play: long },
  write: { tells: "writes Markdown; an argument is how many sections", play: write },
  late: { tells: "speaks again after the turn has ended", play: late },
  fail: { tells: "fails; an argument tells why: `auth`, `limit`, `overloaded`, `network`", play: fail },
  hang: { tells: "stops answering until it is stopped; `deaf`: not even then", play: hang },
  crash: { tells: "dies; `kill`: without a word, `line`: in mid-line", play: crash },
  garbage: { tells: "prints what nobody can read; an argument is the length of a line of it", play: garbage },
};

/** For a list of commands in a chat. */
export const COMMANDS: readonly Choice[] = Object.entries(SCENES).map(([id, { tells }]) => ({ id, label: `/${id}`, description: tells }));
