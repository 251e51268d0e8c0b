/** Text handed to the program as a paste. */

const OPEN = "\u001b[200~";
const CLOSE = "\u001b[201~";

/**
 * As bracketed paste if the program asked for it. The text can not end the paste by itself: an escape character in it is shown,
 * not sent, as terminals do.
 */
export function pasteSequence(text: string, isBracketed: boolean): string {
  const lines = text.replace(/\r?\n/g, "\r");
  if (!isBracketed) return lines;
  return OPEN + lines.replaceAll("\u001b", "\u241b") + CLOSE;
}

/** Sent input as text that can be put back into an editor: escape sequences and control characters are left out. */
export function editableText(sent: string): string {
  return (
    sent
      // oxlint-disable-next-line no-control-regex -- these are the characters to leave out
      .replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?/g, "")
      .replace(/\r\n?/g, "\n")
      // oxlint-disable-next-line no-control-regex -- as above
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "")
  );
}
