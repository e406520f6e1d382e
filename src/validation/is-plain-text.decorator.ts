import { ValidateBy } from 'class-validator';
import { countCharacters } from './characters.js';

/** A text of so many characters (code points), without U+0000 and lone surrogates: a title, a name. */
export function IsPlainText(min: number, max: number): PropertyDecorator {
  return ValidateBy({
    name: 'isPlainText',
    validator: {
      validate: (value: unknown) => plainTextFault(value, min, max) === undefined,
      defaultMessage: (context) => plainTextFault(context?.value, min, max) ?? '',
    },
  });
}

/** What is wrong with a text, or undefined. */
export function plainTextFault(value: unknown, min: number, max: number): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  const length = value.length <= max ? value.length : countCharacters(value);
  if (length < min || length > max) return `must have ${min} to ${max} characters`;
  if (value.includes('\0')) return 'must not contain U+0000';
  if (!value.isWellFormed()) return 'must not contain a lone surrogate';
  return undefined;
}
