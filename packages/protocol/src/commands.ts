/** Commands of a shell, as it marked them in its output (PROTOCOL §14). */
import * as z from "zod/mini";

/** A command that a shell carried out. Its name is the offset where its output begins. Lines are those of §13. */
export const ShellCommand = z.object({
  offset: z.number(),
  /** As it was typed; `null`: not known. Hostile, like all output. */
  text: z.nullable(z.string()),
  /** Where the shell was; `null`: it did not say. */
  directory: z.nullable(z.string()),
  /** `null`: it runs, or nobody said how it ended. */
  exitCode: z.nullable(z.number()),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  /** `null`: it runs, as far as is known. */
  endedAt: z.nullable(z.number()),
  /** The line that it was typed in; `null`: something else has been drawn over it. */
  line: z.nullable(z.number()),
  /** The first line of its output, and the first one behind; `null` like `line`, or as long as it runs. */
  outputLine: z.nullable(z.number()),
  endLine: z.nullable(z.number()),
});
export type ShellCommand = z.infer<typeof ShellCommand>;

/** Answers `GET /api/sessions/:id/commands`. */
export const CommandPage = z.object({
  /** Newest first. */
  commands: z.array(ShellCommand),
  /** There are older ones: asked again `before` this offset, the list goes on. */
  next: z.nullable(z.number()),
  /** Where the shell is; `null`: it has not said. */
  directory: z.nullable(z.string()),
  /** Incarnation of the stream that offsets and lines are of. */
  incarnation: z.number(),
});
export type CommandPage = z.infer<typeof CommandPage>;

/** Most commands in one answer. */
export const MAX_COMMANDS = 200;
