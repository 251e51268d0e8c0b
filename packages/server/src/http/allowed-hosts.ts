/**
 * Which names a request may use for this server, and from which pages it may come. A page of another site can reach a loopback
 * port, and its name can be made to point here: so the Host header and the Origin are checked on every request (PROTOCOL §10).
 */
import * as os from "node:os";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "::1"]);

/** Loopback names with any port (forwarded ports differ), the listening address, and what `--allow-host` names. */
export class AllowedHosts {
  readonly #names: ReadonlySet<string>;
  readonly #listensEverywhere: boolean;

  constructor(listen: string, allowed: readonly string[]) {
    this.#listensEverywhere = listen === "0.0.0.0" || listen === "::";
    this.#names = new Set([...LOOPBACK, listen.toLowerCase(), ...allowed.map((name) => name.toLowerCase())]);
  }

  /** May the server be called by this Host header? */
  allowsHost(header: string | undefined): boolean {
    const name = header === undefined ? null : hostname(`http://${header}`);
    return name !== null && this.#allowsName(name);
  }

  /** May a page of this origin call the server at all? No Origin header: not a page. */
  allowsOrigin(origin: string | undefined): boolean {
    if (origin === undefined) return true;
    const name = hostname(origin);
    return name !== null && this.#allowsName(name);
  }

  #allowsName(name: string): boolean {
    return this.#names.has(name) || name.endsWith(".localhost") || (this.#listensEverywhere && ownAddresses().includes(name));
  }
}

/** Does a request with this Origin come from the very page that this Host serves? Cookies do not tell ports apart; this does. */
export function isSameOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  try {
    return new URL(origin).host === new URL(`${new URL(origin).protocol}//${host}`).host;
  } catch {
    return false;
  }
}

/** Is a server that is called by this Host header on the browser's own machine, by that name alone? */
export function isLoopbackName(header: string | undefined): boolean {
  const name = header === undefined ? null : hostname(`http://${header}`);
  return name !== null && (LOOPBACK.has(name) || name.endsWith(".localhost") || /^127(\.\d+){3}$/.test(name));
}

function hostname(url: string): string | null {
  try {
    return new URL(url).hostname.toLowerCase().replace(/^\[|\]$/g, "");
  } catch {
    return null;
  }
}

/** Read each time: they change with the network. */
function ownAddresses(): string[] {
  return Object.values(os.networkInterfaces()).flatMap((each) => each?.map((address) => address.address.toLowerCase()) ?? []);
}
