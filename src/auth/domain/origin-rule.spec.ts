import { isForeignWrite, type OriginFacts } from './origin-rule.js';

describe('the origin rule', () => {
  const facts: OriginFacts = {
    method: 'POST',
    origin: 'https://elsewhere.example',
    ownOrigin: 'https://tally.example',
    carriesSessionCookie: true,
    hasAuthorization: false,
    makesSession: false,
  };
  const foreign = (change: Partial<OriginFacts>, allowed: string[] = []) =>
    isForeignWrite({ ...facts, ...change }, allowed);

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('refuses a foreign %s with cookies', (method) => {
    expect(foreign({ method })).toBe(true);
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])('lets %s pass, which changes nothing', (method) => {
    expect(foreign({ method })).toBe(false);
  });

  it.each(['https://tally.example', 'https://TALLY.example', 'https://tally.example:443'])(
    'knows %s as ours',
    (origin) => {
      expect(foreign({ origin })).toBe(false);
    },
  );

  it.each([
    'null',
    '',
    'garbage',
    'http://tally.example',
    'https://tally.example:8443',
    'https://tally.example.evil.example',
    'file:///etc/hosts',
  ])('knows %j as foreign', (origin) => {
    expect(foreign({ origin })).toBe(true);
  });

  it('takes a broken host of its own for nobody', () => {
    expect(foreign({ origin: 'null', ownOrigin: 'http://' })).toBe(true);
  });

  it('lets the configured origins pass', () => {
    expect(foreign({}, ['https://app.example', 'https://elsewhere.example'])).toBe(false);
    expect(foreign({}, ['https://app.example'])).toBe(true);
  });

  it('lets requests without an Origin pass, which no page of today sends', () => {
    expect(foreign({ origin: undefined })).toBe(false);
  });

  it('does not concern requests that no cookie authorises', () => {
    expect(foreign({ carriesSessionCookie: false })).toBe(false);
    expect(foreign({ hasAuthorization: true })).toBe(false);
  });

  it('concerns a login from elsewhere, cookies or not', () => {
    expect(foreign({ makesSession: true, carriesSessionCookie: false, hasAuthorization: true })).toBe(true);
  });
});
