/** The keys that open the search. Ctrl+F alone is a program's as long as it has the whole screen: editors and pagers use it. */

export function opensSearch(event: KeyboardEvent, isAlternateScreen: boolean): boolean {
  if (event.type !== "keydown" || event.altKey || event.key.toLowerCase() !== "f") return false;
  if (event.metaKey) return !event.ctrlKey;
  return event.ctrlKey && (event.shiftKey || !isAlternateScreen);
}
