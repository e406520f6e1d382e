import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import pg from 'pg';
import { sql } from '../support/admin.js';
import { eventually, TestBroker } from '../support/amqp.js';
import { registerUser, submit, type SubmittedJob } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type RunningService, startService } from '../support/service.js';

let database: TestDatabase;
let broker: TestBroker;
let service: RunningService;
let job: SubmittedJob;
/** Holds a row against the writers of results, so that one of them is in flight for as long as the test likes. */
let holder: pg.Client;

beforeEach(async () => {
  database = await createTestDatabase();
  broker = await TestBroker.open();
  holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
});

afterEach(async () => {
  await holder.end();
  await service.end('SIGKILL');
  await broker.close();
  await database.drop();
});

async function start(settings: Record<string, string> = {}): Promise<void> {
  service = await startService(database.url, { ...broker.settings, ...settings });
  const { token } = await registerUser(service.url, 'ada');
  job = await submit(service.url, token);
}

const results = () => ({
  simulation_id: job.job_id,
  update_key: job.update_key,
  estimators: [
    { name: 'D', pages: [{ page_number: 1, name: 'n', data: { values: [1], dimensions: [[0]], unit: '' } }] },
  ],
});

/** Publishes results whose writer waits for the held row. */
async function publishHeldUp(): Promise<void> {
  await holder.query('BEGIN');
  await holder.query('SELECT 1 FROM result_summary FOR UPDATE');
  await broker.publish('results.save', results());
  await eventually(async () => {
    const waiting = `SELECT count(*)::int AS writers FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
    expect(await sql(database.url, waiting)).toStrictEqual([{ writers: 1 }]);
  });
}

async function storedPages(): Promise<unknown> {
  return sql(database.url, 'SELECT page_number FROM page');
}

test('a message in flight at SIGTERM is finished and settled; exit code 0', async () => {
  await start();
  await publishHeldUp();
  const ended = service.end();
  await holder.query('COMMIT');
  expect(await ended).toBe(0);
  expect(await storedPages()).toStrictEqual([{ page_number: 1 }]);
  expect(await broker.depth('ingest.results')).toBe(0);
});

test('a request in flight at SIGTERM is answered; exit code 0', async () => {
  await start();
  const body = JSON.stringify(results());
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const upload: ClientRequest = request(`${service.url}/results`, { method: 'POST', headers });
  const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
  upload.write(body.slice(0, 100));
  await once(upload, 'socket');
  await new Promise((resolve) => upload.write('', resolve));
  // The rest is sent only once the service has stopped to listen.
  const ended = service.end();
  await eventually(() => expect(fetch(`${service.url}/health/live`)).rejects.toThrow());
  upload.end(body.slice(100));
  const [response] = await answered;
  expect([response.statusCode, await json(response)]).toStrictEqual([202, { message: 'Results saved' }]);
  expect(await ended).toBe(0);
  expect(await storedPages()).toStrictEqual([{ page_number: 1 }]);
});

test('readiness is 503 while the last messages are finished', async () => {
  await start();
  await publishHeldUp();
  const ended = service.end();
  await eventually(async () => expect((await fetch(`${service.url}/health/ready`)).status).toBe(503));
  expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
  await holder.query('COMMIT');
  expect(await ended).toBe(0);
});

test('what is not finished in time is not lost: its message waits for the next consumer', async () => {
  await start({ STOP_SECONDS: '1' });
  await publishHeldUp();
  expect(await service.end()).toBe(1);
  await eventually(async () => expect(await broker.depth('ingest.results')).toBe(1));
  await holder.query('COMMIT');
  const next = await startService(database.url, broker.settings);
  await eventually(async () => expect(await storedPages()).toStrictEqual([{ page_number: 1 }]));
  expect(await next.end()).toBe(0);
});
