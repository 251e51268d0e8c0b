/**
 * The change of one file: its name, how much, and the lines with their numbers. A long one is folded to its beginning and opens in the
 * page's own flow, so that a finger scrolls one thing only; a very long one opens in bounded height.
 */
import type { FileDiff } from "@perdure/protocol";
import { FileDiff as FileIcon } from "lucide-react";
import { memo, useMemo, useRef, useState, type NamedExoticComponent, type ReactElement } from "react";
import { diffLines, type DiffLine, type Hunk } from "./line-diff.ts";

/** Lines of a folded change, and how many more a change may have that is not folded. */
const FOLDED_LINES = 20;
const GRACE_LINES = 10;
/** Longer than this, an open change scrolls in itself. */
const FLOWING_LINES = 1000;

interface DiffViewProps {
  readonly diff: FileDiff;
  /** Inside of something with a border of its own. */
  readonly isFlush?: boolean;
}

export const DiffView: NamedExoticComponent<DiffViewProps> = memo(function DiffView({
  diff,
  isFlush = false,
}: DiffViewProps): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const figure = useRef<HTMLElement>(null);
  const { hunks, skippedAfter, added, removed } = useMemo(() => diffLines(diff.before, diff.after), [diff]);
  const total = hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
  const isLong = total > FOLDED_LINES + GRACE_LINES;
  const isCut = isLong && !isOpen;
  const shown = isCut ? firstLines(hunks, FOLDED_LINES) : hunks;
  const toggle = (): void => {
    setOpen(!isOpen);
    // Folding takes away what the reader had scrolled past.
    if (isOpen) figure.current?.scrollIntoView({ block: "nearest" });
  };
  return (
    <figure ref={figure} className={`overflow-hidden bg-screen ${isFlush ? "" : "rounded-xl border border-line"}`}>
      <Caption diff={diff} added={added} removed={removed} />
      <div
        tabIndex={0}
        role="group"
        aria-label={`Changes of ${diff.path}`}
        className={`overflow-x-auto overscroll-x-contain outline-offset-[-2px] ${total > FLOWING_LINES && !isCut ? "max-h-[80dvh] overflow-y-auto" : ""}`}
      >
        <div className="min-w-max font-mono text-tiny leading-[1.55]">
          {shown.map((hunk) => (
            <HunkView key={lineKey(hunk.lines[0])} hunk={hunk} hasBefore={diff.before !== null} />
          ))}
          {total === 0 && <p className="px-3 py-2 font-sans text-soft">Nothing changed.</p>}
          {!isCut && <Skipped count={skippedAfter} />}
        </div>
      </div>
      {isLong && (
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={toggle}
          className="min-h-11 w-full border-t border-line text-small font-medium text-soft outline-offset-[-2px] hover:bg-sunken hover:text-ink"
        >
          {isOpen ? "Show less" : `Show all ${total} lines`}
        </button>
      )}
    </figure>
  );
});

interface CaptionProps {
  readonly diff: FileDiff;
  readonly added: number;
  readonly removed: number;
}

function Caption({ diff, added, removed }: CaptionProps): ReactElement {
  return (
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
  );
}

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

function HunkView({ hunk, hasBefore }: { readonly hunk: Hunk; readonly hasBefore: boolean }): ReactElement {
  return (
    <>
      <Skipped count={hunk.skipped} />
      {hunk.lines.map((line) => (
        <Line key={lineKey(line)} line={line} hasBefore={hasBefore} />
      ))}
    </>
  );
}

/** No two lines have the same numbers. */
function lineKey(line: DiffLine | undefined): string {
  return `${line?.before ?? ""} ${line?.after ?? ""}`;
}

/** Opaque: the numbers lie over what is scrolled below them. */
const LOOKS: Readonly<Record<DiffLine["is"], string>> = {
  same: "bg-screen",
  added: "bg-[color-mix(in_oklab,var(--alive)_12%,var(--screen))]",
  removed: "bg-[color-mix(in_oklab,var(--lost)_12%,var(--screen))]",
};
const SIGNS: Readonly<Record<DiffLine["is"], string>> = { same: " ", added: "+", removed: "−" };

/** On a phone one number is enough: where the line is, or was. */
function Line({ line, hasBefore }: { readonly line: DiffLine; readonly hasBefore: boolean }): ReactElement {
  return (
    <div className={`flex ${LOOKS[line.is]}`}>
      <span aria-hidden className="sticky left-0 flex shrink-0 bg-inherit text-soft select-none tabular max-sm:static">
        {hasBefore && <span className="w-10 pr-2 text-right max-sm:hidden">{line.before}</span>}
        <span className="w-9 pr-2 text-right max-sm:hidden">{line.after}</span>
        <span className="w-9 pr-2 text-right sm:hidden">{line.after ?? line.before}</span>
      </span>
      <span
        aria-label={line.is === "same" ? undefined : line.is}
        className={`w-4 shrink-0 select-none ${line.is === "added" ? "text-alive-ink" : line.is === "removed" ? "text-lost-ink" : ""}`}
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
