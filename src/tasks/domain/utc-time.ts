import { FieldError, quote } from './field-error.js';

/** `YYYY-MM-DD`, then `T` or a space, `HH:MM`, optionally seconds with a fraction, optionally a zone. */
const FORM =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?(?:([Zz])|([+-])(\d{2})(?::?(\d{2}))?)?$/;
const MINUTE_MS = 60_000;

/** Far beyond any simulation, and where JavaScript and PostgreSQL agree on calendar and text. */
const EARLIEST = Date.UTC(1900, 0, 1);
const AFTER_LATEST = Date.UTC(10_000, 0, 1);

/**
 * Parses ISO 8601 date and time in the extended form, or Python's `YYYY-MM-DD HH:MM:SS.ffffff`; without a zone it is
 * UTC. Throws FieldError for anything else, impossible dates among it.
 *
 * @returns epoch milliseconds; finer fractions are cut
 */
export function parseUtcTime(value: unknown, field: string): number {
  const match = typeof value === 'string' && value.length <= MAX_CHARACTERS ? FORM.exec(value) : null;
  if (match === null) {
    throw new FieldError(
      field,
      `${quote(value)} is not a time such as 2026-11-24T09:30:00Z or "2026-11-24 09:30:00.5"`,
    );
  }
  const [, year, month, day, hour, minute, second = '0', fraction = ''] = match;
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const time = new Date(Date.UTC(2000, 0, 1, Number(hour), Number(minute), Number(second), milliseconds));
  time.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isReal = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60 && time.getUTCDate() === Number(day);
  if (!isReal || time.getUTCMonth() !== Number(month) - 1)
    throw new FieldError(field, `${quote(value)} does not exist`);
  const instant = time.getTime() - zoneOffset(match, field) * MINUTE_MS;
  if (instant < EARLIEST || instant >= AFTER_LATEST) {
    throw new FieldError(field, `${quote(value)} is not in the years 1900 to 9999`);
  }
  return instant;
}

/** Minutes east of UTC. */
function zoneOffset(match: RegExpExecArray, field: string): number {
  const [text, , , , , , , , , sign, hours = '0', minutes = '0'] = match;
  if (Number(hours) > 23 || Number(minutes) > 59) throw new FieldError(field, `${quote(text)} has an impossible zone`);
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

const MAX_CHARACTERS = 64;
