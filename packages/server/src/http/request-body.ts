/** Bodies of requests: bounded, parsed once, refused with the name of the field that is wrong. */
import { PerdureError } from "@perdure/protocol";
import type { Context } from "hono";
import type * as z from "zod/mini";
import type { DeviceRow } from "../store/store.ts";

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** What every route behind the sign-in knows. */
export type Env = { Variables: { device: DeviceRow } };

/** The parsed body. Throws `bad-request`, naming the field. An empty body is an empty object. */
export async function body<T>(c: Context<Env>, schema: z.ZodMiniType<T>): Promise<T> {
  const text = await bodyText(c);
  let json: unknown;
  try {
    json = text === "" ? {} : JSON.parse(text);
  } catch (cause) {
    throw new PerdureError("bad-request", "The body is not JSON.", { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new PerdureError("bad-request", `"${issue?.path.join(".") ?? ""}" in the body: ${issue?.message ?? "unreadable"}.`);
}

/** The body, at most {@link MAX_BODY_BYTES} of it: more is refused before it is read. */
async function bodyText(c: Context<Env>): Promise<string> {
  const tooLarge = new PerdureError("too-large", "A request may have 4 MiB.");
  if (Number(c.req.header("Content-Length") ?? 0) > MAX_BODY_BYTES) throw tooLarge;
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const piece of c.req.raw.body ?? []) {
    length += piece.length;
    if (length > MAX_BODY_BYTES) throw tooLarge;
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}
