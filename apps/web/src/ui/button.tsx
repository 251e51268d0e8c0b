/** The two buttons of the app: one with words, one with an icon. Both are 44 px high or more, as fingers need. */
import type { ButtonHTMLAttributes, ReactElement, ReactNode } from "react";
import { BUTTON_LOOKS, type ButtonLook } from "./button-looks.ts";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: ButtonLook;
  readonly children: ReactNode;
}

export function Button({ look = "plain", className = "", children, ...rest }: ButtonProps): ReactElement {
  return (
    <button
      type="button"
      {...rest}
      className={`inline-flex min-h-11 items-center justify-center gap-2 rounded-xl px-4 text-row font-medium whitespace-nowrap transition-[opacity,background-color] active:opacity-75 disabled:opacity-45 ${BUTTON_LOOKS[look]} ${className}`}
    >
      {children}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly label: string;
  readonly children: ReactNode;
}

export function IconButton({ label, className = "", children, ...rest }: IconButtonProps): ReactElement {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      title={label}
      className={`inline-flex size-11 shrink-0 items-center justify-center rounded-xl text-soft transition-colors hover:bg-sunken hover:text-ink active:bg-line disabled:opacity-40 ${className}`}
    >
      {children}
    </button>
  );
}
