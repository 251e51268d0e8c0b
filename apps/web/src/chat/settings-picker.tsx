/** Model and mode, as the agent offers them. The device's own picker opens: it is the best one on each. */
import type { Choice, Conversation } from "@perdure/protocol";
import { ChevronDown } from "lucide-react";
import type { ReactElement } from "react";
import { useAttempt, useChat } from "./chat-actions.ts";

interface SettingsPickerProps {
  readonly settings: Conversation["settings"];
  readonly isLive: boolean;
}

export function SettingsPicker({ settings, isLive }: SettingsPickerProps): ReactElement {
  const { view } = useChat();
  const { isBusy, attempt } = useAttempt();
  const isDisabled = isBusy || !isLive;
  return (
    <>
      <Picker
        label="Model"
        choices={settings.models}
        chosen={settings.model}
        isDisabled={isDisabled}
        onChoose={(model) => void attempt(async () => view.choose({ model }))}
      />
      <Picker
        label="Mode"
        choices={settings.modes}
        chosen={settings.mode}
        isDisabled={isDisabled}
        onChoose={(mode) => void attempt(async () => view.choose({ mode }))}
      />
    </>
  );
}

interface PickerProps {
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly chosen: string | null;
  readonly isDisabled: boolean;
  readonly onChoose: (id: string) => void;
}

function Picker({ label, choices, chosen, isDisabled, onChoose }: PickerProps): ReactElement | null {
  if (choices.length === 0) return chosen === null ? null : <span className="truncate px-2 text-tiny text-soft">{chosen}</span>;
  const isKnown = choices.some(({ id }) => id === chosen);
  return (
    <span className="relative inline-flex min-w-0 items-center rounded-lg text-soft focus-within:text-ink hover:bg-sunken hover:text-ink">
      <select
        aria-label={label}
        title={choices.find(({ id }) => id === chosen)?.description ?? label}
        value={chosen ?? ""}
        disabled={isDisabled}
        onChange={(event) => onChoose(event.target.value)}
        className="field-sizing-content min-h-11 max-w-40 min-w-0 cursor-pointer appearance-none truncate rounded-lg bg-transparent pr-6 pl-2 text-tiny font-medium disabled:cursor-default disabled:opacity-60 sm:max-w-56"
      >
        {!isKnown && <option value={chosen ?? ""}>{chosen ?? `${label} of the agent`}</option>}
        {choices.map((choice) => (
          <option key={choice.id} value={choice.id}>
            {choice.label}
          </option>
        ))}
      </select>
      <ChevronDown size={13} aria-hidden className="pointer-events-none absolute right-1.5" />
    </span>
  );
}
