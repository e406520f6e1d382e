import fc from 'fast-check';
import { inOrderOfOutputs, nameEstimators } from './estimator-names.js';

/** What each is called, and why. */
function named(sent: readonly string[], outputs: readonly string[]): string[] {
  return nameEstimators(sent, outputs).map(({ name, by }) => `${name} (${by})`);
}

test('dose_ and dose2_ do not swap, although files and outputs sort differently', () => {
  expect(['dose2_', 'dose_'].toSorted()).toStrictEqual(['dose2_', 'dose_']);
  expect(named(['dose2_', 'dose_'], ['dose', 'dose2'])).toStrictEqual(['dose2 (name)', 'dose (name)']);
});

test('an estimator that is called like an output keeps its name', () => {
  expect(named(['dose', 'flux_'], ['flux', 'dose'])).toStrictEqual(['dose (name)', 'flux (name)']);
});

test('the name without the _ goes first, so an output with a _ at its end gets its own', () => {
  expect(named(['dose_', 'dose__'], ['dose_', 'dose'])).toStrictEqual(['dose (name)', 'dose_ (name)']);
  expect(named(['dose_'], ['dose_'])).toStrictEqual(['dose_ (name)']);
});

test('numbered files take the outputs by their places in alphabetical order', () => {
  expect(named(['21', '22'], ['flux', 'dose'])).toStrictEqual(['dose (position)', 'flux (position)']);
  expect(named(['22', '21'], ['flux', 'dose'])).toStrictEqual(['flux (position)', 'dose (position)']);
});

test('where some are matched by name, places count among the others', () => {
  expect(named(['21', 'dose_', 'flux_'], ['dose', 'flux', 'let'])).toStrictEqual([
    'let (position)',
    'dose (name)',
    'flux (name)',
  ]);
});

test('places say nothing where not all estimators are there, or more than all', () => {
  expect(named(['21'], ['flux', 'dose'])).toStrictEqual(['21 (none)']);
  expect(named(['21', '22', '23'], ['flux', 'dose'])).toStrictEqual(['21 (none)', '22 (none)', '23 (none)']);
  expect(named(['dose_'], ['flux', 'dose'])).toStrictEqual(['dose (name)']);
});

test('two that would be called alike keep what was sent', () => {
  expect(named(['dose_', 'dose'], ['dose', 'flux'])).toStrictEqual(['dose_ (none)', 'dose (none)']);
  expect(named(['a_', 'a', 'a__'], ['a', 'a_', 'b'])).toStrictEqual(['a_ (none)', 'a (none)', 'a__ (none)']);
});

test('outputs of the same name give it to nobody', () => {
  expect(named(['dose_', '21'], ['dose', 'dose'])).toStrictEqual(['dose_ (none)', '21 (none)']);
  expect(named(['dose_'], ['dose', 'dose'])).toStrictEqual(['dose_ (none)']);
});

test('an output without a name gives none, and no places', () => {
  expect(named(['_', 'dose_'], ['', 'dose'])).toStrictEqual(['_ (none)', 'dose (name)']);
});

test('without outputs all names are as sent', () => {
  expect(named(['dose_', '21'], [])).toStrictEqual(['dose_ (none)', '21 (none)']);
  expect(named([], ['dose'])).toStrictEqual([]);
});

const name = fc.string({ unit: fc.constantFrom('a', 'b', '_', '2'), maxLength: 3 });
const outputs = fc.array(name, { maxLength: 6 });
const sent = fc.uniqueArray(
  name.filter((text) => text !== ''),
  { maxLength: 6 },
);

test('no two get the same name, and each has that of an output or its own', () => {
  fc.assert(
    fc.property(sent, outputs, (names, known) => {
      const result = nameEstimators(names, known);
      expect(result.map((one) => one.sent)).toStrictEqual(names);
      expect(new Set(result.map((one) => one.name)).size).toBe(names.length);
      for (const { name: given, sent: own, by } of result) {
        if (by === 'none') expect(given).toBe(own);
        else expect(known).toContain(given);
        expect(given).not.toBe('');
      }
    }),
  );
});

test('the order within a body makes no difference', () => {
  const shuffled = sent.chain((names) =>
    fc.tuple(fc.constant(names), fc.shuffledSubarray(names, { minLength: names.length })),
  );
  fc.assert(
    fc.property(shuffled, outputs, ([names, others], known) => {
      const pairs = (list: readonly string[]) =>
        nameEstimators(list, known).toSorted((a, b) => (a.sent < b.sent ? -1 : 1));
      expect(pairs(others)).toStrictEqual(pairs(names));
    }),
  );
});

test('files that are called after their outputs get those names, in whole bodies and in parts', () => {
  const distinct = fc.uniqueArray(
    name.filter((text) => text !== ''),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(
      distinct.chain((known) => fc.tuple(fc.constant(known), fc.shuffledSubarray(known))),
      ([known, part]) => {
        const result = nameEstimators(
          part.map((output) => `${output}_`),
          known,
        );
        expect(result.map((one) => one.name)).toStrictEqual(part);
        expect(result.every(({ by }) => by === 'name')).toBe(true);
      },
    ),
  );
});

test('estimators of an upload come in the order of the outputs, and what is called after none behind', () => {
  const outputs = ['z', 'a', 'm'];
  const named = nameEstimators(['a_', 'm_', 'other', 'z_'], outputs);
  expect(inOrderOfOutputs(named, outputs).map((place) => named[place]?.name)).toStrictEqual(['z', 'a', 'm', 'other']);
});
