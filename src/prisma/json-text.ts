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

/** Of a time, as `Date.toISOString` prints it; in the years from 1 to 9999. */
export function jsonTime(column: string): string {
  return `COALESCE('"' || to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"', 'null')`;
}
