/** What is wrong with one field of an update: the field by its path (`update_dict.start_time`), and the fault. */
export class FieldError extends Error {
  constructor(
    readonly field: string,
    readonly wrong: string,
  ) {
    super(`${field}: ${wrong}`);
  }
}

const QUOTED_CHARACTERS = 60;

/** A value as JSON for a message, cut where it is long. */
export function quote(value: unknown): string {
  // Cut before it is serialised: a string of a body may have megabytes.
  const text = JSON.stringify(typeof value === 'string' ? value.slice(0, QUOTED_CHARACTERS + 1) : value);
  return text.length > QUOTED_CHARACTERS + 2 ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text;
}
