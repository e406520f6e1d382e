import { AmqpStrategy } from '../../src/amqp/amqp.strategy.js';
import type { Database } from '../../src/prisma/database.js';
import { eventually, TestBroker, until } from '../support/amqp.js';
import { createTestDatabase } from '../support/database.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { createConsumingApp, createTestApp, submitSimulation } from '../support/test-app.js';

const QUIET = { logLevel: 'silent' } as const;

/** Other connections to this database whose name or statement holds `text`. */
async function activity(database: Database, text: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database()
        AND pid <> pg_backend_pid() AND application_name || query LIKE '%' || $1 || '%'`,
    [text],
  );
  return rows[0]?.count ?? 0;
}

async function untilWatched(database: Database): Promise<void> {
  await eventually(async () => expect(await activity(database, 'tallyhouse-watch')).toBe(1));
}

test('a connection to the database that is half open is noticed, and whoever waits on it is told', async () => {
  const database = await createTestDatabase();
  const network = await TcpProxy.to(database.url);
  const app = await createTestApp({ ...QUIET, databaseUrl: network.url }, database);
  await untilWatched(app.database);
  const slow = app.database.query('SELECT pg_sleep(600)');
  const refused = expect(slow).rejects.toMatchObject({ kind: 'unavailable' });
  await eventually(async () => expect(await activity(app.database, 'pg_sleep')).toBe(1));
  network.freeze();
  await refused;
  await eventually(() => app.database.query('SELECT 1'));
  await app.close();
  await network.close();
}, 120_000);

test('consumers whose database is half open put their messages back, and go on later', async () => {
  const broker = await TestBroker.open();
  const database = await createTestDatabase();
  const network = await TcpProxy.to(database.url);
  const app = await createConsumingApp(broker, { ...QUIET, databaseUrl: network.url }, database);
  const { id, simulation_id, update_key } = await submitSimulation(app, 20);
  const strategy = app.app.get(AmqpStrategy);
  await until(() => strategy.state === 'up');
  await untilWatched(app.database);
  network.freeze();
  for (let task_id = 1; task_id <= 20; task_id++) {
    const update_dict = { task_state: 'RUNNING' };
    await broker.publish('tasks.update', { simulation_id, update_key, task_id, update_dict });
  }
  await until(() => strategy.state === 'paused');
  await eventually(async () => {
    const sql = 'SELECT count(*)::int AS tasks FROM task WHERE simulation_id = $1';
    expect((await app.database.query(sql, [id])).rows).toStrictEqual([{ tasks: 20 }]);
  });
  const { rows } = await app.database.query('SELECT count(*)::int AS letters FROM dead_letter');
  expect(rows).toStrictEqual([{ letters: 0 }]);
  await app.close();
  await network.close();
  await broker.close();
}, 120_000);
