import { ValidateBy } from 'class-validator';
import { passwordFault, usernameFault } from '../domain/credentials.js';

/** 1 to 64 characters, no control characters, no space around it. */
export function IsUsername(): PropertyDecorator {
  return isFaultless('isUsername', usernameFault);
}

/** 8 to 128 characters. */
export function IsPassword(): PropertyDecorator {
  return isFaultless('isPassword', passwordFault);
}

/** The message is what is wrong, without the property's name, which the reader of the body puts before it. */
function isFaultless(name: string, fault: (value: unknown) => string | undefined): PropertyDecorator {
  const validate = (value: unknown) => fault(value) === undefined;
  return ValidateBy({ name, validator: { validate, defaultMessage: (args) => fault(args?.value) ?? '' } });
}
