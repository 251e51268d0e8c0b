/**
 * The keys that a soft keyboard lacks. They act on pointerdown and take no focus, so the keyboard stays as it is; the cursor
 * keys repeat while they are held.
 */
import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp, ClipboardPaste, CornerDownLeft } from "lucide-react";
import { useEffect, useRef, type PointerEvent, type ReactElement, type ReactNode } from "react";
import { useLatest } from "../ui/use-latest.ts";
import { isRepeating, type BarKey } from "./keys.ts";
import type { StickyModifiers } from "./sticky-modifiers.ts";

interface KeyBarProps {
  readonly modifiers: StickyModifiers;
  readonly onKey: (key: BarKey) => void;
  readonly onModifier: (name: "ctrl" | "alt") => void;
  readonly onPaste: () => void;
}

const REPEAT_AFTER_MS = 380;
const REPEAT_EACH_MS = 55;

type Cell =
  | { readonly key: BarKey; readonly label: ReactNode; readonly name: string }
  | { readonly modifier: "ctrl" | "alt"; readonly label: string }
  | { readonly paste: true };

const ROWS: readonly (readonly Cell[])[] = [
  [
    { key: "escape", label: "Esc", name: "Escape" },
    { key: "shift-tab", label: "⇧Tab", name: "Shift+Tab" },
    { key: "home", label: "Home", name: "Home" },
    { key: "end", label: "End", name: "End" },
    { key: "page-up", label: "PgUp", name: "Page up" },
    { key: "up", label: <ArrowUp size={18} />, name: "Up" },
    { key: "page-down", label: "PgDn", name: "Page down" },
    { key: "interrupt", label: "^C", name: "Control C" },
  ],
  [
    { key: "tab", label: "Tab", name: "Tab" },
    { modifier: "ctrl", label: "Ctrl" },
    { modifier: "alt", label: "Alt" },
    { paste: true },
    { key: "left", label: <ArrowLeft size={18} />, name: "Left" },
    { key: "down", label: <ArrowDown size={18} />, name: "Down" },
    { key: "right", label: <ArrowRight size={18} />, name: "Right" },
    { key: "enter", label: <CornerDownLeft size={18} />, name: "Enter" },
  ],
];

export function KeyBar(props: KeyBarProps): ReactElement {
  return (
    <div role="toolbar" aria-label="Keys" className="flex shrink-0 flex-col gap-1 border-t border-line bg-paper px-1 py-1 select-none">
      {ROWS.map((row, index) => (
        <div key={index === 0 ? "upper" : "lower"} className="mx-auto grid w-full max-w-2xl grid-cols-8 gap-1">
          {row.map((cell) => (
            <KeyCell key={nameOf(cell)} cell={cell} {...props} />
          ))}
        </div>
      ))}
    </div>
  );
}

function nameOf(cell: Cell): string {
  if ("key" in cell) return cell.name;
  return "modifier" in cell ? cell.label : "Paste";
}

function KeyCell({ cell, modifiers, onKey, onModifier, onPaste }: KeyBarProps & { readonly cell: Cell }): ReactElement {
  if ("key" in cell)
    return <RepeatingKey name={cell.name} label={cell.label} repeats={isRepeating(cell.key)} onPress={() => onKey(cell.key)} />;
  if ("paste" in cell) return <RepeatingKey name="Paste" label={<ClipboardPaste size={18} />} repeats={false} onPress={onPaste} />;
  const state = modifiers[cell.modifier];
  const look = state === "off" ? "" : state === "armed" ? "!bg-alive/25 !text-alive-ink" : "!bg-alive !text-paper";
  return (
    <Key name={cell.label} isPressed={state !== "off"} className={look} onDown={() => onModifier(cell.modifier)}>
      {cell.label}
    </Key>
  );
}

interface RepeatingKeyProps {
  readonly name: string;
  readonly label: ReactNode;
  readonly repeats: boolean;
  readonly onPress: () => void;
}

function RepeatingKey({ name, label, repeats, onPress }: RepeatingKeyProps): ReactElement {
  const press = useLatest(onPress);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const stop = (): void => clearTimeout(timer.current);
  useEffect(() => () => clearTimeout(timer.current), []);
  const repeat = (afterMs: number): void => {
    timer.current = setTimeout(() => {
      press.current();
      repeat(REPEAT_EACH_MS);
    }, afterMs);
  };
  return (
    <Key
      name={name}
      onDown={() => {
        press.current();
        stop();
        if (repeats) repeat(REPEAT_AFTER_MS);
      }}
      onUp={stop}
    >
      {label}
    </Key>
  );
}

interface KeyProps {
  readonly name: string;
  readonly isPressed?: boolean;
  readonly className?: string;
  readonly onDown: () => void;
  readonly onUp?: () => void;
  readonly children: ReactNode;
}

function Key({ name, isPressed, className = "", onDown, onUp, children }: KeyProps): ReactElement {
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={name}
      aria-pressed={isPressed}
      onPointerDown={(event: PointerEvent) => {
        event.preventDefault();
        onDown();
      }}
      onPointerUp={onUp}
      onPointerLeave={onUp}
      onPointerCancel={onUp}
      // A mouse or finger has acted already; this is for assistive technology, which only clicks.
      onClick={(event) => {
        if (event.detail === 0) onDown();
        onUp?.();
      }}
      onContextMenu={(event) => event.preventDefault()}
      className={`flex h-11 min-w-0 touch-none items-center justify-center rounded-lg border border-line bg-raised text-[0.8125rem] font-medium text-ink active:bg-line ${className}`}
    >
      {children}
    </button>
  );
}
