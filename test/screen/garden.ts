// The made-up folder in which programs are recorded: all text in it is written here.

import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

type Env = Readonly<Record<string, string>>;

function toolLine(index: number): string {
  return `int tool_${index}(int a, char *b) { return a + ${index}; /* Gärten 漢字 ${"x".repeat(index % 60)} */ }\n`;
}

function dated(env: Env, day: number): Env {
  return { ...env, GIT_AUTHOR_DATE: `2026-01-${day}T12:00:00Z`, GIT_COMMITTER_DATE: `2026-01-${day}T12:00:00Z` };
}

function manualOption(index: number): string {
  const words = "One line and one more, with Gärten and 漢字, until the line is full. ".repeat(index % 7);
  return `.TP\n.BR \\-\\-bed\\-${index} " \\fIPLANT\\fR"\nPuts the plant into bed ${index}. ${words}\n`;
}

function manualChapter(name: string): string {
  return `.SH ${name}\n.B garden\nis made for this recording,\n.I and says nothing\nof use.\n`;
}

/** Bold, underlined, indented and tabulated, as manual pages are. */
function manualPage(): string {
  const options = Array.from({ length: 60 }, (_, index) => manualOption(index)).join("");
  return `.TH GARDEN 1 2026-01-10\n${manualChapter("NAME")}${manualChapter("DESCRIPTION")}.SH OPTIONS\n${options}${manualChapter("SEE ALSO")}`;
}

/** Anew, for each program. */
export function makeGarden(garden: string, env: Env): void {
  rmSync(garden, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  mkdirSync(garden, { recursive: true });
  const put = (name: string, text: string): void => {
    mkdirSync(path.dirname(path.join(garden, name)), { recursive: true });
    writeFileSync(path.join(garden, name), text);
  };
  put("tools.c", Array.from({ length: 300 }, (_, index) => toolLine(index)).join(""));
  put("broken.c", 'int main(void) {\n  char *a = 5;\n  int unused;\n  return tool("x" + 漢;\n}\nvoid f(int b) { int c = "text"; g(); }\n');
  put("notes.md", Array.from({ length: 80 }, (_, index) => `${index}. Äpfel, 漢字 und Birnen ${"lang ".repeat(index % 30)}\n`).join(""));
  for (const name of ["one", "two"])
    put(
      `${name}/package.json`,
      JSON.stringify({
        name,
        version: "1.0.0",
        scripts: { postinstall: "node -e \"for (let i = 0; i < 40; i++) console.log('\\u001b[32mstep', i, '\\u001b[0m')\"" },
      }),
    );
  put("garden.1", manualPage());
  put("package.json", JSON.stringify({ name: "garden", version: "1.0.0" }));
  const git = (day: number, ...args: readonly string[]) =>
    execFileSync("git", ["-C", garden, "-c", "user.name=Gardener", "-c", "user.email=g@example.org", ...args], {
      env: dated(env, day),
      stdio: "ignore",
    });
  git(10, "init", "-q", "-b", "main");
  for (let day = 10; day < 24; day++) {
    put(
      "story.txt",
      Array.from({ length: 60 }, (_, index) =>
        (index * 7 + day) % 13 > 2 ? `Satz ${index} der Geschichte 漢字 🙂 vom Tag ${(index * day) % 9}\n` : "",
      ).join(""),
    );
    git(day, "add", "story.txt", "notes.md");
    git(day, "commit", "-q", "--allow-empty", "-m", `change ${day}: äöü 漢字 🙂`);
  }
}
