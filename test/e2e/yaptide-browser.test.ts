import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { CHROMIUM_FLAGS, findChromium } from '../support/chromium.js';
import { call, registerUser, submit, type SubmittedJob } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type PlotPage, servePlotPage } from '../support/plot-page.js';
import { type RunningService, startService } from '../support/service.js';

const executablePath = findChromium();
const inBrowser = executablePath === undefined ? describe.skip : describe;

/** A depth-dose curve whose peak lies in one bin. */
const BINS = 400;
const PEAK = 300;
const DEPTHS = Array.from({ length: BINS }, (_, bin) => 0.025 + 0.05 * bin);
const DOSES = DEPTHS.map((_, bin) => 0.3 + Math.exp(-(((bin - PEAK) / 8) ** 2)) + 0.001 * Math.sin(bin));
const HOSTILE =
  '<script>opener.hacked = true</script> a < b && b > c &lt; "\\" <img src=x onerror="opener.hacked = true">\n';

inBrowser('A page of another origin in a browser', () => {
  let database: TestDatabase;
  let service: RunningService;
  let plotter: PlotPage;
  let stranger: PlotPage;
  let profile: string;
  let browser: BrowserContext;
  let job: SubmittedJob;
  let user: { username: string; password: string };

  beforeAll(async () => {
    [database, plotter, stranger] = await Promise.all([createTestDatabase(), servePlotPage(), servePlotPage()]);
    service = await startService(database.url, { CORS_ORIGINS: plotter.origin });
    const { token, ...credentials } = await registerUser(service.url, 'ada');
    user = credentials;
    const scoringManager = { outputs: [{ name: 'depth' }] };
    const project = { project: { title: 'Proton beam' }, scoringManager };
    job = await submit(service.url, token, { input_type: 'editor', input: project, ntasks: 1 });
    const { sim_id, update_key } = job;
    const page = {
      dimensions: 1,
      metadata: { page_number: '0', name: 'Dose' },
      data: { name: 'Dose', unit: 'MeV/g', values: DOSES },
      axis_dim1: { name: 'Position (Z)', unit: 'cm', values: DEPTHS },
    };
    const estimators = [{ name: 'depth_', metadata: {}, pages: [page] }];
    const logfiles = { '<b onclick="x()">run.log': HOSTILE };
    for (const [path, content] of [
      ['results', { estimators }],
      ['logfiles', { logfiles }],
    ] as const) {
      const body = { simulation_id: sim_id, update_key, ...content };
      expect((await call(`${service.url}/yaptide/${path}`, { method: 'POST', body })).status).toBe(202);
    }
    profile = await mkdtemp(join(tmpdir(), 'tallyhouse-chromium-'));
    const options = { executablePath: executablePath ?? '', headless: true, args: CHROMIUM_FLAGS };
    browser = await chromium.launchPersistentContext(profile, options);
  });

  afterAll(async () => {
    await browser.close();
    await service.end();
    await Promise.all([plotter.close(), stranger.close(), database.drop()]);
    await rm(profile, { recursive: true, force: true });
  });

  async function openAndLogIn({ origin }: PlotPage): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(`${origin}/?base=${encodeURIComponent(`${service.url}/yaptide`)}`);
    await page.getByLabel('User name').fill(user.username);
    await page.getByLabel('Password').fill(user.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('status').filter({ hasText: /./ }).waitFor();
    return page;
  }

  test('logs in with credentials and plots a page of results that came compressed', async () => {
    const page = await openAndLogIn(plotter);
    expect(await page.getByRole('status').textContent()).toBe('Logged in');
    const results = page.waitForResponse((response) => response.url().includes('/yaptide/results?'));
    await page.getByRole('button', { name: 'Plot' }).click();
    expect((await (await results).allHeaders())['content-encoding']).toBe('gzip');
    const line = page.locator('polyline');
    await line.waitFor({ state: 'attached' });
    const points = ((await line.getAttribute('points')) ?? '').split(' ').map((point) => point.split(',').map(Number));
    expect(points).toHaveLength(BINS);
    const heights = points.map(([, y]) => y ?? Infinity);
    expect(heights.indexOf(Math.min(...heights))).toBe(DOSES.indexOf(Math.max(...DOSES)));
    expect(await page.locator('svg text').allTextContents()).toStrictEqual(['Position (Z) [cm]', 'Dose [MeV/g]']);
    await page.close();
  });

  test('a log file that a page writes into its document is shown as it is, and runs nothing', async () => {
    const page = await openAndLogIn(plotter);
    const opened = page.waitForEvent('popup');
    await page.getByRole('button', { name: 'Logs' }).click();
    const logs = await opened;
    await logs.locator('pre').waitFor();
    expect(await logs.locator('pre').textContent()).toBe(HOSTILE);
    expect(await logs.locator('h2').textContent()).toBe('<b onclick="x()">run.log');
    expect(await logs.locator('h2 *, pre *').count()).toBe(0);
    expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false);
    await page.close();
  });

  test('an origin that is not named in CORS_ORIGINS gets nothing', async () => {
    const page = await openAndLogIn(stranger);
    expect(await page.getByRole('status').textContent()).toBe('Failed to fetch');
    expect(await page.getByRole('listitem').count()).toBe(0);
    await page.close();
  });
});
