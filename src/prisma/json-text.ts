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
