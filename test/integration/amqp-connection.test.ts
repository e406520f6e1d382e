import type { Channel } from 'amqplib';
import { AmqpStrategy } from '../../src/amqp/amqp.strategy.js';
import { HealthService } from '../../src/health/health.service.js';
import { MetricsService } from '../../src/metrics/metrics.service.js';
import { eventually, TestBroker, until } from '../support/amqp.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { createConsumingApp, createTestApp, submitSimulation, type TestApp } from '../support/test-app.js';

let broker: TestBroker;
let network: TcpProxy;
let test_: TestApp;
let strategy: AmqpStrategy;

beforeAll(async () => {
  broker = await TestBroker.open();
  network = await TcpProxy.to(broker.url);
  test_ = await createConsumingApp(broker, { rabbitmqUrl: network.url, logLevel: 'silent' });
  strategy = test_.app.get(AmqpStrategy);
});

afterAll(async () => {
  await test_.close();
  await network.close();
  await broker.close();
});

beforeEach(async () => {
  await untilState('up');
});

async function untilState(state: string): Promise<void> {
  await until(() => strategy.state === state);
}

async function readiness(): Promise<unknown> {
  const { ready, checks } = await test_.app.get(HealthService).readiness();
  return [ready, checks.consumers];
}

/** Publishes an update and waits until it is stored: the consumer is there. */
async function expectConsuming(): Promise<void> {
  const { id, simulation_id, update_key } = await submitSimulation(test_);
  const update = { task_id: 1, update_dict: { task_state: 'RUNNING' } };
  await broker.publish('tasks.update', { simulation_id, update_key, ...update });
  await broker.publish('logfiles.save', { simulation_id, update_key, logfiles: { stdout: 'text' } });
  await eventually(async () => {
    const sql = 'SELECT 1 FROM task t JOIN log_file l USING (simulation_id) WHERE simulation_id = $1';
    expect((await test_.database.query(sql, [id])).rows).toHaveLength(1);
  });
}

/** The channels on which the strategy consumes; who closes one must be an outsider to the code under test. */
function channels(): Channel[] {
  const { consumers } = strategy as unknown as { consumers: { channel: Channel }[] };
  return consumers.map(({ channel }) => channel);
}

test('a connection that breaks is opened again, and readiness tells it', async () => {
  network.cut();
  await untilState('down');
  expect(await readiness()).toStrictEqual([false, 'down']);
  network.heal();
  await untilState('up');
  expect(await readiness()).toStrictEqual([true, 'up']);
  await expectConsuming();
  // Consuming, publishing, and handing out tasks.
  await until(() => network.connections === 3);
});

test('a connection that is half open is noticed by its missing heartbeats', async () => {
  network.freeze();
  await untilState('down');
  await untilState('up');
  await expectConsuming();
  // The far end of what was half open may hear of it later.
  await until(() => network.connections === 3);
});

test('a channel that the broker closes is opened again', async () => {
  for (const channel of channels()) {
    // An acknowledgement of nothing, which the broker punishes by closing the channel.
    channel.ack({ fields: { deliveryTag: 4_711 } } as Parameters<Channel['ack']>[0]);
  }
  await untilState('down');
  await untilState('up');
  await expectConsuming();
});

test('a queue that is deleted is declared again, with its consumer', async () => {
  const channel = await broker.anotherChannel();
  await channel.deleteQueue(`${broker.prefix}ingest.tasks`);
  await untilState('down');
  await untilState('up');
  await expectConsuming();
});

test('a dead letter that finds no queue stays where it is until there is one', async () => {
  const channel = await broker.anotherChannel();
  const dead = `${broker.prefix}ingest.dead`;
  await channel.unbindQueue(dead, dead, '');
  await broker.publish('results.save', 'not JSON');
  await eventually(async () => {
    expect(strategy.state).toBe('paused');
    expect(await broker.depth('ingest.results')).toBe(1);
  });
  await channel.bindQueue(dead, dead, '');
  await eventually(async () => {
    expect((await test_.database.query('SELECT 1 FROM dead_letter')).rows).toHaveLength(1);
  });
});

test('what is in flight when the connection breaks is delivered again, and does no harm', async () => {
  const { id, simulation_id, update_key } = await submitSimulation(test_, 300);
  const sent = Array.from({ length: 300 }, (_, index) =>
    broker.publish('tasks.update', {
      simulation_id,
      update_key,
      task_id: index + 1,
      update_dict: { task_state: 'COMPLETED' },
    }),
  );
  network.cut();
  network.heal();
  await Promise.all(sent);
  await eventually(async () => {
    const { rows } = await test_.database.query('SELECT completed FROM task_summary WHERE simulation_id = $1', [id]);
    expect(rows).toStrictEqual([{ completed: 300 }]);
  });
});

test('a broker that is away at the start holds nobody up, and is consumed once it is there', async () => {
  const own = await TestBroker.open();
  const way = await TcpProxy.to(own.url);
  way.cut();
  const late = await createConsumingApp(own, { rabbitmqUrl: way.url, logLevel: 'silent' });
  expect(late.app.get(AmqpStrategy).state).toBe('down');
  way.heal();
  await until(() => late.app.get(AmqpStrategy).state === 'up');
  await late.close();
  await way.close();
  await own.close();
});

test('a queue that exists with other arguments stops the start with a sentence that says what to do', async () => {
  const own = await TestBroker.open();
  const name = `${own.prefix}ingest.logfiles`;
  await (await own.anotherChannel()).assertQueue(name, { durable: true });
  const other = await createTestApp({ rabbitmqUrl: own.url, amqpPrefix: own.prefix, logLevel: 'silent' });
  await expect(other.app.startAllMicroservices()).rejects.toThrow(
    new RegExp(`^The queue ${name} exists at the broker with other properties. .* AMQP_PREFIX.*inequivalent arg`),
  );
  await other.close();
  await own.close();
});

test('an instance for HTTP alone never connects', async () => {
  const own = await TestBroker.open();
  const way = await TcpProxy.to(own.url);
  const api = await createConsumingApp(own, { rabbitmqUrl: way.url, role: 'api' });
  expect(api.app.get(AmqpStrategy).state).toBe('off');
  expect((await api.app.get(HealthService).readiness()).checks).toStrictEqual({
    database: 'up',
    migrations: 'applied',
  });
  expect((await api.app.get(MetricsService).expose()).text).not.toContain('tallyhouse_amqp_queue_consumers{');
  expect(way.connections).toBe(0);
  await api.close();
  await way.close();
  await own.close();
});
