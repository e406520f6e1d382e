import { JsonScanner } from '../json/json-scanner.js';
import { OutputNamesReader } from './output-names-reader.js';

/** The names in a project that comes in chunks of `chunkBytes`. */
function namesIn(project: unknown, chunkBytes = 7): readonly string[] {
  const text = Buffer.from(typeof project === 'string' ? project : JSON.stringify(project));
  const reader = new OutputNamesReader();
  const scanner = new JsonScanner(reader);
  for (let at = 0; at < text.length; at += chunkBytes) scanner.write(text.subarray(at, at + chunkBytes));
  scanner.end();
  return reader.names;
}

test('the names of the outputs are read, and nothing else that is called alike', () => {
  const project = {
    outputs: [{ name: 'not here' }],
    name: 'project',
    figureManager: { outputs: [{ name: 'nor here' }] },
    scoringManager: {
      name: 'Outputs',
      filters: [{ name: 'protons' }],
      outputs: [
        { name: 'dose', quantities: [{ name: 'Dose', modifiers: [] }], trace: false },
        { quantities: [], name: 'Dosis µ "2" \u{1f600}' },
      ],
      scoringManager: { outputs: [{ name: 'deeper' }] },
    },
  };
  for (const chunkBytes of [1, 7, 10_000]) {
    expect(namesIn(project, chunkBytes)).toStrictEqual(['dose', 'Dosis µ "2" \u{1f600}']);
  }
});

test('an output without a name that an estimator may have counts as an empty one', () => {
  const outputs = [{}, 'dose', null, [{ name: 'x' }], { name: 7 }, { name: '' }, { name: 'a\0b' }, { name: '\ud800' }];
  expect(namesIn({ scoringManager: { outputs } })).toStrictEqual(outputs.map(() => ''));
});

test('a name has at most 1,024 characters, and a huge one is not held', () => {
  const name = '\u{1f600}'.repeat(1024);
  const outputs = [{ name }, { name: `${name}x` }, { name: 'x'.repeat(1_000_000) }, { name: 'dose' }];
  expect(namesIn({ scoringManager: { outputs } }, 4096)).toStrictEqual([name, '', '', 'dose']);
});

test.each([{}, { scoringManager: null }, { scoringManager: [] }, { scoringManager: { outputs: {} } }])(
  'in %j there are no outputs',
  (project) => {
    expect(namesIn(project)).toStrictEqual([]);
  },
);

test('of outputs that come twice the last ones count', () => {
  expect(namesIn('{"scoringManager":{"outputs":[{"name":"a"}],"outputs":[{"name":"b","name":"c"}]}}')).toStrictEqual([
    'c',
  ]);
  expect(namesIn('{"scoringManager":{"outputs":[{"name":"a"}]},"scoringManager":1}')).toStrictEqual([]);
});

test('a project with more outputs than a body may hold estimators has no names', () => {
  const outputs = Array.from({ length: 10_001 }, (_, index) => ({ name: `o${index}` }));
  expect(namesIn({ scoringManager: { outputs } }, 65_536)).toStrictEqual([]);
});
