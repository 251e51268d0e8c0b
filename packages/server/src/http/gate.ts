/**
 * The gate every request passes, HTTP and upgrade alike: an allowed Host, an allowed Origin, and a credential. The credential
 * is a bearer or the device cookie; the cookie counts only from the page that this server serves, because browsers send it to
 * every port of a host.
 */
import { PerdureError } from "@perdure/protocol";
import type { DeviceRow } from "../store/store.ts";
import { isSameOrigin, type AllowedHosts } from "./allowed-hosts.ts";
import type { Devices } from "./devices.ts";

/** What of a request is looked at. */
export interface Asked {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
}

export class Gate {
  readonly #hosts: AllowedHosts;
  readonly #devices: Devices;
  readonly #cookieName: string;

  constructor(hosts: AllowedHosts, devices: Devices, cookieName: string) {
    this.#hosts = hosts;
    this.#devices = devices;
    this.#cookieName = cookieName;
  }

  /** Throws `forbidden-host` or `forbidden-origin`. */
  checkPlace({ host, origin }: Asked): void {
    if (!this.#hosts.allowsHost(host)) {
      throw new PerdureError(
        "forbidden-host",
        `The name in "Host: ${host ?? ""}" is not allowed; start the server with \`--allow-host NAME\`.`,
      );
    }
    if (!this.#hosts.allowsOrigin(origin)) throw new PerdureError("forbidden-origin", "Pages of other sites may not use this server.");
  }

  /** The device that asks. Throws `unauthorized`. */
  authenticate(asked: Asked): DeviceRow {
    const bearer = /^Bearer (.+)$/i.exec(asked.authorization ?? "")?.[1];
    const cookie = isSameOrigin(asked.origin, asked.host) ? readCookie(asked.cookie, this.#cookieName) : undefined;
    const device = this.#devices.authenticate(bearer ?? cookie);
    if (device) return device;
    throw new PerdureError("unauthorized", "Not signed in, or signed out by another device. Run `perdure pair` and open the link.");
  }

  /** The header that signs a browser in. */
  cookie(token: string): string {
    const days = 400; // browsers keep none longer
    return `${this.#cookieName}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${days * 86_400}`;
  }
}

function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(";") ?? []) {
    const [key, value] = part.trim().split("=", 2);
    if (key === name) return value;
  }
  return undefined;
}
