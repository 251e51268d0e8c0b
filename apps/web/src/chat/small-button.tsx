/** A button inside the transcript: smaller to the eye than the app's other buttons, as large to the finger. */
import type { ButtonHTMLAttributes, ReactElement, ReactNode } from "react";

type Look = "primary" | "plain" | "danger" | "quiet";

const LOOKS: Readonly<Record<Look, string>> = {
  primary: "bg-action text-on-action hover:opacity-90",
  plain: "border border-line bg-raised hover:bg-sunken",
  danger: "border border-lost/40 bg-raised text-lost hover:bg-lost/10",
  quiet: "text-soft hover:bg-sunken hover:text-ink",
};

interface SmallButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: Look;
  readonly children: ReactNode;
}

export function SmallButton({ look = "plain", className = "", children, ...rest }: SmallButtonProps): ReactElement {
  return (
    <button
      type="button"
      {...rest}
      className={`relative inline-flex min-h-9 items-center justify-center gap-1.5 rounded-lg px-3 text-small font-medium transition-[opacity,background-color] before:absolute before:-inset-y-1 before:inset-x-0 before:content-[''] active:opacity-75 disabled:opacity-45 ${LOOKS[look]} ${className}`}
    >
      {children}
    </button>
  );
}
