/** A button inside the transcript: smaller to the eye than the app's other buttons, as large to the finger. */
import type { ButtonHTMLAttributes, ReactElement, ReactNode } from "react";
import { BUTTON_LOOKS, type ButtonLook } from "../ui/button-looks.ts";

interface SmallButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: ButtonLook;
  readonly children: ReactNode;
}

export function SmallButton({ look = "plain", className = "", children, ...rest }: SmallButtonProps): ReactElement {
  return (
    <button
      type="button"
      {...rest}
      className={`relative inline-flex min-h-9 items-center justify-center gap-1.5 rounded-lg px-3 text-small font-medium transition-[opacity,background-color] before:absolute before:-inset-y-1.5 before:inset-x-0 before:content-[''] active:opacity-75 disabled:opacity-45 ${BUTTON_LOOKS[look]} ${className}`}
    >
      {children}
    </button>
  );
}
