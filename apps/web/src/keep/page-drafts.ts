/**
 * The drafts of this page: the tab has them at once, for a reload, the database a moment later, and at once when the page is hidden:
 * after that a phone may kill the browser without a word.
 */
import { openDrafts, type Drafts } from "@perdure/client";
import { loadTabDraft, saveTabDraft } from "./view-state.ts";

export function openPageDrafts(page: Window): Drafts {
  const drafts = openDrafts({
    tab: { load: loadTabDraft, save: saveTabDraft },
    onProblem: (error) => console.warn("A draft could not be kept.", error),
  });
  page.document.addEventListener("visibilitychange", () => {
    if (page.document.visibilityState === "hidden") void drafts.flush();
  });
  page.addEventListener("pagehide", () => void drafts.flush());
  return drafts;
}
