/** The headers of every answer: nothing inline or remote runs in the app's page, nobody frames it, no window of another site holds it. */
import { isLoopbackName } from "./allowed-hosts.ts";

/** No HSTS: people run this on plain addresses of their own network. */
const ALWAYS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "X-Frame-Options": "DENY",
  "Cross-Origin-Resource-Policy": "same-origin",
};
const ON_TRUSTED_ORIGINS: Readonly<Record<string, string>> = { ...ALWAYS, "Cross-Origin-Opener-Policy": "same-origin" };

/**
 * The headers for a request by this Host header. Browsers heed the opener policy on origins they trust, loopback and https, and
 * complain in the console on others. `forwardedProtocol`: what a proxy before this server says of itself in `X-Forwarded-Proto`.
 */
export function securityHeaders(host: string | undefined, forwardedProtocol: string | undefined): Readonly<Record<string, string>> {
  const isEncrypted = forwardedProtocol?.split(",", 1)[0]?.trim().toLowerCase() === "https";
  return isEncrypted || isLoopbackName(host) ? ON_TRUSTED_ORIGINS : ALWAYS;
}
