import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { sql } from '../support/admin.js';
import { CHROMIUM_FLAGS, findChromium } from '../support/chromium.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ADMIN, type RunningService, startService } from '../support/service.js';

const executablePath = findChromium();

let database: TestDatabase;
let service: RunningService;
let profile: string;
let browser: BrowserContext;
let page: Page;
const complaints: string[] = [];

// Said on stderr where it is left out; CI has chromium, and root on Debian gets it installed.
const inBrowser = executablePath === undefined ? describe.skip : describe;

inBrowser('Swagger UI in a browser', () => {
  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService(database.url, { DEMO: 'on' });
    profile = await mkdtemp(join(tmpdir(), 'tallyhouse-chromium-'));
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: executablePath ?? '',
      headless: true,
      args: CHROMIUM_FLAGS,
    });
    await openDocs();
  });

  afterAll(async () => {
    await browser.close();
    await service.end();
    await database.drop();
    await rm(profile, { recursive: true, force: true });
  });

  /** Opens Swagger UI in a tab of its own, and keeps what its console complains about. */
  async function openDocs(): Promise<void> {
    page = await browser.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(`${service.url}/docs`);
    await page.locator('.opblock').first().waitFor();
  }

  /** Opens an operation, tries it out as it stands (or with another body), and gives the status and body that are shown. */
  async function press(
    operation: string,
    body?: object,
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<{ status: string; text: string }> {
    // Swagger UI escapes tags with spaces or colons in its ids.
    const block: Locator = page.locator(`[id^="operations-"][id$="-${operation}"]`);
    await block.locator('.opblock-summary-control').click();
    await block.getByRole('button', { name: 'Try it out' }).click();
    for (const [name, value] of Object.entries(parameters))
      await block.locator(`tr[data-param-name="${name}"] input`).fill(value);
    if (body !== undefined) await block.locator('textarea').first().fill(JSON.stringify(body));
    await block.getByRole('button', { name: 'Execute' }).click();
    const shown = block.locator('.live-responses-table tbody tr').first();
    await shown.waitFor();
    const status = await shown.locator('.response-col_status').innerText();
    return { status: status.slice(0, 3), text: await shown.innerText() };
  }

  test("the login from the page makes it the demo user's", async () => {
    const password = /Demo login: demo \/ (\S+)/.exec(service.output())?.[1];
    expect((await press('Authentication-Auth_login', { username: 'demo', password })).status).toBe('202');
    expect((await press('Authentication-Auth_status')).text).toContain('"username": "demo"');
  });

  test.each([
    ['Results-Results_read', '"message": "Results"'],
    ['Results-Results_estimators', '"message": "Estimators"'],
    ['Inputs-Inputs_read', '"message": "Inputs"'],
    ['Logs-Logs_read', '"message": "Logfiles"'],
    ['Tasks-Tasks_read', '"job_state": "COMPLETED"'],
    ['Simulations-Simulations_list', '"job_id": "demo"'],
    ['Operation-Health_ready', '"database": "up"'],
  ])('%s answers 200 with its examples as they stand', async (operation, text) => {
    const shown = await press(operation);
    expect(shown.status).toBe('200');
    expect(shown.text).toContain(text);
  });

  test('the page has nothing to complain about', () => {
    expect(complaints).toStrictEqual([]);
  });

  describe('for an admin', () => {
    beforeAll(openDocs);

    test("the login makes the page an admin's", async () => {
      expect((await press('Authentication-Auth_login', ADMIN)).status).toBe('202');
    });

    test.each([
      ['AdminUsers_list', '"username": "demo"'],
      ['AdminSimulations_list', '"job_id": "demo"'],
      ['AdminSimulations_read', '"final": true'],
      ['AdminStorage_list', '"totals": {'],
      ['Audit_list', '"entries": []'],
    ])('%s answers 200 as it stands', async (operation, text) => {
      const shown = await press(operation);
      expect(shown.status).toBe('200');
      expect(shown.text).toContain(text);
    });

    test('users are made admin, and get new passwords, with the examples as they stand', async () => {
      const [demo] = await sql(database.url, `SELECT id FROM "user" WHERE username = 'demo'`);
      const parameters = { user_id: String(demo?.['id']) };
      const promoted = await press('AdminUsers_update', undefined, parameters);
      expect([promoted.status, promoted.text]).toStrictEqual(['200', expect.stringContaining('"admin"')]);
      const reset = await press('AdminUsers_resetPassword', undefined, parameters);
      expect([reset.status, reset.text]).toStrictEqual(['200', expect.stringMatching(/"password": "[\w-]{20}"/)]);
    });

    test('a simulation is deleted', async () => {
      const shown = await press('AdminSimulations_delete');
      expect([shown.status, shown.text]).toStrictEqual(['200', expect.stringContaining('Simulation deleted')]);
    });

    test('the page has nothing to complain about either', () => {
      expect(complaints).toStrictEqual([]);
    });
  });
});
