import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Options } from 'amqplib';
import { AmqpStrategy } from '../../src/amqp/amqp.strategy.js';
import { MetricsService } from '../../src/metrics/metrics.service.js';
import { SimulationsService } from '../../src/simulations/simulations.service.js';
import { eventually, TestBroker, until } from '../support/amqp.js';
import { createTestDatabase } from '../support/database.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { createConsumingApp, submitSimulation, type TestApp } from '../support/test-app.js';

const WAIT_SECONDS = 4;
const LIMIT = 100_000;
const SETTINGS = { unknownSimulationSeconds: WAIT_SECONDS, maxMessageBytes: LIMIT, logLevel: 'silent' } as const;
const REFUSAL = 'Wrong update_key, or no simulation with this simulation_id';

let broker: TestBroker;
let test_: TestApp;

beforeAll(async () => {
  broker = await TestBroker.open();
  test_ = await createConsumingApp(broker, SETTINGS);
});

afterAll(async () => {
  await test_.close();
  await broker.close();
});

interface Row {
  readonly simulation: string | null;
  readonly routing_key: string;
  readonly reason: string;
  readonly error: string;
  readonly attempts: number;
  readonly first_at: Date;
  readonly last_at: Date;
  readonly headers: string;
  readonly body: Buffer;
}

async function deadLetters(database = test_.database): Promise<Row[]> {
  return (await database.query<Row & { id: string }>('SELECT * FROM dead_letter ORDER BY id')).rows;
}

/** The dead letter of this body, once it is there; and no second one. */
async function deadLetterOf(body: Buffer): Promise<Row> {
  return eventually(async () => {
    const rows = (await deadLetters()).filter((row) => row.body.equals(body));
    expect(rows).toHaveLength(1);
    return rows[0] as Row;
  });
}

async function taskStates(simulationId: number, database = test_.database): Promise<string[]> {
  const sql = 'SELECT state FROM task WHERE simulation_id = $1 ORDER BY task_id';
  return (await database.query<{ state: string }>(sql, [simulationId])).rows.map(({ state }) => state);
}

async function counted(pattern: RegExp): Promise<number> {
  const { text } = await test_.app.get(MetricsService).expose();
  return Number(pattern.exec(text)?.[1] ?? 0);
}

const RETRIED = /deliveries_total\{queue="ingest.tasks",outcome="retried",kind="unknownSimulation"\} (\d+)/;
const RUNNING = { task_id: 1, update_dict: { task_state: 'RUNNING' } };

/** A submission that brings its own names, as a worker may know them beforehand. */
function ownNames(): { readonly job_id: string; readonly update_key: string } {
  return { job_id: `job-${randomBytes(6).toString('hex')}`, update_key: randomBytes(32).toString('base64url') };
}

async function submitAs(names: { job_id: string; update_key: string }, app = test_): Promise<number> {
  const { simId } = await app.app.get(SimulationsService).submit(app.owner.id, {
    title: 'late',
    sim_type: 'shieldhit',
    input_type: 'files',
    input: Buffer.from('{"a":"b"}'),
    ntasks: 1,
    ...names,
  });
  return simId;
}

