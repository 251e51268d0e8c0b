/**
 * Words of a program as a person reads them: without what is meant for a terminal, and out of the JSON in which some wrap them. What
 * an agent means by its words is looked for in these.
 */

/** What a terminal is told between the words, and what no text holds. */
export const FOR_TERMINALS: RegExp =
  // oxlint-disable-next-line no-control-regex -- that is what is looked for
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\^_=>78])|[\u0000-\u0008\u000b-\u001f\ufeff]/g;

export function plainWords(text: string): string {
  return text
    .replaceAll(FOR_TERMINALS, "")
    .replaceAll(String.raw`\"`, '"')
    .replaceAll(String.raw`\n`, "\n");
}

/** What is said of a thing that is not there, in words that were seen, and in some languages that agents speak. */
const NOT_THERE =
  /not found|\bno (?:such|saved|previous|conversation|session|thread|rollout)|(?:can(?:no|')t|could ?n[o']t|unable to) (?:be )?(?:find|found|locate)|do(?:es)?(?: not|n't) exist|unknown (?:session|conversation|thread)|nicht gefunden|existiert nicht|keine? (?:unterhaltung|konversation|sitzung)|introuvable|aucune (?:conversation|session)|no (?:se )?(?:encontr|existe)|n[ãa]o (?:foi )?encontrad|non trovat|не найден|見つかりません|找不到|未找到/i;

/**
 * A line names this conversation and says that it is not there. For words at a start alone: later a line with the id may be
 * anybody's. That the id stands in it keeps what is said of other things out.
 */
export function saysNotThere(text: string, id: string): boolean {
  const lines = plainWords(text).split("\n");
  return id !== "" && lines.some((line) => line.includes(id) && NOT_THERE.test(line));
}
