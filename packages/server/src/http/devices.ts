/**
 * Credentials: 256 random bits for each device or script, of which only the hash is stored, and one-time codes that become
 * one. The command line of this machine has its own, in a file that only its user can read.
 */
import { createHash, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import * as fs from "node:fs";
import { PerdureError, type DeviceInfo } from "@perdure/protocol";
import type { Clock } from "../platform/clock.ts";
import type { Home } from "../platform/home.ts";
import type { DeviceRow, Store } from "../store/store.ts";

const CODE_LIFETIME_MS = 5 * 60_000;
const SEEN_EVERY_MS = 60_000;
const MAX_FAILURES = 20;
const FAILURE_WINDOW_MS = 60_000;
const CLI_NAME = "Command line on this machine";

export class Devices {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #byHash = new Map<string, DeviceRow>();
  readonly #onRevoked = new Set<(device: string) => void>();
  #failures: number[] = [];

  private constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Loads the devices; makes the command line's credential if its file is missing or not known. */
  static async open(store: Store, clock: Clock, home: Home): Promise<Devices> {
    const devices = new Devices(store, clock);
    for (const row of await store.devices()) devices.#byHash.set(row.tokenHash, row);
    const token = readToken(home);
    if (token === null || !devices.#byHash.has(hash(token))) {
      const { token: made } = await devices.#add(CLI_NAME);
      fs.writeFileSync(home.cliToken, `${made}\n`, { mode: 0o600 });
      fs.chmodSync(home.cliToken, 0o600);
    }
    return devices;
  }

  /** The device of a token, or `null`. Notes that it was seen. */
  authenticate(token: string | undefined): DeviceRow | null {
    if (!token) return null;
    const wanted = hash(token);
    const row = this.#byHash.get(wanted);
    if (!row || !timingSafeEqual(Buffer.from(row.tokenHash), Buffer.from(wanted))) return null;
    this.#noteSeen(row);
    return row;
  }

  list(own: string): readonly DeviceInfo[] {
    return [...this.#byHash.values()].map(({ id, name, createdAt, lastSeenAt }) => ({
      id,
      name,
      createdAt,
      lastSeenAt,
      isThis: id === own,
    }));
  }

  /** A code for one device, valid for 5 minutes. */
  async makeCode(): Promise<{ readonly code: string; readonly expiresAt: number }> {
    const code = randomBytes(16).toString("base64url");
    const expiresAt = this.#clock.now() + CODE_LIFETIME_MS;
    await this.#store.commit([{ op: "put-code", codeHash: hash(code), expiresAt }], "full");
    return { code, expiresAt };
  }

  /** Turns a code into a device. Throws `unauthorized` for a wrong, used or expired one, `rate-limited` after too many. */
  async pair(code: string, name: string): Promise<{ readonly device: string; readonly token: string }> {
    this.#checkRate();
    const at = this.#clock.now();
    this.#failures.push(at); // until it is known to be right, so that many at once count, too
    const used = await this.#store.commit([{ op: "use-code", codeHash: hash(code), now: at }], "full");
    if (!used.ok) {
      throw new PerdureError("unauthorized", "This link was used before or has expired. Make a new one with `perdure pair`.");
    }
    this.#failures = this.#failures.filter((each) => each !== at);
    const { row, token } = await this.#add(name);
    return { device: row.id, token };
  }

  /** Takes a device's credential away; its connections are closed. Throws `not-found`. */
  async revoke(id: string): Promise<void> {
    const row = [...this.#byHash.values()].find((each) => each.id === id);
    if (!row) throw new PerdureError("not-found", `There is no device ${id}; \`perdure devices\` lists them.`);
    await this.#store.commit([{ op: "delete-device", device: id }], "full");
    this.#byHash.delete(row.tokenHash);
    for (const listener of this.#onRevoked) listener(id);
  }

  /** Calls back with the id of each revoked device; returns the unsubscribe. */
  onRevoked(listener: (device: string) => void): () => void {
    this.#onRevoked.add(listener);
    return () => this.#onRevoked.delete(listener);
  }

  async #add(name: string): Promise<{ readonly row: DeviceRow; readonly token: string }> {
    const token = randomBytes(32).toString("base64url");
    const now = this.#clock.now();
    const row: DeviceRow = { id: randomUUID(), name, tokenHash: hash(token), createdAt: now, lastSeenAt: now };
    await this.#store.commit([{ op: "put-device", device: row }], "full");
    this.#byHash.set(row.tokenHash, row);
    return { row, token };
  }

  #noteSeen(row: DeviceRow): void {
    const now = this.#clock.now();
    if (now - row.lastSeenAt < SEEN_EVERY_MS) return;
    const seen = { ...row, lastSeenAt: now };
    this.#byHash.set(row.tokenHash, seen);
    void this.#store.commit([{ op: "put-device", device: seen }], "normal").catch(() => {
      this.#byHash.set(row.tokenHash, row); // noted again at the next request
    });
  }

  #checkRate(): void {
    const since = this.#clock.now() - FAILURE_WINDOW_MS;
    this.#failures = this.#failures.filter((at) => at > since);
    if (this.#failures.length >= MAX_FAILURES) throw new PerdureError("rate-limited", "Too many wrong codes; wait a minute.");
  }
}

function hash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function readToken(home: Home): string | null {
  try {
    return fs.readFileSync(home.cliToken, "utf8").trim() || null;
  } catch {
    return null;
  }
}
