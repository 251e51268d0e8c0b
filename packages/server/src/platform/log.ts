/** The log of a process: its interface, and where its lines end. */
import * as fs from "node:fs";

/** Where events of a process go. Fields first, as in pino, which is the one behind it; never secrets, never terminal bytes. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Takes the lines of a log. One that cannot be written, on a full disk or a closed pipe, is lost: the process goes on. */
export function lossyLines(fd: number): { write(line: string): void } {
  return {
    write: (line) => {
      try {
        fs.writeSync(fd, line);
      } catch {
        // There is no better place to say it.
      }
    },
  };
}
