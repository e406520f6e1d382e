import { VerifiedTokens } from './verified-tokens.js';

const claims = { use: 'access', userId: 1, username: 'ada', roles: [], epoch: 0 } as const;
const seconds = () => Math.floor(Date.now() / 1000);

test('a token is known until its lifetime ends', () => {
  const tokens = new VerifiedTokens(10);
  const [living, dead] = [
    { ...claims, exp: seconds() + 60 },
    { ...claims, exp: seconds() },
  ];
  tokens.remember('living', living);
  tokens.remember('dead', dead);
  expect([tokens.find('living'), tokens.find('dead'), tokens.find('other')]).toStrictEqual([
    living,
    undefined,
    undefined,
  ]);
});

test('the newest are kept', () => {
  const tokens = new VerifiedTokens(2);
  for (const token of ['a', 'b', 'c']) tokens.remember(token, { ...claims, exp: seconds() + 60 });
  expect(['a', 'b', 'c'].map((token) => tokens.find(token) !== undefined)).toStrictEqual([false, true, true]);
});
