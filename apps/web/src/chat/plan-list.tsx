/** What the agent means to do, and how far it has come. */
import type { PlanStep } from "@perdure/protocol";
import { Circle, CircleCheck, CircleDot } from "lucide-react";
import type { ReactElement, ReactNode } from "react";

const ICONS: Readonly<Record<PlanStep["status"], ReactNode>> = {
  pending: <Circle size={16} className="text-soft/60" />,
  running: <CircleDot size={16} className="text-alive" />,
  completed: <CircleCheck size={16} className="text-alive" />,
};
const WORDS: Readonly<Record<PlanStep["status"], string>> = { pending: "to do", running: "in work", completed: "done" };

export function PlanList({ steps }: { readonly steps: readonly PlanStep[] }): ReactElement {
  const done = steps.filter(({ status }) => status === "completed").length;
  return (
    <section aria-label="Plan" className="rounded-xl border border-line bg-raised px-3.5 py-3">
      <h3 className="flex justify-between text-tiny font-medium text-soft">
        <span>Plan</span>
        <span className="tabular">
          {done} of {steps.length}
        </span>
      </h3>
      <ol className="mt-2 flex flex-col gap-1.5 text-small">
        {Array.from(steps, (step, place) => (
          <li key={place} className="flex gap-2.5">
            <span aria-hidden className="mt-px shrink-0">
              {ICONS[step.status]}
            </span>
            <span className={`min-w-0 wrap-anywhere ${step.status === "completed" ? "text-soft" : ""}`}>
              {step.text}
              <span className="sr-only"> ({WORDS[step.status]})</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
