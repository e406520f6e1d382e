import { gzipSync } from 'node:zlib';
import { outcome, sql } from '../support/admin.js';
import { eventually, TestBroker } from '../support/amqp.js';
import { call, registerUser, submit } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type RunningService, startService } from '../support/service.js';

let database: TestDatabase;
let broker: TestBroker;
let api: RunningService;
let consumers: RunningService[];

beforeAll(async () => {
  database = await createTestDatabase();
  broker = await TestBroker.open();
  api = await startService(database.url, { ...broker.settings, ROLE: 'api' });
  const start = () => startService(database.url, { ...broker.settings, ROLE: 'consumer' });
  consumers = await Promise.all([start(), start()]);
});

afterAll(async () => {
  await Promise.all([api, ...consumers].map((service) => service.end()));
  await broker.close();
  await database.drop();
});

async function readiness({ url }: RunningService): Promise<unknown> {
  const answer = await call(`${url}/health/ready`);
  return [answer.status, answer.json()['checks']];
}

test('an instance for HTTP alone does not consume, and one that consumes serves nothing but health and metrics', async () => {
  const both = { database: 'up', migrations: 'applied' };
  expect(await readiness(api)).toStrictEqual([200, both]);
  for (const consumer of consumers) {
    await eventually(async () => expect(await readiness(consumer)).toStrictEqual([200, { ...both, consumers: 'up' }]));
    expect((await call(`${consumer.url}/metrics`)).bytes.toString()).toContain('tallyhouse_amqp_queue_consumers');
    for (const path of ['/tasks?job_id=x', '/results?job_id=x', '/admin/users', '/docs']) {
      const [status, message] = await outcome(call(consumer.url + path));
      expect([status, message]).toStrictEqual([404, `GET ${path.split('?')[0]}: no such endpoint`]);
    }
    expect((await call(`${consumer.url}/results`, { method: 'POST', body: {} })).status).toBe(404);
  }
});

test('every message one to three times, two consumers, one of them killed: what is stored is what was sent', async () => {
  const { token } = await registerUser(api.url, 'ada');
  const jobs = await Promise.all([1, 2, 3].map(() => submit(api.url, token, { ntasks: 40 })));
  const sent: (() => Promise<void>)[] = [];
  for (const { job_id: simulation_id, update_key } of jobs) {
    const worker = { simulation_id, update_key };
    for (let task_id = 1; task_id <= 40; task_id++) {
      for (const simulated_primaries of [100, 300, 200]) {
        const update_dict = { task_state: 'RUNNING', simulated_primaries, start_time: '2026-11-24T12:00:00Z' };
        sent.push(() => broker.publish('tasks.update', { ...worker, task_id, update_dict }));
      }
      sent.push(() =>
        broker.publish('logfiles.save', { ...worker, task_id, logfiles: { stdout: `log of ${task_id}` } }),
      );
      const page = { page_number: task_id, name: 'n', data: { values: [task_id / 3], dimensions: [[0]], unit: 'Gy' } };
      const results = { ...worker, partial: true, estimators: [{ name: 'D', pages: [page] }] };
      sent.push(() => broker.publish('results.save', gzipSync(JSON.stringify(results)), { contentEncoding: 'gzip' }));
    }
  }
  const repeated = sent.flatMap((send, index) => Array.from({ length: 1 + (index % 3) }, () => send));
  const publishing = Promise.all(repeated.map((send) => send()));
  await consumers[0]?.end('SIGKILL');
  await publishing;
  await eventually(async () => {
    const counts = `SELECT (SELECT count(*)::int FROM task WHERE simulated_primaries = 300) AS tasks,
      (SELECT count(*)::int FROM log_file) AS logs, (SELECT count(*)::int FROM page) AS pages,
      (SELECT count(*)::int FROM dead_letter) AS dead_letters`;
    expect(await sql(database.url, counts)).toStrictEqual([{ tasks: 120, logs: 120, pages: 120, dead_letters: 0 }]);
    for (const queue of ['ingest.results', 'ingest.logfiles', 'ingest.tasks'])
      expect(await broker.depth(queue)).toBe(0);
  });
  for (const { job_id } of jobs) {
    const answer = (await call(`${api.url}/results?job_id=${job_id}`, { token })).json();
    const [estimator] = answer['estimators'] as { pages: { data: { values: number[] } }[] }[];
    const values = estimator?.pages.map(({ data }) => data.values[0]);
    expect(values).toStrictEqual(Array.from({ length: 40 }, (_, index) => (index + 1) / 3));
  }
});
