/** Which sequences may ask the terminal something. */

/** Final bytes of the CSI sequences that may. */
export const ASKING_FINALS: ReadonlySet<number> = new Set(Array.from("cnpqtu", (final) => final.charCodeAt(0)));

/** Introducers in either form, of 7 and of 8 bits; of CSI up to a final byte that asks, of OSC with the mark of a question, of DCS all. */
const ASKING = /(?:\x1b\[|\xc2\x9b)[\x20-\x3f]*[cnpqtu]|(?:\x1b\]|\xc2\x9d)[^\x07\x1b]*\?|\x1bP|\xc2\x90/; // oxlint-disable-line no-control-regex -- these are terminal sequences

/** Whether output may hold a query. A query that was cut off at its beginning is not found. */
export function mayAsk(output: Uint8Array): boolean {
  return ASKING.test(Buffer.from(output.buffer, output.byteOffset, output.byteLength).toString("latin1"));
}
