/** A menu under a button, on the browser's popover: it closes by itself, lies above everything, and works with the arrow keys. */
import { useId, useRef, useState, type KeyboardEvent, type ReactElement, type ReactNode } from "react";
import { IconButton } from "./button.tsx";

export interface MenuItem {
  readonly label: string;
  readonly icon: ReactNode;
  readonly onSelect: () => void;
  readonly isDanger?: boolean;
  /** Words on the right, such as a value. */
  readonly detail?: string;
}

interface MenuProps {
  readonly label: string;
  readonly icon: ReactNode;
  readonly items: readonly MenuItem[];
  /** Shown above the items. */
  readonly children?: ReactNode;
  readonly className?: string;
}

const MARGIN_PX = 8;

export function Menu({ label, icon, items, children, className = "" }: MenuProps): ReactElement {
  const id = useId();
  const button = useRef<HTMLSpanElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  return (
    <span ref={button} className={`inline-flex ${className}`}>
      <IconButton
        label={label}
        aria-haspopup="menu"
        popoverTarget={id}
        onClick={(event) => {
          event.stopPropagation();
        }}
      >
        {icon}
      </IconButton>
      <div
        ref={popover}
        id={id}
        popover="auto"
        role="menu"
        aria-label={label}
        onBeforeToggle={(event) => setOpen(event.newState === "open")}
        onToggle={(event) => {
          if (event.newState === "open") open(button.current, popover.current);
        }}
        onKeyDown={moveFocus}
        onClick={(event) => event.stopPropagation()}
        className="fixed m-0 max-h-[calc(var(--app-height)-1rem)] min-w-56 overflow-y-auto rounded-2xl border border-line bg-raised p-1.5 text-ink shadow-[0_12px_40px_var(--shadow)]"
      >
        {isOpen && children}
        {(isOpen ? items : []).map((item) => (
          <button
            key={item.label}
            type="button"
            role="menuitem"
            onClick={() => {
              popover.current?.hidePopover();
              item.onSelect();
            }}
            className={`flex min-h-11 w-full items-center gap-3 rounded-xl px-3 text-left text-row outline-offset-[-2px] hover:bg-sunken active:bg-line ${item.isDanger === true ? "text-lost" : ""}`}
          >
            <span className="shrink-0 opacity-75">{item.icon}</span>
            <span className="grow">{item.label}</span>
            {item.detail !== undefined && <span className="text-small text-soft">{item.detail}</span>}
          </button>
        ))}
      </div>
    </span>
  );
}

/** Below the button, its right edge at the button's; above it where there is no room below. */
function open(anchor: HTMLElement | null, menu: HTMLElement | null): void {
  if (anchor === null || menu === null) return;
  const at = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const left = Math.max(MARGIN_PX, Math.min(at.right - width, innerWidth - width - MARGIN_PX));
  const hasRoomBelow = at.bottom + height + MARGIN_PX <= innerHeight;
  const top = hasRoomBelow ? at.bottom + 2 : Math.max(MARGIN_PX, at.top - height - 2);
  menu.style.left = `${left}px`;
  menu.style.top = `${top}px`;
  menu.querySelector<HTMLElement>("[role=menuitem]")?.focus({ preventScroll: true });
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=menuitem]")];
  const current = items.findIndex((item) => item === document.activeElement);
  items[(current + step + items.length) % items.length]?.focus();
}
