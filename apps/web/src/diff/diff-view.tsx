/** The change of one file: its name, how much, and the lines with their numbers. A long one shows its beginning until asked for all. */
import type { FileDiff } from "@perdure/protocol";
import { FileDiff as FileIcon } from "lucide-react";
import { memo, useMemo, useState, type NamedExoticComponent, type ReactElement } from "react";
import { diffLines, type DiffLine, type Hunk } from "./line-diff.ts";

const MAX_SHOWN = 400;

export const DiffView: NamedExoticComponent<{ readonly diff: FileDiff }> = memo(function DiffView({
  diff,
}: {
  readonly diff: FileDiff;
}): ReactElement {
  const [showsAll, setShowAll] = useState(false);
  const { hunks, skippedAfter, added, removed } = useMemo(() => diffLines(diff.before, diff.after), [diff]);
  const total = hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
  const shown = showsAll ? hunks : firstLines(hunks, MAX_SHOWN);
  const isCut = !showsAll && total > MAX_SHOWN;
  return (
    <figure className="overflow-hidden rounded-xl border border-line bg-screen">
      <figcaption className="flex min-h-9 items-center gap-2 border-b border-line bg-raised px-3 py-1.5 text-tiny">
        <FileIcon size={14} className="shrink-0 text-soft" aria-hidden />
        <span className="min-w-0 grow truncate text-left font-mono [direction:rtl]" title={diff.path}>
          <bdi>{diff.path}</bdi>
        </span>
        {diff.before === null && <span className="text-soft">new</span>}
        <span className="shrink-0 tabular">
          <span className="text-alive-ink">+{added}</span> <span className="text-lost">−{removed}</span>
        </span>
      </figcaption>
      <div tabIndex={0} role="group" aria-label={`Changes of ${diff.path}`} className="max-h-[60vh] overflow-auto overscroll-x-contain">
        <div className="min-w-max font-mono text-tiny leading-[1.55]">
          {shown.map((hunk) => (
            <HunkView key={lineKey(hunk.lines[0])} hunk={hunk} />
          ))}
          {total === 0 && <p className="px-3 py-2 font-sans text-soft">Nothing changed.</p>}
          {!isCut && <Skipped count={skippedAfter} />}
        </div>
      </div>
      {isCut && (
        <button
          type="button"
          onClick={() => setShowAll(true)}
          className="min-h-11 w-full border-t border-line text-small font-medium text-soft hover:bg-sunken hover:text-ink"
        >
          Show all {total} lines
        </button>
      )}
    </figure>
  );
});

function firstLines(hunks: readonly Hunk[], most: number): readonly Hunk[] {
  const kept: Hunk[] = [];
  let left = most;
  for (const hunk of hunks) {
    if (left <= 0) break;
    kept.push(hunk.lines.length <= left ? hunk : { ...hunk, lines: hunk.lines.slice(0, left) });
    left -= hunk.lines.length;
  }
  return kept;
}

function HunkView({ hunk }: { readonly hunk: Hunk }): ReactElement {
  return (
    <>
      <Skipped count={hunk.skipped} />
      {hunk.lines.map((line) => (
        <Line key={lineKey(line)} line={line} />
      ))}
    </>
  );
}

/** No two lines have the same numbers. */
function lineKey(line: DiffLine | undefined): string {
  return `${line?.before ?? ""} ${line?.after ?? ""}`;
}

const LOOKS: Readonly<Record<DiffLine["is"], string>> = {
  same: "",
  added: "bg-alive/12",
  removed: "bg-lost/12",
};
const SIGNS: Readonly<Record<DiffLine["is"], string>> = { same: " ", added: "+", removed: "−" };

function Line({ line }: { readonly line: DiffLine }): ReactElement {
  return (
    <div className={`flex ${LOOKS[line.is]}`}>
      <span aria-hidden className="sticky left-0 flex shrink-0 bg-inherit text-soft/80 select-none tabular max-sm:static">
        <span className="w-10 pr-2 text-right">{line.before}</span>
        <span className="w-9 pr-2 text-right">{line.after}</span>
      </span>
      <span
        aria-label={line.is === "same" ? undefined : line.is}
        className={`w-4 shrink-0 select-none ${line.is === "added" ? "text-alive-ink" : line.is === "removed" ? "text-lost" : ""}`}
      >
        {SIGNS[line.is]}
      </span>
      <span className="pr-4 whitespace-pre">{line.text === "" ? " " : line.text}</span>
    </div>
  );
}

function Skipped({ count }: { readonly count: number }): ReactElement | null {
  if (count === 0) return null;
  return (
    <div className="border-y border-line/60 bg-sunken px-3 py-0.5 text-[0.6875rem] text-soft first:border-t-0 last:border-b-0">
      {count} unchanged line{count === 1 ? "" : "s"}
    </div>
  );
}
