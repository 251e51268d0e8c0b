// Terminal output that is made here, the same for the same seed: what developers and their agents print all day. Lines end in "\n";
// the terminal makes "\r\n" of it.

import { Random } from "../../test/harness/random.ts";
import { sourceLines } from "./sources.ts";

const esc = "\u001b[";

function upTo(bytes: number, next: () => string): Buffer {
  const parts: string[] = [];
  for (let made = 0; made < bytes;) {
    const part = next();
    parts.push(part);
    made += Buffer.byteLength(part);
  }
  return Buffer.from(parts.join("")).subarray(0, bytes);
}

function hex(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => random.between(0, 15).toString(16)).join("");
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.between(0, items.length - 1)] as T;
}

/** What `git log -p --color` prints of a repository with this project's source. */
export function colouredDiffs(bytes: number, seed: number): Buffer {
  const random = new Random(seed);
  const files = sourceLines();
  const hunk = (): string => {
    const lines = pick(random, files).lines;
    const at = random.between(0, Math.max(0, lines.length - 30));
    const length = random.between(8, 30);
    const changed = lines.slice(at, at + length).map((line) => {
      const kind = random.next();
      if (kind < 0.18) return `${esc}31m-${line}${esc}m`;
      return kind < 0.45 ? `${esc}32m+${esc}m${esc}32m${line}${esc}m` : ` ${line}`;
    });
    return `${esc}36m@@ -${at},${length} +${at + random.between(-9, 9)},${length} @@${esc}m ${lines[at] ?? ""}\n${changed.join("\n")}\n`;
  };
  return upTo(bytes, () => {
    const { path } = pick(random, files);
    const commit =
      random.next() < 0.4
        ? `${esc}33mcommit ${hex(random, 40)}${esc}m\nAuthor: A <a@localhost>\n\n    ${path}: change ${hex(random, 6)}\n\n`
        : "";
    const head = `${esc}1mdiff --git a/${path} b/${path}${esc}m\n${esc}1mindex ${hex(random, 9)}..${hex(random, 9)} 100644${esc}m\n`;
    return commit + head + Array.from({ length: random.between(1, 4) }, hunk).join("");
  });
}

/** Source files, one after the other, as `cat` prints them. */
export function source(bytes: number, seed: number): Buffer {
  const random = new Random(seed);
  const files = sourceLines();
  return upTo(bytes, () => `${pick(random, files).lines.join("\n")}\n`);
}

/** The log of a web server, in JSON and in colours by turns. */
export function serverLog(bytes: number, seed: number): Buffer {
  const random = new Random(seed);
  let timeMs = Date.UTC(2026, 0, 5);
  const paths = ["/api/sessions", "/api/status", "/assets/index.js", "/api/sessions/9f2c/history", "/favicon.ico"];
  return upTo(bytes, () => {
    timeMs += random.between(1, 900);
    const time = new Date(timeMs).toISOString();
    const [path, status, ms] = [pick(random, paths), pick(random, [200, 200, 200, 304, 404, 500]), random.between(1, 400)];
    const request = hex(random, 8);
    if (random.next() < 0.5)
      return `{"level":30,"time":${timeMs},"req":"${request}","method":"GET","url":"${path}","status":${status},"ms":${ms}}\n`;
    const colour = status < 400 ? "32" : status < 500 ? "33" : "31";
    return `${esc}90m${time}${esc}39m ${esc}${colour}m${status}${esc}39m GET ${path} ${esc}2m${ms} ms ${request}${esc}22m\n`;
  });
}

/** An installation with a spinner and a progress line that is painted over and over. */
export function installation(bytes: number, seed: number): Buffer {
  const random = new Random(seed);
  const names = sourceLines().map(({ path }) => path.split("/").at(-1)?.split(".")[0] ?? "");
  const spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
  let step = 0;
  return upTo(bytes, () => {
    step += 1;
    const name = pick(random, names);
    const version = `${random.between(0, 9)}.${random.between(0, 30)}.${random.between(0, 9)}`;
    const paint = `${esc}1G${esc}0K${spinner[step % 10] ?? ""} [${"#".repeat(step % 20)}${".".repeat(20 - (step % 20))}] reify:${name}: ${esc}32;40mhttp${esc}0m ${esc}35mfetch${esc}0m GET 200 ${random.between(10, 900)}ms`;
    if (step % 6 !== 0) return paint;
    return `${esc}1G${esc}0K${esc}33mnpm${esc}39m ${esc}94mhttp${esc}39m fetch GET 200 https://packages.example/${name}/-/${name}-${version}.tgz ${random.between(10, 900)}ms (cache miss)\n`;
  });
}

/** A chat program as agents have it: text streams in above a live region that is erased and painted again, in synchronized output. */
export function streamingChat(bytes: number, seed: number): Buffer {
  const random = new Random(seed);
  const words = sourceLines().flatMap(({ lines }) => lines.slice(0, 20).flatMap((line) => line.split(/\s+/).filter(Boolean)));
  const spinner = ["✻", "✽", "✶", "✳", "✢", "·"];
  const rule = `${esc}2m${"─".repeat(118)}${esc}22m`;
  let painted = 0;
  let frame = 0;
  let text: string[] = [];
  return upTo(bytes, () => {
    frame += 1;
    text.push(pick(random, words));
    const erase = `${esc}?2026h${`${esc}2K${esc}1A`.repeat(painted)}${esc}2K${esc}G`;
    const full = text.join(" ").length > 100;
    const said = full ? `${esc}38;2;215;119;87m⏺${esc}39m ${text.join(" ").slice(0, 116)}\n` : "";
    if (full) text = [];
    const live = [
      "",
      `${esc}38;2;215;119;87m${spinner[frame % 6] ?? ""}${esc}39m Working… ${esc}2m(${Math.floor(frame / 10)}s · ↑ ${frame * 7} tokens · esc to interrupt)${esc}22m`,
      rule,
      `> ${text.join(" ").slice(0, 110)}`,
      rule,
    ];
    painted = live.length - 1;
    return `${erase}${said}${live.join("\n")}${esc}?2026l`;
  });
}

/** All of these in turn, in pieces of 64 KiB. */
export function mixture(bytes: number, seed: number): Buffer {
  const makers = [colouredDiffs, source, serverLog, installation, streamingChat];
  const share = 64 * 1024;
  const pools = makers.map((make, index) => make(Math.min(bytes, 1024 * 1024), seed + index));
  const parts: Buffer[] = [];
  for (let made = 0, turn = 0; made < bytes; turn += 1) {
    const pool = pools[turn % pools.length] ?? Buffer.alloc(0);
    const at = (Math.floor(turn / pools.length) * share) % pool.length;
    const part = pool.subarray(at, Math.min(at + share, at + bytes - made, pool.length));
    // A piece may end inside a sequence or a character: this ends it, and the line.
    parts.push(part, Buffer.from(`\u0018${esc}0m\n`));
    made += part.length;
  }
  return Buffer.concat(parts);
}

/** What a terminal in its usual mode makes of it. */
export function asPrinted(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString("latin1").replaceAll("\n", "\r\n"), "latin1");
}
