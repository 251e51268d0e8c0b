import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import pino from "pino";
import { expect, it } from "vitest";
import { lossyLines } from "./log.ts";

it("a log goes on when a line could not be written, and the process with it", () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "perdure-log-"));
  const file = path.join(directory, "log");
  const fd = fs.openSync(file, "w");
  const lines = lossyLines(fd);
  const readOnly = fs.openSync(file, "r");
  pino({}, lossyLines(readOnly)).info("lost");
  pino({}, lines).info("kept");
  expect(fs.readFileSync(file, "utf8")).toMatch(/^[^\n]*kept[^\n]*\n$/);
  for (const each of [fd, readOnly]) fs.closeSync(each);
  fs.rmSync(directory, { recursive: true });
});
