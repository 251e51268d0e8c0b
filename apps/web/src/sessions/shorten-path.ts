/** Directories as people say them: the home directory is `~`, and what does not fit loses its middle, never its end. */

const HOME = /^(?:\/home\/[^/]+|\/Users\/[^/]+|\/root)(?=\/|$)/;

/** The path with `~` for the home directory, at most `maxLength` characters long where that is possible. */
export function shortenPath(path: string, maxLength: number = 40): string {
  const tilde = path.replace(HOME, "~");
  if (tilde.length <= maxLength) return tilde;
  const parts = tilde.split("/");
  const first = parts[0] === "" ? `/${parts[1] ?? ""}` : (parts[0] ?? "");
  for (let from = parts[0] === "" ? 3 : 2; from < parts.length; from += 1) {
    const short = `${first}/…/${parts.slice(from).join("/")}`;
    if (short.length <= maxLength || from === parts.length - 1) return short;
  }
  return tilde;
}
