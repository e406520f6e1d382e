import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect, type Options } from 'amqplib';
import { eventually, TestBroker } from '../support/amqp.js';
import { createTestDatabase } from '../support/database.js';
import { createConsumingApp, createTestApp, submitSimulation, type TestApp } from '../support/test-app.js';

let broker: TestBroker;
let test_: TestApp;

beforeAll(async () => {
  broker = await TestBroker.open();
  test_ = await createConsumingApp(broker, { logLevel: 'silent' });
});

afterAll(async () => {
  await test_.close();
  await broker.close();
});

const nonsense = () => Buffer.from(`nonsense ${randomBytes(6).toString('hex')}`);

async function expectDeadLetter(body: Buffer): Promise<void> {
  await eventually(async () => {
    const { rows } = await test_.database.query('SELECT reason FROM dead_letter WHERE body = $1', [body]);
    expect(rows).toStrictEqual([{ reason: 'invalid' }]);
  });
}

/** Publishes bytes that no client library would send: each `from` on its way to the broker becomes a `to`. */
async function publishAltered(body: Buffer, options: Options.Publish, from: string, to: number): Promise<void> {
  const connection = await connect(broker.url);
  const channel = await connection.createConfirmChannel();
  const { stream } = connection.connection as unknown as { stream: Socket };
  const write: (bytes: Uint8Array) => boolean = stream.write.bind(stream);
  stream.write = (bytes: Uint8Array | string) =>
    write(Buffer.from(bytes as Uint8Array).map((byte) => (byte === from.charCodeAt(0) ? to : byte)));
  channel.publish(`${broker.prefix}ingest`, 'tasks.update', body, options);
  await channel.waitForConfirms();
  await connection.close();
}

describe('no property of a message keeps it, or what comes behind it, from being settled', () => {
  test.each<[string, Options.Publish]>([
    [
      'a time beyond those of the database',
      { headers: { 'x-tallyhouse-first-attempt-at': '+275760-09-12T00:00:00Z' } },
    ],
    [
      'a time before those of the database',
      { headers: { 'x-tallyhouse-first-attempt-at': '-200000-01-01T00:00:00Z' } },
    ],
    ['a number of attempts beyond all', { headers: { 'x-tallyhouse-attempts': Number.MAX_SAFE_INTEGER } }],
    ['headers that are too large to be passed on', { headers: { big: 'x'.repeat(65_000) } }],
    ['the largest timestamp', { timestamp: 18_446_744_073_709_549_568 }],
  ])('%s', async (_, options) => {
    const [body, next] = [nonsense(), nonsense()];
    await broker.publish('tasks.update', body, options);
    await broker.publish('tasks.update', next);
    await expectDeadLetter(body);
    await expectDeadLetter(next);
  });

  test.each<[string, Options.Publish, string, number]>([
    ['a table that looks like a typed value', { headers: { table: { '?': 1 } } }, '?', 0x21],
    ['a property that is no UTF-8', { correlationId: '~'.repeat(250) }, '~', 0xff],
  ])('%s', async (_, options, from, to) => {
    const [body, next] = [nonsense(), nonsense()];
    await publishAltered(body, options, from, to);
    await broker.publish('tasks.update', next);
    await expectDeadLetter(body);
    await expectDeadLetter(next);
  });
});

describe('messages that are larger together than what may be in flight', () => {
  test.each([
    ['tasks.update-bulk', 8],
    ['logfiles.save', 8],
    ['results.save', 4],
  ])('many of %s are all taken in', async (routingKey, messages) => {
    const own = await TestBroker.open();
    const database = await createTestDatabase();
    const settings = { rabbitmqUrl: own.url, amqpPrefix: own.prefix, logLevel: 'silent' } as const;
    const keep = { url: database.url, drop: () => Promise.resolve() };
    await (await createConsumingApp(own, settings, keep)).close();
    const idle = await createTestApp({ logLevel: 'silent' }, keep);
    const { simulation_id, update_key } = await submitSimulation(idle);
    await idle.close();
    const worker = JSON.stringify({ simulation_id, update_key }).slice(0, -1);
    const content = { 'tasks.update-bulk': 'tasks', 'logfiles.save': 'logfiles', 'results.save': 'estimators' }[
      routingKey
    ];
    const sized = `${worker},"padding":"${'x'.repeat(15_000_000)}","${content}":{}}`;
    for (let i = 0; i < messages; i++) await own.publish(routingKey, sized);
    const app = await createConsumingApp(own, settings, database);
    await eventually(async () => {
      const { rows } = await app.database.query('SELECT 1 FROM dead_letter');
      expect(rows).toHaveLength(routingKey === 'logfiles.save' ? 0 : messages);
    });
    const last = await publishLast(own, app);
    await eventually(async () => {
      const { rows } = await app.database.query(
        'SELECT 1 FROM task t JOIN log_file l USING (simulation_id) WHERE simulation_id = $1',
        [last],
      );
      expect(rows).toHaveLength(1);
    });
    await app.close();
    await own.close();
  });
});

async function publishLast(own: TestBroker, app: TestApp): Promise<number> {
  const { id, simulation_id, update_key } = await submitSimulation(app);
  await own.publish('tasks.update', { simulation_id, update_key, task_id: 1, update_dict: { task_state: 'RUNNING' } });
  await own.publish('logfiles.save', { simulation_id, update_key, logfiles: { stdout: 'text' } });
  return id;
}
