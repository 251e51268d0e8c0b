/** Who may use this server: this device, the others, and a way to add one. */
import type { DeviceInfo } from "@perdure/protocol";
import { Plus } from "lucide-react";
import { useEffect, useState, type ReactElement } from "react";
import { ConnectionIndicator } from "../live/connection-indicator.tsx";
import { useConnection, useServices } from "../live/services.ts";
import { useWindowTitle } from "../sessions/needs-you-badge.ts";
import { agoWords } from "../sessions/relative-time.ts";
import { BackLink } from "../ui/back-link.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/dialog.tsx";
import { useNow } from "../ui/use-now.ts";
import { AddPhoneDialog } from "./add-phone-dialog.tsx";

export default function DevicesPage(): ReactElement {
  const { devices, problem, reload } = useDevices();
  const [isAdding, setAdding] = useState(false);
  useWindowTitle("Devices");
  return (
    <div className="app-frame flex flex-col">
      <header className="shrink-0 pt-[env(safe-area-inset-top)]">
        <div className="mx-auto flex h-14 w-full max-w-3xl items-center gap-1 pr-3 pl-1 sm:px-6">
          <BackLink className="sm:-ml-3" />
          <h1 className="grow text-[1.0625rem] font-semibold tracking-tight">Devices</h1>
          <ConnectionIndicator />
        </div>
      </header>
      <main className="grow overflow-y-auto overscroll-contain">
        <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-3 pt-2 pb-10 sm:px-6">
          {problem !== "" && (
            <p role="alert" className="text-small text-lost">
              {problem}
            </p>
          )}
          {devices !== undefined && <DeviceList devices={devices} onRevoked={reload} />}
          <Button look="primary" className="sm:self-start" onClick={() => setAdding(true)}>
            <Plus size={18} /> Add a phone
          </Button>
        </div>
      </main>
      {isAdding && (
        <AddPhoneDialog
          onClose={() => {
            setAdding(false);
            reload();
          }}
        />
      )}
    </div>
  );
}

interface Devices {
  readonly devices: readonly DeviceInfo[] | undefined;
  readonly problem: string;
  readonly reload: () => void;
}

function useDevices(): Devices {
  const { rest } = useServices();
  const isLive = useConnection().is === "connected";
  const [devices, setDevices] = useState<readonly DeviceInfo[] | undefined>(undefined);
  const [problem, setProblem] = useState("");
  const [asked, setAsked] = useState(1);
  useEffect(() => {
    const load = async (): Promise<void> => {
      try {
        setDevices(await rest.devices());
        setProblem("");
      } catch (error) {
        setProblem(error instanceof Error ? error.message : "The devices could not be read.");
      }
    };
    // Without a connection the answer would only be that there is none.
    if (isLive && asked > 0) void load();
  }, [rest, isLive, asked]);
  return { devices, problem, reload: () => setAsked((times) => times + 1) };
}

function DeviceList({ devices, onRevoked }: { readonly devices: readonly DeviceInfo[]; readonly onRevoked: () => void }): ReactElement {
  const { rest, toasts, signInAgain } = useServices();
  const [revoking, setRevoking] = useState<DeviceInfo | undefined>(undefined);
  const now = useNow(30_000);
  const revoke = async (device: DeviceInfo): Promise<void> => {
    try {
      await rest.revoke(device.id);
    } catch (error) {
      toasts.say(error instanceof Error ? error.message : "That did not work.");
    }
    if (device.isThis) signInAgain();
    else onRevoked();
  };
  const sorted = devices.toSorted((a, b) => Number(b.isThis) - Number(a.isThis) || b.lastSeenAt - a.lastSeenAt);
  return (
    <ul className="divide-y divide-line overflow-hidden rounded-2xl border border-line bg-raised">
      {sorted.map((device) => (
        <li key={device.id} className="flex items-center gap-3 py-2.5 pr-2 pl-4">
          <div className="min-w-0 grow">
            <p className="flex items-center gap-2 text-row font-medium">
              <span className="truncate">{device.name}</span>
              {device.isThis && <span className="shrink-0 rounded-full bg-alive/15 px-2 py-0.5 text-tiny text-alive-ink">this device</span>}
            </p>
            <p className="text-small text-soft">
              {device.isThis ? "In use now" : `Last seen ${agoWords(device.lastSeenAt, now)}`} · added {agoWords(device.createdAt, now)}
            </p>
          </div>
          <Button look="quiet" onClick={() => setRevoking(device)}>
            Revoke
          </Button>
        </li>
      ))}
      {revoking !== undefined && (
        <ConfirmDialog
          title={`Revoke ${revoking.name}?`}
          action="Revoke"
          onConfirm={() => void revoke(revoking)}
          onClose={() => setRevoking(undefined)}
        >
          {revoking.isThis ? "You will be signed out here at once." : "It is signed out at once."} To come back it needs a new code from{" "}
          <code className="font-mono text-small">perdure pair</code> or from this page.
        </ConfirmDialog>
      )}
    </ul>
  );
}
