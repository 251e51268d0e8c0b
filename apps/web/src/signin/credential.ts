/**
 * Who this page is to the server. The cookie signs every request; the token in IndexedDB makes the cookie again when a killed
 * browser has lost it. A pairing code becomes both.
 */
import type { Rest } from "@perdure/client";
import { PerdureError } from "@perdure/protocol";
import { openKept } from "../keep/database.ts";

export type SignIn =
  | { readonly is: "signed-in" }
  | { readonly is: "signed-out"; readonly message?: string }
  /** Nobody answered; the connection's own states tell more. */
  | { readonly is: "unreachable" };

const TIMEOUT_MS = 10_000;

/** Is this page signed in? Uses the kept token once if the cookie is gone. */
export async function probeSignIn(rest: Rest): Promise<SignIn> {
  const status = await attempt(async () => rest.status({ timeoutMs: TIMEOUT_MS }));
  if (status === undefined) return { is: "signed-in" };
  if (!isSignedOut(status)) return status.code === "server-unreachable" ? { is: "unreachable" } : { is: "signed-in" };
  const token = await keptToken();
  if (token === undefined) return { is: "signed-out" };
  const again = await attempt(async () => rest.signIn(token, { timeoutMs: TIMEOUT_MS }));
  if (again === undefined) return { is: "signed-in" };
  if (again.code === "server-unreachable") return { is: "unreachable" };
  if (!isSignedOut(again)) return { is: "signed-out", message: again.message };
  await forgetToken();
  return { is: "signed-out", message: "This device's access was revoked." };
}

/** Trades a one-time code for this device's credential. */
export async function pair(rest: Rest, code: string, name: string): Promise<SignIn> {
  try {
    const { token } = await rest.pair({ code, name }, { timeoutMs: TIMEOUT_MS });
    await keepToken(token);
    return { is: "signed-in" };
  } catch (error) {
    if (!(error instanceof PerdureError)) throw error;
    if (error.code === "server-unreachable") return { is: "unreachable" };
    const isUsedUp = error.code === "unauthorized" || error.code === "not-found";
    return { is: "signed-out", message: isUsedUp ? "That code was used before or is too old. Ask for a new one." : error.message };
  }
}

async function attempt(call: () => Promise<unknown>): Promise<PerdureError | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    if (error instanceof PerdureError) return error;
    throw error;
  }
}

function isSignedOut(error: PerdureError): boolean {
  return error.code === "unauthorized";
}

async function keptToken(): Promise<string | undefined> {
  return (await openKept())?.get("credential", "token");
}

/** A browser that refuses to keep it is signed in all the same, by the cookie. */
async function keepToken(token: string): Promise<void> {
  try {
    await (await openKept())?.put("credential", token, "token");
  } catch (error) {
    console.warn("The credential could not be kept; signing in lasts as long as the cookie.", error);
  }
}

async function forgetToken(): Promise<void> {
  await (await openKept())?.delete("credential", "token");
}
