/** Length in characters as users count them for limits: Unicode code points. */
export function countCharacters(text: string): number {
  return Array.from(text).length;
}
