/** The keys that go to the previous and the next command: Ctrl+Shift with an arrow, on a Mac Cmd with one. */

/** `null`: it is another key, or the program's, as every key is on its own full screen. */
export function commandKey(event: KeyboardEvent, isAlternateScreen: boolean, isMac: boolean): -1 | 1 | null {
  if (event.type !== "keydown" || isAlternateScreen || event.altKey) return null;
  const isHeld = isMac ? event.metaKey && !event.ctrlKey && !event.shiftKey : event.ctrlKey && event.shiftKey && !event.metaKey;
  if (!isHeld) return null;
  return event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : null;
}
