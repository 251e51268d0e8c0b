/** What is selected in the rows of a history, as it was printed: rows that a line was wrapped into come without a break. */

/** `null`: the selection lies within one row, and the browser's own copy is right. */
export function selectedText(selection: Selection, rows: HTMLElement): string | null {
  if (selection.rangeCount === 0 || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!range.intersectsNode(rows)) return null;
  const copied = Array.from(range.cloneContents().querySelectorAll<HTMLElement>("[data-row]"));
  if (copied.length === 0) return null;
  let text = "";
  for (const [index, row] of copied.entries()) {
    const endsLine = row.dataset["endsLine"] === "true";
    const content = row.textContent ?? "";
    text += endsLine ? content.trimEnd() : content;
    if (endsLine && index < copied.length - 1) text += "\n";
  }
  return text;
}

/** The first and the last row that a selection touches, as they are named; `null` without one. */
export function selectedRows(selection: Selection | null, rows: HTMLElement): readonly HTMLElement[] {
  if (selection === null || selection.isCollapsed || selection.rangeCount === 0) return [];
  return [selection.anchorNode, selection.focusNode].flatMap((node) => {
    const element = node instanceof Element ? node : node?.parentElement;
    const row = element?.closest<HTMLElement>("[data-row]");
    return row && rows.contains(row) ? [row] : [];
  });
}
