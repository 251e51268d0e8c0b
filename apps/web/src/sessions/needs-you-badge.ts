/** How many sessions need the user, where a tab shows it: in the title and on the icon. */
import { createContext, useContext, useEffect, type Context } from "react";
import { windowTitle } from "./attention-order.ts";

export const NeedsYouContext: Context<number> = createContext(0);

const SIDE = 64;
const MOST = 9;

/** Names the window after the place, with the count before it. */
export function useWindowTitle(place: string): void {
  const count = useContext(NeedsYouContext);
  useEffect(() => {
    document.title = windowTitle(place, count);
  }, [place, count]);
}

/** Keeps the tab's icon and, where the app is installed, its badge. */
export function useIconBadge(count: number): void {
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (link !== null) link.href = count === 0 ? "/icon.svg" : drawIcon(count);
    if ("setAppBadge" in navigator) void setAppBadge(count);
  }, [count]);
}

async function setAppBadge(count: number): Promise<void> {
  try {
    await (count === 0 ? navigator.clearAppBadge() : navigator.setAppBadge(count));
  } catch {
    // Only installed apps may have one.
  }
}

function drawIcon(count: number): string {
  const canvas = document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  const context = canvas.getContext("2d");
  if (context === null) return "/icon.svg";
  context.fillStyle = "#1b1a17";
  context.beginPath();
  context.roundRect(0, 0, SIDE, SIDE, 14);
  context.fill();
  context.fillStyle = "#f2b54a";
  context.beginPath();
  context.arc(SIDE / 2, SIDE / 2, 24, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = "#1b1a17";
  context.font = "700 36px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(count > MOST ? "9+" : String(count), SIDE / 2, SIDE / 2 + 2);
  return canvas.toDataURL("image/png");
}
