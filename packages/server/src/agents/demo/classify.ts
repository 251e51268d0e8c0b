/** The demo agent's own words on stderr. */
import type { Classify } from "../driver.ts";

export const classifyDemo: Classify = (text) => {
  if (text.includes("No conversation found with session ID")) return "unknown-conversation";
  if (text.includes("already has an active writer")) return "locked";
  if (text.includes("is signed out")) return "auth";
  return null;
};
