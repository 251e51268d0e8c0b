/**
 * A session's life as a line: a stroke for each of its last runs, the present one in full. It ends in a dot while the program
 * lives, in a bar when it has exited, and breaks off when it was lost.
 */
import { isAlive, type RunInfo } from "@perdure/protocol";
import type { ReactElement } from "react";

const MAX_STROKES = 3;
const END = 30;
const SHORT = 4;
const GAP = 4.5;

interface LifeLineProps {
  readonly run: RunInfo;
  readonly needsYou: boolean;
}

export function LifeLine({ run, needsYou }: LifeLineProps): ReactElement {
  const past = Math.min(Math.max(run.number, 1), MAX_STROKES) - 1;
  const isLiving = isAlive(run.state);
  const isBroken = run.state.is === "lost" || run.state.is === "failed";
  const colour = needsYou ? "text-needs" : isLiving ? "text-alive" : isBroken ? "text-lost" : "text-soft";
  const present = 1 + past * (SHORT + GAP);
  return (
    <svg
      width="32"
      height="12"
      viewBox="0 0 32 12"
      aria-hidden
      className={`shrink-0 ${colour}`}
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
    >
      {Array.from({ length: past }, (_, index) => (
        <path key={index} d={`M${1 + index * (SHORT + GAP)} 6h${SHORT}`} opacity={index === past - 1 ? 0.5 : 0.28} />
      ))}
      <path d={`M${present} 6H${END - (isLiving ? 6 : isBroken ? 9 : 1)}`} opacity={isLiving ? 0.9 : 0.7} />
      {isLiving && <circle cx={END - 2.5} cy="6" r="3.75" fill="currentColor" stroke="none" />}
      {!isLiving && !isBroken && <path d={`M${END - 1} 2.5v7`} />}
      {isBroken && <path d={`M${END - 5} 3.75l4.5 4.5m0-4.5l-4.5 4.5`} />}
    </svg>
  );
}
