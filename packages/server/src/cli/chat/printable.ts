/** Texts of an agent for a terminal: an answer can hold sequences that would move the reader's cursor, or type for them. */
import { stripVTControlCharacters } from "node:util";

/** Without escape sequences and control characters; line ends and tabs stay. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it removes
  return stripVTControlCharacters(text.replaceAll("\r\n", "\n")).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}
