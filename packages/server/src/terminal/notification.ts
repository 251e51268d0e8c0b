/** What a program wants a person to notice: OSC 9 (iTerm2), OSC 777 (rxvt) and OSC 99 (kitty, in its plain form). */
import type { OscCommand } from "./osc-command.ts";
import { plainText } from "./plain-text.ts";

/** The text of a notification, `title: body` where there are both; `null` if the command is none. */
export function readNotification({ code, content }: OscCommand): string | null {
  switch (code) {
    case 9:
      return isExtension(content) ? null : plainText(content);
    case 777:
      return readRxvt(content);
    case 99:
      return readKitty(content);
    default:
      return null;
  }
}

/** ConEmu gave OSC 9 with a number and a semicolon other meanings, such as 9;4 for progress. */
function isExtension(content: string): boolean {
  return /^\d+(?:;|$)/.test(content);
}

function readRxvt(content: string): string | null {
  const [action, title = "", ...body] = content.split(";");
  if (action !== "notify") return null;
  return plainText([title, body.join(";")].filter((part) => part !== "").join(": "));
}

/** `metadata;text`, where metadata are `key=value` joined by colons. Encoded text and notifications in several parts are left alone. */
function readKitty(content: string): string | null {
  const end = content.indexOf(";");
  if (end < 0) return null;
  const metadata = new Map(
    content
      .slice(0, end)
      .split(":")
      .map((entry) => [entry.slice(0, 1), entry.slice(2)]),
  );
  const isPlain = (metadata.get("p") ?? "title") === "title" && metadata.get("e") !== "1" && metadata.get("d") !== "0";
  return isPlain ? plainText(content.slice(end + 1)) : null;
}
