/** The transcript as it scrolls: it follows its end while the reader is there, stays where the reader is otherwise, and returns there. */
import { ArrowDown } from "lucide-react";
import {
  memo,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type NamedExoticComponent,
  type ReactElement,
  type ReactNode,
  type RefObject,
} from "react";
import { loadChatPlace, saveChatPlace, type ChatPlace } from "../keep/view-state.ts";
import { useLatest } from "../ui/use-latest.ts";
import { AgentMessageView } from "./agent-message.tsx";
import { ApprovalCard } from "./approval-card.tsx";
import { followEnd, type EndFollower } from "./follow-end.ts";
import { NoticeLine } from "./notice-line.tsx";
import { firstWindow, withNewer, withOlder } from "./row-window.ts";
import type { Row } from "./transcript-rows.ts";
import { TurnEnd } from "./turn-end.tsx";
import { UserMessage } from "./user-message.tsx";

/** Of the last rows none is left undrawn: they are where the reader mostly is. */
const ALWAYS_DRAWN = 24;

/** What the beginning moves down by to stay clear of the overlay: from pt-4 to pt-16. */
const COVER_PX = 48;

/** What was said before the rows: so many things, which can be had. */
interface RowsBefore {
  readonly count: number;
  readonly load: () => void;
}

interface TranscriptProps {
  readonly session: string;
  readonly rows: readonly Row[];
  readonly before: RowsBefore;
  /** Open questions, which the way to the end names. */
  readonly questions: number;
  /** Counts up when the user says something: then the end is what they look at. */
  readonly said: number;
  /** Below the rows. */
  readonly children: ReactNode;
  readonly overlay: ReactNode;
  /** The overlay says something: the beginning stays clear of it. */
  readonly isCovered: boolean;
}

export function Transcript({ session, rows, before, questions, said, children, overlay, isCovered }: TranscriptProps): ReactElement {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [place] = useState(() => loadChatPlace(session));
  const [start, setStart] = useState(() =>
    firstWindow(rows.length, place === undefined ? undefined : rows.findIndex(({ key }) => key === place.row)),
  );
  useRowsBefore(rows, (count) => setStart(start + count));
  const { follower, isFollowing } = useFollower(scroller, content, place, session);
  const shownStart = withNewer(start, rows.length, isFollowing);
  if (shownStart !== start) setStart(shownStart);
  useKeptBelow(scroller, isCovered);
  const keepView = useKeptView(scroller);
  const showOlder = (): void => {
    keepView();
    setStart(withOlder(shownStart));
  };
  useEffect(() => {
    if (said > 0) follower.current?.goToEnd();
  }, [said, follower]);
  return (
    <div className="relative min-h-0 grow">
      <div
        ref={scroller}
        tabIndex={0}
        role="region"
        aria-label="Conversation"
        className="absolute inset-0 overflow-y-auto overscroll-contain outline-offset-[-2px]"
      >
        <div ref={content} className={`mx-auto flex w-full max-w-3xl flex-col px-3.5 pb-6 sm:px-6 ${isCovered ? "pt-16" : "pt-4"}`}>
          <OlderRows scroller={scroller} start={shownStart} before={before} onReached={showOlder} />
          {rows.slice(shownStart).map((row, index) => (
            <RowFrame key={row.key} row={row} isEarly={index + shownStart < rows.length - ALWAYS_DRAWN} />
          ))}
          {children}
        </div>
      </div>
      <div className="pointer-events-none absolute inset-0 flex flex-col justify-between overflow-hidden p-2.5">
        <div className="flex flex-col items-center gap-2">{overlay}</div>
        {!isFollowing && <ToEnd questions={questions} onClick={() => follower.current?.goToEnd()} />}
      </div>
    </div>
  );
}

/** Calls back with how many rows were put before the first: those that are in the page stay so. */
function useRowsBefore(rows: readonly Row[], put: (count: number) => void): void {
  const [first, setFirst] = useState(rows[0]?.key);
  if (rows[0]?.key === first) return;
  const count = rows.findIndex(({ key }) => key === first);
  setFirst(rows[0]?.key);
  if (count > 0) put(count);
}

function ToEnd({ questions, onClick }: { readonly questions: number; readonly onClick: () => void }): ReactElement {
  return (
    <button
      type="button"
      onClick={onClick}
      className={`pointer-events-auto inline-flex min-h-11 animate-[rise_.15s_ease-out] items-center gap-1.5 self-center rounded-full border px-4 text-small font-medium shadow-[0_4px_16px_var(--shadow)] active:opacity-80 ${questions > 0 ? "border-needs/50 bg-needs-wash text-needs-ink" : "border-line bg-raised"}`}
    >
      <ArrowDown size={16} /> {questions > 0 ? "The agent asks" : "Latest"}
    </button>
  );
}

interface OlderRowsProps {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly start: number;
  readonly before: RowsBefore;
  readonly onReached: () => void;
}

/** What is above the first row in the page: rows that are there, or what is still with the server. */
function OlderRows({ scroller, start, before: { count, load }, onReached }: OlderRowsProps): ReactElement | null {
  if (start > 0) return <Older key={start} scroller={scroller} count={start + count} onReached={onReached} />;
  return count > 0 ? <Older key={`before ${count}`} scroller={scroller} count={count} onReached={load} /> : null;
}

interface OlderProps {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly count: number;
  readonly onReached: () => void;
}

