import { negotiateEncoding } from './accept-encoding.js';

test.each([
  [undefined, 'identity'],
  ['', 'identity'],
  ['gzip, deflate, br', 'gzip'],
  ['deflate', 'deflate'],
  ['deflate, gzip', 'gzip'],
  ['gzip;q=0.5, deflate;q=0.8', 'deflate'],
  ['gzip;q=0, deflate', 'deflate'],
  ['gzip;q=0', 'identity'],
  ['br', 'identity'],
  ['*', 'gzip'],
  ['*;q=0.1', 'gzip'],
  ['identity', 'identity'],
  ['GZIP', 'gzip'],
  ['x-gzip', 'gzip'],
  ['gzip;q=nonsense', 'identity'],
])('Accept-Encoding %p gives %s', (header, encoding) => {
  expect(negotiateEncoding(header)).toBe(encoding);
});
