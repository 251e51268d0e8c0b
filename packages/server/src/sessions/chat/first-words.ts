/** The beginning of a text as one line of a list: whole words, without line breaks and without the marks of Markdown. */

const MARKS: readonly (readonly [RegExp, string])[] = [
  [/^ {0,3}(?:```|~~~).*$/gm, ""],
  [/^ {0,3}(?:#{1,6}|>|[-*+]|\d{1,9}[.)])[ \t]+/gm, ""],
  [/^ {0,3}\|?[ \t:|-]+\|?[ \t]*$/gm, ""],
  [/!?\[([^\]\n]{0,500})\]\([^)\n]{0,2000}\)/g, "$1"],
  [/(\*\*|~~)(?=\S)(.{1,500}?)(?<=\S)\1/g, "$2"],
  [/(?<![\w*])\*(?=\S)([^*\n]{1,500}?)(?<=\S)\*(?![\w*])/g, "$1"],
  [/`([^`\n]+)`/g, "$1"],
];

/** What is left when it is read aloud. Good enough for a line, not a reading of Markdown: what it does not know stays. */
export function withoutMarks(markdown: string): string {
  return MARKS.reduce((text, [mark, instead]) => text.replaceAll(mark, instead), markdown);
}

/** A longer text ends behind a word, with an ellipsis. */
export function firstWords(text: string, mostCharacters: number): string {
  const line = text
    .slice(0, 4 * mostCharacters)
    .replaceAll(/\s+/g, " ")
    .trim();
  if (line.length <= mostCharacters) return line;
  const cut = line.slice(0, mostCharacters - 1);
  const end = cut.lastIndexOf(" ");
  return `${(end > mostCharacters / 2 ? cut.slice(0, end) : cut).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
