import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isProcessAlive, startTimeOf } from "./processes.ts";

test("a process lives as long as pid and start time are both right", () => {
  const startTime = startTimeOf(process.pid) ?? "";
  expect(isProcessAlive({ pid: process.pid, startTime })).toBe(true);
  expect(isProcessAlive({ pid: process.pid, startTime: `${startTime}1` })).toBe(false);
  expect(startTimeOf(2 ** 30)).toBeUndefined();
});

test.runIf(process.platform === "linux")("a process is not taken for dead because no file can be opened", () => {
  const module = fileURLToPath(new URL("./processes.ts", import.meta.url));
  const script = `import { openSync } from "node:fs";
    import { startTimeOf } from ${JSON.stringify(module)};
    try { for (;;) openSync("/dev/null"); } catch {}
    try { console.log(startTimeOf(process.pid)); } catch (error) { console.log(error.code); }`;
  const said = execFileSync("bash", ["-c", `ulimit -n 256; exec "$0" --input-type=module -e "$1"`, process.execPath, script], {
    encoding: "utf8",
  });
  expect(said.trim()).toBe("EMFILE");
});
