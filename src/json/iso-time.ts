/** Times that came lately, with their text; a browser that polls asks for the same ones again and again. */
const known = new Map<number, string>();
const MOST_KNOWN = 20_000;

/** As `Date.toISOString` of epoch milliseconds, which would be a quarter of the cost of a list of tasks. */
export function isoTime(milliseconds: number): string {
  let text = known.get(milliseconds);
  if (text === undefined) {
    if (known.size === MOST_KNOWN) known.clear();
    text = new Date(milliseconds).toISOString();
    known.set(milliseconds, text);
  }
  return text;
}
