/**
 * The launcher for machines without bash: closes what it inherited above descriptor 2, restores the environment, and becomes
 * the program. Arguments: umask (octal), program, its arguments.
 */
import * as fs from "node:fs";

const CLOSE_ON_EXEC = 0o2000000;

/** Descriptors Node opened itself close by themselves; the inherited ones lack that flag. macOS lets nothing be inherited. */
function closeInherited(): void {
  if (!fs.existsSync("/proc/self/fdinfo")) return;
  for (const name of fs.readdirSync("/proc/self/fdinfo")) {
    const fd = Number(name);
    if (fd > 2 && isInherited(fd)) fs.closeSync(fd);
  }
}

function isInherited(fd: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    return false; // The directory's own descriptor, closed meanwhile.
  }
}

/** Node ignores SIGPIPE, which a program would inherit: a listener that goes away leaves the default behind. */
function restoreSignals(): void {
  for (const signal of ["SIGPIPE", "SIGXFSZ"] as const) process.on(signal, restoreSignals).off(signal, restoreSignals);
}

/** A script without `#!` is one for sh, as execvp has it. */
function isPlainScript(file: string): boolean {
  const head = Buffer.alloc(4);
  try {
    const fd = fs.openSync(file, "r");
    const bytes = fs.readSync(fd, head, 0, 4, 0);
    fs.closeSync(fd);
    return !head.subarray(0, bytes).toString("latin1").startsWith("#!") && head.subarray(0, bytes).every((byte) => byte >= 9 && byte < 127);
  } catch {
    return false; // Executable but not readable: no script.
  }
}

const [umask = "22", program = "", ...args] = process.argv.slice(2);
const env = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) => (name.startsWith("_") ? [[name.slice(1), value ?? ""]] : [])),
);
process.umask(Number.parseInt(umask, 8));
closeInherited();
restoreSignals();
if (isPlainScript(program)) process.execve?.("/bin/sh", ["sh", program, ...args], env);
process.execve?.(program, [program, ...args], env);
