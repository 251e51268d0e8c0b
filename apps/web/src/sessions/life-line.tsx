/**
 * A session's life as a line: a stroke for each of its last runs, the present one in full. It ends in a dot while the program
 * lives, in a bar when it has exited, and breaks off when it was lost.
 */
import { isAlive, type RunInfo } from "@perdure/protocol";
import type { ReactElement } from "react";

const MAX_STROKES = 3;
const STROKE = 7;
const GAP = 4;

interface LifeLineProps {
  readonly run: RunInfo;
  readonly needsYou: boolean;
}

export function LifeLine({ run, needsYou }: LifeLineProps): ReactElement {
  const strokes = Math.min(Math.max(run.number, 1), MAX_STROKES);
  const isLiving = isAlive(run.state);
  const isBroken = run.state.is === "lost" || run.state.is === "failed";
  const colour = needsYou ? "text-needs" : isLiving ? "text-alive" : isBroken ? "text-lost" : "text-soft";
  const end = 34;
  const starts = Array.from({ length: strokes }, (_, index) => end - 7 - (strokes - index) * (STROKE + GAP) + GAP);
  return (
    <svg
      width="38"
      height="12"
      viewBox="0 0 38 12"
      aria-hidden
      className={`shrink-0 ${colour}`}
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
    >
      {starts.map((x, index) => (
        <path key={x} d={`M${x} 6h${STROKE - 2}`} opacity={index === strokes - 1 ? 1 : 0.25 + (0.3 * index) / strokes} />
      ))}
      {isLiving && <circle cx={end - 3} cy="6" r="3.5" fill="currentColor" stroke="none" />}
      {!isLiving && !isBroken && <path d={`M${end - 3} 2.5v7`} />}
      {isBroken && <path d={`M${end - 5} 3.5l5 5m0-5l-5 5`} />}
    </svg>
  );
}
