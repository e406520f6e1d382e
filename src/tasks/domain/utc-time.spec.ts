import fc from 'fast-check';
import { parseUtcTime } from './utc-time.js';

test.each([
  ['2023-06-15T13:47:23Z', '2023-06-15T13:47:23.000Z'],
  ['2023-06-15 13:47:23', '2023-06-15T13:47:23.000Z'],
  ['2023-06-15 13:47:23.123456', '2023-06-15T13:47:23.123Z'],
  ['2023-06-15T13:47:23.9999999+02:00', '2023-06-15T11:47:23.999Z'],
  ['2023-06-15T13:47:23-0130', '2023-06-15T15:17:23.000Z'],
  ['2024-02-29T00:00:00+00:00', '2024-02-29T00:00:00.000Z'],
])('%s is %s', (text, iso) => {
  expect(new Date(parseUtcTime(text, 'start_time')).toISOString()).toBe(iso);
});

test.each([
  '',
  'now',
  '2023-06-15',
  '2023-02-30T00:00:00Z',
  '2023-13-01T00:00:00Z',
  '2023-06-15T24:00:00Z',
  '0000-00-00 00:00:00',
  '2023-06-15T13:47:60Z',
  '2023-06-15T13:47:23+99:00',
  '20230615T134723Z',
  5,
  {},
])('%p is no time, and the error names the field', (value) => {
  expect(() => parseUtcTime(value, 'update_dict.end_time')).toThrow('update_dict.end_time: ');
});

test('what JavaScript prints comes back', () => {
  const date = fc.date({ min: new Date('1900-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
  fc.assert(fc.property(date, (when) => expect(parseUtcTime(when.toISOString(), 'time')).toBe(when.getTime())));
});