describe('what can never succeed is dead-lettered at once, as it was sent, with the error that HTTP answers', () => {
  const good = async () => JSON.stringify({ ...(await identity()), ...RUNNING });
  const identity = async () => {
    const { simulation_id, update_key } = await submitSimulation(test_);
    return { simulation_id, update_key };
  };
  const nonsense = { contentEncoding: 'gzip' };

  test.each<[string, string, () => Promise<string | Buffer>, Options.Publish, string, string | RegExp]>([
    ['bad JSON', 'tasks.update', async () => (await good()).slice(0, -1), {}, 'invalid', /^body: /],
    ['no JSON', 'results.save', () => Promise.resolve('hello'), {}, 'invalid', /^body: /],
    ['nothing', 'logfiles.save', () => Promise.resolve(''), {}, 'invalid', /^body: /],
    ['bad shape', 'tasks.update', async () => JSON.stringify(await identity()), {}, 'invalid', 'task_id: is required'],
    [
      'a wrong key',
      'jobs.update',
      async () => JSON.stringify({ ...(await identity()), update_key: 'k'.repeat(43), job_state: 'RUNNING' }),
      {},
      'wrongKey',
      REFUSAL,
    ],
    [
      'too large',
      'results.save',
      async () => `{${' '.repeat(LIMIT)}${(await good()).slice(1)}`,
      {},
      'tooLarge',
      'body: is larger than the limit of 100000 bytes (inflated)',
    ],
    [
      'small, but too large inflated',
      'results.save',
      () => Promise.resolve(gzipSync(Buffer.alloc(50_000_000, ' '))),
      { contentEncoding: 'gzip' },
      'tooLarge',
      'body: is larger than the limit of 100000 bytes (inflated)',
    ],
    [
      'damaged',
      'tasks.update',
      async () => gzipSync(await good()).subarray(0, -9),
      nonsense,
      'invalid',
      'body: is not valid gzip data',
    ],
    [
      'another type',
      'tasks.update',
      good,
      { contentType: 'text/csv' },
      'unsupported',
      'Content-Type: must be application/json',
    ],
    [
      'brotli',
      'tasks.update',
      good,
      { contentEncoding: 'br' },
      'unsupported',
      'Content-Encoding: must be gzip or deflate',
    ],
  ])('%s', async (_, routingKey, makeBody, options, reason, error) => {
    const body = Buffer.from(await makeBody());
    await broker.publish(routingKey, body, { headers: { 'x-run': 7 }, ...options });
    const letter = await deadLetterOf(body);
    expect(letter).toMatchObject({ routing_key: routingKey, reason, attempts: 1, headers: '{"x-run":7}' });
    expect(letter.error).toMatch(error);
    expect(letter.first_at).toStrictEqual(letter.last_at);
  });

  test('an unknown routing key, published straight to a queue', async () => {
    const body = Buffer.from(await good());
    await broker.publishToQueue('ingest.tasks', body);
    expect(await deadLetterOf(body)).toMatchObject({
      reason: 'invalid',
      error: expect.stringMatching(/^routing key: /) as string,
    });
  });

  test('headers as large as the protocol allows, a user, a copy to others, a reply', async () => {
    const body = Buffer.from(`nonsense ${randomBytes(4).toString('hex')}`);
    const headers = { CC: ['logfiles.save'], big: 'x'.repeat(60_000), 'x-tallyhouse-attempts': 'many' };
    const { username: userId } = new URL(broker.url);
    await broker.publish('tasks.update', body, { headers, userId, replyTo: 'q', priority: 3 });
    await eventually(async () => {
      const rows = (await deadLetters()).filter((row) => row.body.equals(body));
      // The sender's own copy to another queue is a message of its own; ours are not copied again.
      expect(rows.map(({ routing_key }) => routing_key)).toStrictEqual(['tasks.update', 'tasks.update']);
    });
  });
});

describe('a message whose simulation is not there yet', () => {
  test('waits, and is applied once the simulation is submitted', async () => {
    const names = ownNames();
    const before = await counted(RETRIED);
    await broker.publish('tasks.update', { simulation_id: names.job_id, update_key: names.update_key, ...RUNNING });
    await eventually(async () => expect(await counted(RETRIED)).toBeGreaterThan(before));
    const id = await submitAs(names);
    await eventually(async () => expect(await taskStates(id)).toStrictEqual(['RUNNING']));
  });

  test('is dead-lettered when its time is up, after at least five attempts', async () => {
    const { job_id: simulation_id, update_key } = ownNames();
    const body = Buffer.from(JSON.stringify({ simulation_id, update_key, ...RUNNING }));
    await broker.publish('tasks.update', body);
    const letter = await deadLetterOf(body);
    expect(letter).toMatchObject({ reason: 'unknownSimulation', error: REFUSAL, simulation: simulation_id });
    expect(letter.attempts).toBeGreaterThanOrEqual(5);
    const waited = letter.last_at.getTime() - letter.first_at.getTime();
    expect(waited).toBeGreaterThanOrEqual(WAIT_SECONDS * 1000);
  });

  test('survives a restart of the service while it waits', async () => {
    const names = ownNames();
    const own = await TestBroker.open();
    const database = await createTestDatabase();
    const keep = { url: database.url, drop: () => Promise.resolve() };
    const first = await createConsumingApp(own, SETTINGS, keep);
    await own.publish('tasks.update', { simulation_id: names.job_id, update_key: names.update_key, ...RUNNING });
    await eventually(async () => expect(await own.depth('ingest.retry.1s')).toBe(1));
    const id = await submitAs(names, first);
    await first.close();
    const second = await createConsumingApp(own, SETTINGS, keep);
    await eventually(async () => expect(await taskStates(id, second.database)).toStrictEqual(['RUNNING']));
    await second.close();
    await own.close();
    await database.drop();
  });
});

test('a message of a deleted simulation is acknowledged and counted', async () => {
  const { simulation_id, update_key } = await submitSimulation(test_);
  await test_.app.get(SimulationsService).delete(test_.owner, simulation_id);
  const dropped = /deliveries_total\{queue="ingest.tasks",outcome="acknowledged",kind="deletedSimulation"\} (\d+)/;
  const letters = (await deadLetters()).length;
  for (let i = 0; i < 3; i++) await broker.publish('tasks.update', { simulation_id, update_key, ...RUNNING });
  await eventually(async () => expect(await counted(dropped)).toBe(3));
  expect(await deadLetters()).toHaveLength(letters);
});

