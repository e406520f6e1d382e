/** PostgreSQL's text holds neither U+0000 nor lone surrogates, and nothing may keep a dead letter out of the table. */
export function storable(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD').toWellFormed();
}
