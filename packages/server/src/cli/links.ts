/**
 * Links that sign a browser in once, as text and as a QR code. The code stands in the fragment, which is sent to no server and
 * kept in no log.
 */
import * as os from "node:os";
import type { PairingCode } from "@perdure/protocol";
import { renderUnicodeCompact } from "uqr";
import type { Cli, Environment } from "./cli.ts";
import type { Server } from "./server.ts";
import type { Style } from "./style.ts";
import { cellWidth } from "./table.ts";

const PROBE_MS = 1000;

/** A link for a page of the server; `base` is how the browser's device calls this machine. */
export function pairingLink(base: string, { code }: PairingCode, path = "/"): string {
  return `${base}${path}#pair=${encodeURIComponent(code)}`;
}

/** The code of a link that another device can open, where a person sees it whole. */
export function showQrCode(link: string, cli: Cli): void {
  const code = qrCode(link, cli.style);
  const [first = ""] = code.split("\n");
  if (cli.output.isTTY && cellWidth(first) <= cli.output.columns) cli.print(`${code}\n`);
}

/** The code as text for a terminal: light modules are drawn, in white on black, whatever the terminal's own colours are. */
export function qrCode(link: string, style: Style): string {
  const lines = renderUnicodeCompact(link, { ecc: "L", border: 2 }).split("\n");
  return lines.map(style.whiteOnBlack).join("\n");
}

/** Base addresses under which other devices reach the server; empty if it listens on this machine only. */
export async function reachableFromOutside(server: Server, signal: AbortSignal): Promise<readonly string[]> {
  const { port } = new URL(server.url);
  const addresses = Object.values(os.networkInterfaces()).flatMap((each) => each ?? []);
  const candidates = addresses
    .filter((address) => !address.internal && address.family === "IPv4")
    .map((address) => `http://${address.address}:${port}`);
  const answers = await Promise.all(candidates.map((base) => answersAt(base, server, signal)));
  return candidates.filter((_, index) => answers[index]);
}

async function answersAt(base: string, server: Server, signal: AbortSignal): Promise<boolean> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]);
    const response = await fetch(`${base}/api/status`, { headers: { Authorization: `Bearer ${server.token}` }, signal: limit });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // nothing listens there, or the name is not allowed: not an address to offer
  }
}

/** The line to run on the user's own machine, so that `localhost` there is this server. The address is the one they came by. */
export function forwardLine(url: string, env: Environment): string {
  const { port } = new URL(url);
  const [, , address = os.hostname(), sshPort = "22"] = (env["SSH_CONNECTION"] ?? "").split(" ");
  const through = sshPort === "22" ? "" : `-p ${sshPort} `;
  return `ssh -N -L ${port}:localhost:${port} ${through}${os.userInfo().username}@${address}`;
}
