import { maskUpdateKeys, simulationIn } from './masked-text.js';

test.each([
  ['{"update_key":"secret","a":1}', '{"update_key":"***","a":1}'],
  ['{ "update_key" :\n "sec\\"ret" }', '{ "update_key" :\n "***" }'],
  ['{"update\\u005fkey":"secret"}', '{"update\\u005fkey":"***"}'],
  ['{"update_key":12345}', '{"update_key":"***"}'],
  ['{"a":[1.50,NaN],"update_key":"one","update_key":"two"', '{"a":[1.50,NaN],"update_key":"***","update_key":"***"'],
  ['{"update_key":"cut o', '{"update_key":"***"'],
  ['{"update_key":', '{"update_key":"***"'],
  ['{"other":"update_key"}', '{"other":"update_key"}'],
  ['no JSON at all "', 'no JSON at all "'],
  ['', ''],
])('%s', (text, masked) => {
  expect(maskUpdateKeys(text)).toBe(masked);
});

test('a text of many megabytes is masked as well', () => {
  const values = '0.12345678901234567,'.repeat(500_000);
  const log = 'x'.repeat(5_000_000);
  const text = `{"log":"${log}","values":[${values}0],"update_key":"secret"}`;
  expect(maskUpdateKeys(text)).toBe(text.replace('secret', '***'));
});

test.each([
  ['{"simulation_id":"abc-1","x":2}', 'abc-1'],
  ['{"x":"simulation_id","sim_id": 42}', '42'],
  ['{"simulation_id":"not a job id"}', undefined],
  ['{"simulation_id":', undefined],
  ['[]', undefined],
])('the simulation in %s is %s', (text, simulation) => {
  expect(simulationIn(text)).toBe(simulation);
});
