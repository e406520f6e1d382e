import { readFile } from 'node:fs/promises';
import { createDocument } from '../../src/openapi/document.js';
import { createTestApp, type TestApp } from '../support/test-app.js';

let test_: TestApp;

beforeAll(async () => {
  test_ = await createTestApp();
});
afterAll(() => test_.close());

test('the committed openapi.json is what the code serves (npm run openapi writes it anew)', async () => {
  const committed = JSON.parse(await readFile(new URL('../../openapi.json', import.meta.url), 'utf8')) as unknown;
  expect(JSON.parse(JSON.stringify(createDocument(test_.app)))).toStrictEqual(committed);
});

test('every operation has a summary, a tag and its errors', () => {
  for (const [path, operations] of Object.entries(createDocument(test_.app).paths)) {
    for (const [method, operation] of Object.entries(
      operations as Record<string, { summary?: string; tags?: string[]; responses: object }>,
    )) {
      expect([path, method, operation.summary, operation.tags?.length]).toStrictEqual([
        path,
        method,
        expect.any(String),
        1,
      ]);
      if (!/^\/(health|metrics)/.test(path)) expect(Object.keys(operation.responses)).toContain('503');
    }
  }
});
