/** A pairing link carries its one-time code in the fragment, which no server log and no referrer ever sees. */

const CODE = /^[\w-]{8,128}$/;

/** The code in `#pair=…`; `undefined` if there is none. */
export function codeInFragment(hash: string): string | undefined {
  const code = new URLSearchParams(hash.replace(/^#/, "")).get("pair") ?? "";
  return CODE.test(code) ? code : undefined;
}

/** The code in what a person pasted: the whole link, its fragment, or the bare code. */
export function codeInText(text: string): string | undefined {
  const trimmed = text.trim();
  const hash = trimmed.indexOf("#");
  if (hash >= 0) return codeInFragment(trimmed.slice(hash));
  if (trimmed.startsWith("pair=")) return codeInFragment(trimmed);
  return CODE.test(trimmed) ? trimmed : undefined;
}

/** The link for another device, on the origin that this page was reached by. */
export function pairingLink(origin: string, code: string): string {
  return `${origin}/#pair=${encodeURIComponent(code)}`;
}
