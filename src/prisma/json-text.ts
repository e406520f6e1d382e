/**
 * SQL of the JSON text of an object, without spaces, as `JSON.stringify` prints it.
 *
 * @param members name → SQL of the member's own JSON text, which must not be NULL: all of the text would be
 */
export function jsonObject(members: Readonly<Record<string, string>>): string {
  const parts = Object.entries(members).map(
    ([name, sql], index) => `'${index === 0 ? '{' : ','}${JSON.stringify(name)}:' || ${sql}`,
  );
  return `${parts.join(' || ')} || '}'`;
}

/** Of a number. */
export function jsonNumber(sql: string): string {
  return `COALESCE((${sql})::text, 'null')`;
}

/**
 * Of a time, as `Date.toISOString` prints it; in the years from 1000 to 9999, and whole milliseconds as the columns hold them. A tenth
 * of one more has PostgreSQL print all their digits, and one that falls away; `to_char` would cost half as much again.
 */
export function jsonTime(column: string): string {
  const withFourDigits = `to_json(${column} AT TIME ZONE interval '0' + interval '100 microseconds')::text`;
  return `COALESCE(left(${withFourDigits}, ${'"2026-11-24T09:30:00.000'.length}) || 'Z"', 'null')`;
}