test('an error that nobody foresaw is retried, since it may pass', async () => {
  const { id, simulation_id, update_key } = await submitSimulation(test_);
  const unexpected = /deliveries_total\{queue="ingest.logfiles",outcome="retried",kind="unexpected"\} (\d+)/;
  await test_.database.query('ALTER TABLE log_file RENAME TO log_file_gone');
  await broker.publish('logfiles.save', { simulation_id, update_key, logfiles: { stdout: 'text' } });
  await eventually(async () => expect(await counted(unexpected)).toBeGreaterThan(0));
  await test_.database.query('ALTER TABLE log_file_gone RENAME TO log_file');
  await eventually(async () => {
    const { rows } = await test_.database.query('SELECT 1 FROM log_file WHERE simulation_id = $1', [id]);
    expect(rows).toHaveLength(1);
  });
});

test('a statement that the database gives up is retried later, and nobody else waits for it', async () => {
  const { id, simulation_id, update_key } = await submitSimulation(test_);
  const strategy = test_.app.get(AmqpStrategy);
  const retried = /deliveries_total\{queue="ingest.logfiles",outcome="retried",kind="tooSlow"\} (\d+)/;
  const canceled = `RAISE EXCEPTION 'canceling statement due to statement timeout' USING ERRCODE = 'query_canceled'`;
  await test_.database.query(`
    CREATE FUNCTION give_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${canceled}; END $$;
    CREATE TRIGGER give_up BEFORE INSERT ON log_file FOR EACH ROW WHEN (NEW.name = 'slow') EXECUTE FUNCTION give_up()`);
  await broker.publish('logfiles.save', { simulation_id, update_key, logfiles: { slow: 'text' } });
  await broker.publish('logfiles.save', { simulation_id, update_key, logfiles: { quick: 'text' } });
  await eventually(async () => expect(await counted(retried)).toBeGreaterThan(0));
  const logs = async () => {
    const sql = 'SELECT name FROM log_file WHERE simulation_id = $1 ORDER BY name';
    return (await test_.database.query<{ name: string }>(sql, [id])).rows.map(({ name }) => name);
  };
  await eventually(async () => expect(await logs()).toStrictEqual(['quick']));
  expect(strategy.state).toBe('up');
  await test_.database.query('DROP FUNCTION give_up CASCADE');
  await eventually(async () => expect(await logs()).toStrictEqual(['quick', 'slow']));
});

test('while the database is away the messages wait in their queue, and nothing is dead-lettered', async () => {
  const own = await TestBroker.open();
  const database = await createTestDatabase();
  const proxy = await TcpProxy.to(database.url);
  const app = await createConsumingApp(own, { ...SETTINGS, databaseUrl: proxy.url }, database);
  const strategy = app.app.get(AmqpStrategy);
  const { id, simulation_id, update_key } = await submitSimulation(app, 50);
  await until(() => strategy.state === 'up');
  proxy.cut();
  for (let task_id = 1; task_id <= 50; task_id++) {
    await own.publish('tasks.update', { simulation_id, update_key, ...RUNNING, task_id });
  }
  await eventually(async () => {
    expect(strategy.state).toBe('paused');
    expect(await own.depth('ingest.tasks')).toBe(50);
  });
  proxy.heal();
  await eventually(async () => expect(await taskStates(id, app.database)).toHaveLength(50));
  expect(strategy.state).toBe('up');
  expect(await deadLetters(app.database)).toStrictEqual([]);
  await app.close();
  await proxy.close();
  await own.close();
});

test('what the broker gives up is a dead letter as well', async () => {
  const own = await TestBroker.open();
  const database = await createTestDatabase();
  const keep = { url: database.url, drop: () => Promise.resolve() };
  await (await createConsumingApp(own, SETTINGS, keep)).close();
  await own.publish('results.save', 'expires before anybody reads it', { expiration: 1 });
  await eventually(async () => expect(await own.depth('ingest.dead')).toBe(1));
  const app = await createConsumingApp(own, SETTINGS, database);
  await eventually(async () => {
    const expected = {
      routing_key: 'results.save',
      reason: 'expired',
      error: 'The broker gave up: expired',
      attempts: 0,
    };
    expect(await deadLetters(app.database)).toMatchObject([expected]);
  });
  await app.close();
  await own.close();
});

test('more large messages than fit at once get through all the same', async () => {
  const own = await TestBroker.open();
  const app = await createConsumingApp(own, SETTINGS);
  const large = Buffer.alloc(15_000_000, 'x');
  for (let message = 0; message < 12; message++) await own.publish('results.save', large);
  await eventually(async () => {
    const { rows } = await app.database.query('SELECT count(*)::int AS letters FROM dead_letter');
    expect(rows).toStrictEqual([{ letters: 12 }]);
  });
  await app.close();
  await own.close();
});
