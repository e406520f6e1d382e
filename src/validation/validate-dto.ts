import { type ValidationError, validateSync } from 'class-validator';
import { invalid } from '../errors/app-error.js';
import { FlatRules } from './flat-rules.js';

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
  if (rulesOf(type)?.hold(dto, presentOnly) === true) return dto;
  const errors = validateSync(dto, { stopAtFirstError: true, forbidUnknownValues: false });
  const error = presentOnly ? errors.find((one) => one.value !== undefined) : errors[0];
  if (error !== undefined) throw fault(error, '');
  return dto;
}

/** The same without saying what is wrong; undefined also where only class-validator can tell. */
export function validDto<T extends object>(
  type: new () => T,
  members: Readonly<Record<string, unknown>>,
): T | undefined {
  const dto = Object.assign(new type(), members);
  return rulesOf(type)?.hold(dto, false) === true ? dto : undefined;
}

const RULES = new Map<new () => object, FlatRules | undefined>();

function rulesOf(type: new () => object): FlatRules | undefined {
  if (!RULES.has(type)) RULES.set(type, FlatRules.of(type));
  return RULES.get(type);
}

function fault(error: ValidationError, parent: string): Error {
  const index = /^\d+$/.test(error.property);
  const path = parent === '' ? error.property : index ? `${parent}[${error.property}]` : `${parent}.${error.property}`;
  const [inner] = error.children ?? [];
  if (inner !== undefined) return fault(inner, path);
  const [message] = Object.values(error.constraints ?? {});
  return invalid(path, error.value === undefined ? 'is required' : (message ?? 'is invalid'));
}