/** Brings older rows into the page before the reader reaches them. */
function Older({ scroller, count, onReached }: OlderProps): ReactElement {
  const mark = useRef<HTMLDivElement>(null);
  const reached = useLatest(onReached);
  useEffect(() => {
    const element = mark.current;
    if (element === null) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) reached.current();
      },
      { root: scroller.current, rootMargin: "800px 0px 0px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller, reached]);
  return (
    <div ref={mark} className="flex justify-center pb-3">
      <button type="button" onClick={onReached} className="min-h-11 rounded-xl px-4 text-small text-soft hover:bg-sunken hover:text-ink">
        {count} older
      </button>
    </div>
  );
}

interface RowFrameProps {
  readonly row: Row;
  /** The browser need not lay it out while it is out of sight. */
  readonly isEarly: boolean;
}

const RowFrame: NamedExoticComponent<RowFrameProps> = memo(
  function RowFrame({ row, isEarly }: RowFrameProps): ReactElement {
    return (
      <div
        data-row={row.key}
        className={`-mx-1 px-1 ${row.is === "input" ? "pt-5 pb-1.5 first:pt-1" : "py-1.5"} ${isEarly ? "[contain-intrinsic-size:auto_7rem] [content-visibility:auto]" : ""}`}
      >
        <RowView row={row} />
      </div>
    );
  },
  (before, after) => before.isEarly === after.isEarly && isSameRow(before.row, after.row),
);

/** Rows are made anew with every change; what they are about keeps its identity. */
function isSameRow(before: Row, after: Row): boolean {
  const [a, b] = [Object.values(before) as unknown[], Object.values(after) as unknown[]];
  return a.length === b.length && a.every((value, index) => value === b[index] || (Array.isArray(value) && isSameList(value, b[index])));
}

function isSameList(a: readonly unknown[], b: unknown): boolean {
  return Array.isArray(b) && a.length === b.length && a.every((value, index) => value === b[index]);
}

function RowView({ row }: { readonly row: Row }): ReactNode {
  switch (row.is) {
    case "input":
      return <UserMessage input={row.input} />;
    case "message":
      return <AgentMessageView message={row.message} approvals={row.approvals} />;
    case "notice":
      return <NoticeLine notice={row.notice} />;
    case "approval":
      return <ApprovalCard approval={row.approval} />;
    case "turn-end":
      return <TurnEnd turn={row.turn} isLast={row.isLast} />;
  }
}

interface Following {
  readonly follower: RefObject<EndFollower | undefined>;
  readonly isFollowing: boolean;
}

function useFollower(
  scroller: RefObject<HTMLDivElement | null>,
  content: RefObject<HTMLDivElement | null>,
  place: ChatPlace | undefined,
  session: string,
): Following {
  const follower = useRef<EndFollower | undefined>(undefined);
  const [isFollowing, setFollowing] = useState(place === undefined);
  useLayoutEffect(() => {
    const [box, inner] = [scroller.current, content.current];
    if (box === null || inner === null) return undefined;
    const made = followEnd({ scroller: box, content: inner, changed: setFollowing });
    if (place === undefined || !returnTo(box, place)) made.goToEnd();
    follower.current = made;
    const keep = (): void => saveChatPlace(session, made.isFollowing ? undefined : placeIn(box));
    const ended = new AbortController();
    box.addEventListener("scrollend", keep, { signal: ended.signal });
    addEventListener("pagehide", keep, { signal: ended.signal });
    return () => {
      keep();
      ended.abort();
      made.close();
      follower.current = undefined;
    };
  }, [scroller, content, place, session]);
  return { follower, isFollowing };
}

function returnTo(scroller: HTMLElement, { row, offset }: ChatPlace): boolean {
  const element = scroller.querySelector(`[data-row="${CSS.escape(row)}"]`);
  if (element === null) return false;
  // What lies between is laid out on the way; a second look finds the place that the first only came near.
  for (let look = 0; look < 3; look += 1) scroller.scrollTop += topIn(scroller, element) - offset;
  return true;
}

function placeIn(scroller: HTMLElement): ChatPlace | undefined {
  for (const element of scroller.querySelectorAll<HTMLElement>("[data-row]")) {
    const offset = topIn(scroller, element);
    if (offset + element.offsetHeight > 0) return { row: element.dataset["row"] ?? "", offset };
  }
  return undefined;
}

function topIn(scroller: HTMLElement, element: Element): number {
  return element.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
}

/** What is in view stays there when the beginning makes room for the overlay; browsers do not see to that when a padding changes. */
function useKeptBelow(scroller: RefObject<HTMLDivElement | null>, isCovered: boolean): void {
  const was = useRef(isCovered);
  useLayoutEffect(() => {
    const box = scroller.current;
    if (was.current !== isCovered && box !== null && box.scrollTop > 0) box.scrollBy(0, isCovered ? COVER_PX : -COVER_PX);
    was.current = isCovered;
  }, [scroller, isCovered]);
}

/** What is in view when it is called stays there when rows are put above it. */
function useKeptView(scroller: RefObject<HTMLDivElement | null>): () => void {
  const anchor = useRef<ChatPlace | undefined>(undefined);
  useLayoutEffect(() => {
    if (anchor.current !== undefined && scroller.current !== null) returnTo(scroller.current, anchor.current);
    anchor.current = undefined;
  });
  return () => {
    anchor.current = scroller.current === null ? undefined : placeIn(scroller.current);
  };
}
