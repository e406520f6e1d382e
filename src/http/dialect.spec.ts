import { errorBody } from './dialect.js';

test.each(['/yaptide', '/yaptide/', '/yaptide?x=1', '/yaptide/results?job_id=1'])(
  'an error at %s has message alone',
  (url) => {
    expect(errorBody(url, 503, 'away')).toStrictEqual({ message: 'away' });
  },
);

test.each(['/', '/yaptides', '/yaptide.json', '/results?x=/yaptide/', '/docs/yaptide'])(
  'an error at %s has the status too',
  (url) => {
    expect(errorBody(url, 503, 'away')).toStrictEqual({ message: 'away', status_code: 503 });
  },
);
