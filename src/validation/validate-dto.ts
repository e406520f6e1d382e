import { type ValidationError, validateSync } from 'class-validator';
import { invalid } from '../errors/app-error.js';

/**
 * Makes an instance of a DTO class of `members` and validates it with class-validator; the first fault is thrown as
 * `invalid` and names its field. With `presentOnly`, members that are not there yet are not missed.
 */
export function validateDto<T extends object>(
  type: new () => T,
  members: Readonly<Record<string, unknown>>,
  presentOnly = false,
): T {
  const dto = Object.assign(new type(), members);
  const errors = validateSync(dto, { stopAtFirstError: true, forbidUnknownValues: false });
  const error = presentOnly ? errors.find((one) => one.value !== undefined) : errors[0];
  if (error !== undefined) throw fault(error, '');
  return dto;
}

function fault(error: ValidationError, parent: string): Error {
  const index = /^\d+$/.test(error.property);
  const path = parent === '' ? error.property : index ? `${parent}[${error.property}]` : `${parent}.${error.property}`;
  const [inner] = error.children ?? [];
  if (inner !== undefined) return fault(inner, path);
  const [message] = Object.values(error.constraints ?? {});
  return invalid(path, error.value === undefined ? 'is required' : (message ?? 'is invalid'));
}
