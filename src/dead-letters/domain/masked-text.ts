/** What stands for an update key where it may not be shown. */
export const MASK = '***';

/** A member's name, escapes and all, and its colon. Longer names are none that interest us. */
const NAME = /"((?:[^"\\]|\\[^]){1,80})"\s*:\s*/g;

/**
 * JSON text, well-formed or not, with the value of every `update_key` replaced; everything else stays as it is. Works on
 * bytes as well, read as latin1.
 */
export function maskUpdateKeys(text: string): string {
  let masked = '';
  let copied = 0;
  for (const [start, end] of valuesOf(text, (name) => name === 'update_key')) {
    if (start < copied) continue;
    masked += `${text.slice(copied, start)}"${MASK}"`;
    copied = end;
  }
  return masked + text.slice(copied);
}

/** The simulation that a worker's body names, as text; undefined where it can't be told. */
export function simulationIn(text: string): string | undefined {
  for (const [start, end] of valuesOf(text, (name) => name === 'simulation_id' || name === 'sim_id')) {
    const value = text.slice(start, end);
    if (/^\d{1,16}$/.test(value)) return value;
    if (/^"[A-Za-z0-9._:-]{1,128}"$/.test(value)) return value.slice(1, -1);
  }
  return undefined;
}

/** Where the values of members of these names stand; a value that is cut off goes on to the end. */
function* valuesOf(
  text: string,
  isWanted: (name: string) => boolean,
): Generator<readonly [start: number, end: number]> {
  for (const match of text.matchAll(NAME)) {
    if (!isWanted(unescaped(match[1] ?? ''))) continue;
    const start = match.index + match[0].length;
    yield [start, endOfScalar(text, start)];
  }
}

function unescaped(name: string): string {
  if (!name.includes('\\')) return name;
  try {
    return String(JSON.parse(`"${name}"`));
  } catch {
    return name;
  }
}

function endOfScalar(text: string, start: number): number {
  if (text[start] !== '"') {
    const rest = /[\s,}\]]/g;
    rest.lastIndex = start;
    return rest.exec(text)?.index ?? text.length;
  }
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}
