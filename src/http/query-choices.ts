import { invalid } from '../errors/app-error.js';

/** Reads a comma-separated list of names out of `choices`; undefined where nothing was sent. Throws `invalid`. */
export function readChoices<T extends string>(
  field: string,
  text: string | undefined,
  choices: readonly T[],
): T[] | undefined {
  return text?.split(',').map((name) => {
    const choice = choices.find((one) => one === name);
    if (choice === undefined)
      throw invalid(field, `${JSON.stringify(name.slice(0, 40))} is not one of ${choices.join(', ')}`);
    return choice;
  });
}
