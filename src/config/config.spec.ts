import { ConfigError, readConfig } from './config.js';

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://user@db/tallyhouse',
  JWT_SECRET: 'k'.repeat(32),
  ADMIN_USERNAME: 'root',
  ADMIN_PASSWORD: 'long enough for anybody',
};

function faults(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    return (error as ConfigError).faults;
  }
}

test('an empty environment is a development set-up with demo data', () => {
  expect(readConfig({})).toMatchObject({
    host: '127.0.0.1',
    port: 3000,
    registrationOpen: true,
    demo: true,
    production: false,
  });
});

test("a database of one's own comes without demo data, unless asked for", () => {
  expect(readConfig({ DATABASE_URL: 'postgres://db/x' }).demo).toBe(false);
  expect(readConfig({ DATABASE_URL: 'postgres://db/x', DEMO: 'on' }).demo).toBe(true);
});

test('production closes registration and needs its secrets', () => {
  expect(readConfig(production)).toMatchObject({ production: true, registrationOpen: false, demo: false });
  for (const name of ['DATABASE_URL', 'JWT_SECRET', 'ADMIN_USERNAME', 'ADMIN_PASSWORD']) {
    expect(faults({ ...production, [name]: '' })).toStrictEqual([`${name}: must be set when NODE_ENV is production`]);
  }
  expect(faults({ ...production, JWT_SECRET: 'change-me-change-me-change-me-change-me' })[0]).toMatch(
    /^JWT_SECRET: looks like a placeholder/,
  );
});

test.each([
  ['PORT', '80a'],
  ['PORT', '65536'],
  ['DATABASE_URL', 'mysql://db'],
  ['DATABASE_URL', 'nonsense'],
  ['JWT_SECRET', 'short'],
  ['ADMIN_PASSWORD', 'short'],
  ['REGISTRATION', 'maybe'],
  ['CORS_ORIGINS', '*'],
  ['CORS_ORIGINS', 'https://app.example.org/path'],
  ['COOKIE_SAMESITE', 'strict'],
  ['TRUST_PROXY', 'somebody'],
  ['MAX_BODY_BYTES', '-1'],
  ['MAX_MESSAGE_BYTES', '1'],
  ['INGEST_MEMORY_BYTES', '1'],
  ['RABBITMQ_URL', 'http://broker'],
  ['AMQP_PREFIX', 'a b'],
  ['ROLE', 'worker'],
  ['UNKNOWN_SIMULATION_SECONDS', '0'],
  ['STOP_SECONDS', 'soon'],
  ['DEMO', 'yes'],
  ['LOG_LEVEL', 'loud'],
])('%s=%s is a fault that names the variable', (name, value) => {
  expect(faults({ [name]: value })).toStrictEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
});

test('a consumer alone needs a database and a broker that others use too', () => {
  expect(faults({ ROLE: 'consumer' })).toStrictEqual([
    'DATABASE_URL: must be set when ROLE is consumer',
    'RABBITMQ_URL: must be set when ROLE is consumer',
  ]);
});

test('all faults are named at once, and no secret is shown', () => {
  const found = faults({ PORT: 'x', JWT_SECRET: 'hush' });
  expect(found).toHaveLength(2);
  expect(found.join()).not.toContain('hush');
});
