import { invalid } from '../errors/app-error.js';
import { FieldError } from '../tasks/domain/field-error.js';
import { parseUtcTime } from '../tasks/domain/utc-time.js';

/** The form in which a moment is asked for, for descriptions. */
export const TIME_FORM = 'ISO 8601, e.g. 2026-11-25T00:00:00Z; UTC without a zone';

/** Reads a moment; undefined where nothing was sent. Throws `invalid`. */
export function readTime(field: string, text: string | undefined): Date | undefined {
  try {
    return text === undefined ? undefined : new Date(parseUtcTime(text, field));
  } catch (error) {
    throw error instanceof FieldError ? invalid(error.field, error.wrong) : error;
  }
}
