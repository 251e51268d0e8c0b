/** A labelled line of text. 16 px letters: smaller ones make phones zoom into the field. */
import { useId, type InputHTMLAttributes, type ReactElement, type ReactNode } from "react";

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly isMono?: boolean;
  /** Has the focus when its dialog opens. */
  readonly isFirst?: boolean;
}

export function Field({ label, hint, isMono = false, isFirst = false, className = "", ...rest }: FieldProps): ReactElement {
  const id = useId();
  return (
    <div className={`flex flex-col gap-1.5 ${className}`}>
      <label htmlFor={id} className="text-small font-medium text-soft">
        {label}
      </label>
      <input
        id={id}
        autoComplete="off"
        autoCorrect="off"
        autoCapitalize="off"
        spellCheck={false}
        {...(isFirst ? { "data-first": true } : {})}
        {...rest}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        className={`min-h-11 w-full rounded-xl border border-line bg-paper px-3 text-base outline-offset-0 placeholder:text-soft/60 ${isMono ? "font-mono text-[0.9375rem]" : ""}`}
      />
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-tiny text-soft">
          {hint}
        </p>
      )}
    </div>
  );
}
