import { createApp } from '../../src/create-app.js';
import { readConfig } from '../../src/config/config.js';

/** What Helmet sets for a page, and the part of it that data needs, too. */
const FOR_DATA = [
  'content-security-policy',
  'cross-origin-resource-policy',
  'strict-transport-security',
  'x-content-type-options',
  'x-frame-options',
];
const FOR_PAGES = [
  ...FOR_DATA,
  'cross-origin-opener-policy',
  'origin-agent-cluster',
  'referrer-policy',
  'x-dns-prefetch-control',
  'x-download-options',
  'x-permitted-cross-domain-policies',
  'x-xss-protection',
];

async function headersOf(url: string): Promise<Record<string, unknown>> {
  const databaseUrl = 'postgresql://nobody@127.0.0.1:1/none';
  const jwtSecret = 'a secret of a test '.repeat(2);
  const config = readConfig({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'silent', JWT_SECRET: jwtSecret });
  const app = await createApp({ ...config, databaseUrl, jwtSecret, production: true });
  try {
    const { headers } = await app.inject({ method: 'GET', url });
    return headers;
  } finally {
    await app.close();
  }
}

function among(headers: Record<string, unknown>, names: readonly string[]): string[] {
  return names.filter((name) => headers[name] !== undefined);
}

test.each(['/health/live', '/tasks?job_id=1', '/docsother'])(
  '%s is data: named, and neither run nor framed by anybody',
  async (url) => {
    const headers = await headersOf(url);
    expect(among(headers, FOR_PAGES)).toStrictEqual(FOR_DATA);
    expect(headers['content-security-policy']).toBe("default-src 'none';frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  },
);

test('the page of the documentation runs its own scripts alone', async () => {
  const headers = await headersOf('/docs');
  expect(among(headers, FOR_PAGES)).toStrictEqual(FOR_PAGES);
  expect(headers['content-security-policy']).toContain("script-src 'self'");
});
