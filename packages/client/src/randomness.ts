/**
 * Chance, passed in so that tests can repeat it. Ids need no secure context: `crypto.randomUUID` is missing on plain-HTTP
 * addresses of the local network, `getRandomValues` is not.
 */

export interface Randomness {
  /** From 0 (included) to 1 (excluded). */
  fraction(): number;
  /** A new name that nobody else makes: 32 hexadecimal digits. */
  id(): string;
}

const ID_BYTES = 16;

export const systemRandomness: Randomness = {
  fraction: () => Math.random(),
  id: () => Array.from(randomBytes(), (byte) => byte.toString(16).padStart(2, "0")).join(""),
};

function randomBytes(): Uint8Array {
  const bytes = new Uint8Array(ID_BYTES);
  if (typeof globalThis.crypto?.getRandomValues === "function") return globalThis.crypto.getRandomValues(bytes);
  return bytes.map(() => Math.floor(Math.random() * 256));
}
