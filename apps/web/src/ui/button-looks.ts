/** How buttons look, whatever their size. */
export type ButtonLook = "primary" | "plain" | "quiet" | "danger";

export const BUTTON_LOOKS: Readonly<Record<ButtonLook, string>> = {
  primary: "bg-action text-on-action hover:opacity-90",
  plain: "border border-line bg-raised hover:bg-sunken",
  quiet: "text-soft hover:bg-sunken hover:text-ink",
  danger: "border border-lost/40 bg-raised text-lost hover:bg-lost/10",
};
