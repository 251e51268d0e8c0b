/** Names of messages: UUIDs of version 4, which a page on a plain-HTTP address can make as well. */
import type { Randomness } from "../randomness.ts";

export function messageId(randomness: Randomness): string {
  const digits = randomness.id();
  const variant = ((Number.parseInt(digits.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const fields = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20),
  ];
  return fields.join("-");
}
