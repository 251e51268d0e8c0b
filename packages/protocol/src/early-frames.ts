/**
 * Frames that a client says with its upgrade request, in the address, instead of waiting for the socket to open and for the server's hello
 * (PROTOCOL §2.8): a page that comes back is one round trip from its screen. Only what a client may say twice travels so.
 */
import { PerdureError } from "./errors.ts";

/** The feature of a server that takes them. */
export const EARLY_FRAMES = "early-frames";
/** Most characters that they add to an address. */
export const MAX_EARLY_LENGTH = 4096;
const NAME = "early";

/** The address with as many of the frames as there is room for, from the first on, and how many those are. */
export function withEarlyFrames(url: string, frames: readonly Uint8Array[]): { readonly url: string; readonly taken: number } {
  const words: string[] = [];
  let length = 0;
  for (const frame of frames) {
    const word = `${NAME}=${toText(frame)}`;
    length += word.length + 1;
    if (length > MAX_EARLY_LENGTH) break;
    words.push(word);
  }
  if (words.length === 0) return { url, taken: 0 };
  return { url: `${url}${url.includes("?") ? "&" : "?"}${words.join("&")}`, taken: words.length };
}

/** The frames in an address, in order. Throws `bad-message` if one is none. */
export function earlyFramesOf(url: string): Uint8Array[] {
  const at = url.indexOf("?");
  const words = at === -1 ? [] : url.slice(at + 1).split("&");
  return words.filter((word) => word.startsWith(`${NAME}=`)).map((word) => toFrame(word.slice(NAME.length + 1)));
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES: ReadonlyMap<string, number> = new Map(Array.from(DIGITS, (digit, value) => [digit, value]));

/** Base64url without padding. */
function toText(frame: Uint8Array): string {
  let text = "";
  for (let at = 0; at < frame.length; at += 3) {
    const [a = 0, b = 0, c = 0] = frame.subarray(at, at + 3);
    const group = (a << 16) | (b << 8) | c;
    const digits = [18, 12, 6, 0].map((shift) => DIGITS[(group >> shift) & 63]);
    text += digits.slice(0, Math.min(frame.length - at, 3) + 1).join("");
  }
  return text;
}

function toFrame(text: string): Uint8Array {
  const frame = new Uint8Array(Math.floor((text.length * 3) / 4));
  let [bits, count, at] = [0, 0, 0];
  for (const digit of text) {
    const value = VALUES.get(digit);
    if (value === undefined) throw new PerdureError("bad-message", "A frame in the address is not base64url.");
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    frame[at++] = bits >> count;
  }
  return frame;
}
