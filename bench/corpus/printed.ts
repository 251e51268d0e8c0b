// What programs of the base system print that do not care about their terminal: a repository's history in colours, a long listing.

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/sources.ts";
import { Random } from "../../test/harness/random.ts";
import { sourceLines } from "./sources.ts";

const maxOutputBytes = 256 * 1024 * 1024;
const commits = 160;
const filesOfRepository = 60;

/** `ls -lR --color` of what is installed here, over and over up to so many bytes. */
export function listing(bytes: number): Buffer {
  const printed = execFileSync("ls", ["-lR", "--color=always", join(root, "node_modules")], { maxBuffer: maxOutputBytes });
  return repeated(printed, bytes);
}

/** `git log -p --color` of a repository that is made here: this project's files, edited in many small commits. */
export function history(bytes: number, seed: number, scratch: string): Buffer {
  const random = new Random(seed);
  const repository = join(scratch, "repository");
  mkdirSync(repository);
  const git = (...args: readonly string[]): Buffer => {
    const identity = ["-c", "user.name=A", "-c", "user.email=a@localhost", "-c", "commit.gpgsign=false"];
    const env = { PATH: process.env["PATH"] ?? "", HOME: scratch, GIT_CONFIG_NOSYSTEM: "1" };
    return execFileSync("git", ["-C", repository, ...identity, ...args], {
      maxBuffer: maxOutputBytes,
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
  };
  git("init", "-q");
  const files = random.shuffled(sourceLines()).slice(0, filesOfRepository);
  const contents = files.map(({ lines }) => [...lines]);
  for (let commit = 0; commit < commits; commit += 1) {
    for (const index of commit === 0 ? contents.keys() : [0, 1, 2, 3].map(() => random.between(0, contents.length - 1))) {
      if (commit > 0) edit(contents[index] ?? [], random);
      writeFileSync(join(repository, `${index}.ts`), (contents[index] ?? []).join("\n"));
    }
    git("add", ".");
    git("commit", "-q", "-m", `${files[commit % files.length]?.path ?? ""}: change ${commit}`);
  }
  return repeated(git("log", "-p", "--color=always", "--stat"), bytes);
}

/** A few lines go, a few are moved here from elsewhere in the file, a name changes. */
function edit(lines: string[], random: Random): void {
  for (let count = random.between(1, 4); count > 0; count -= 1) {
    const at = random.between(0, Math.max(0, lines.length - 1));
    const from = random.between(0, Math.max(0, lines.length - 8));
    lines.splice(at, random.between(0, 5), ...lines.slice(from, from + random.between(0, 7)));
    const renamed = random.between(0, Math.max(0, lines.length - 1));
    lines[renamed] = (lines[renamed] ?? "").replace(/\b[a-z]{4,}\b/, (name) => `${name}${random.between(2, 9)}`);
  }
}

function repeated(bytes: Buffer, length: number): Buffer {
  return Buffer.concat(Array.from({ length: Math.ceil(length / bytes.length) }, () => bytes)).subarray(0, length);
}
