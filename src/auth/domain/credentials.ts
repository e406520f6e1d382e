/** What a user name or password is made of; lengths count code points, so that an emoji is one character. */
const USERNAME_MAX = 64;
const PASSWORD_MIN = 8;
const PASSWORD_MAX = 128;
const CONTROL = /\p{Cc}/u;
const LONE_SURROGATE = /\p{Cs}/u;

/** What is wrong with a user name, or undefined: 1 to 64 characters, no control characters, no space around it. */
export function usernameFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  const length = Array.from(value).length;
  if (length < 1 || length > USERNAME_MAX) return `must have 1 to ${USERNAME_MAX} characters`;
  if (LONE_SURROGATE.test(value)) return 'must not hold lone surrogates';
  if (CONTROL.test(value)) return 'must not hold control characters';
  if (value.trim() !== value) return 'must not begin or end with a space';
  return undefined;
}

/** What is wrong with a password, or undefined: 8 to 128 characters of any kind. */
export function passwordFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  const length = Array.from(value).length;
  if (length < PASSWORD_MIN || length > PASSWORD_MAX) return `must have ${PASSWORD_MIN} to ${PASSWORD_MAX} characters`;
  return undefined;
}
