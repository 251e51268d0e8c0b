/** Where events of a process go. Fields first, as in pino, which is the one behind it; never secrets, never terminal bytes. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
