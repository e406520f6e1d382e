import { readFile } from 'node:fs/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import specifications from '@asyncapi/specs';
import { Ajv } from 'ajv';
import type { Options } from 'amqplib';
import { parse } from 'yaml';
import { INGEST_EXCHANGE, ROUTES, type RoutingKey, TOPOLOGY } from '../../src/amqp/topology.js';
import { readConfig } from '../../src/config/config.js';
import { LOGS_FORMAT } from '../../src/logs/ingest/logs-format.js';
import { MetricsService } from '../../src/metrics/metrics.service.js';
import { createDocument } from '../../src/openapi/document.js';
import { DISPATCH_KEYS, DISPATCH_TOPOLOGY } from '../../src/dispatch/dispatch-topology.js';
import { canceledMessage, requestedMessage } from '../../src/dispatch/domain/task-message.js';
import { resultsFormat } from '../../src/results/ingest/results-format.js';
import { SimulationsService } from '../../src/simulations/simulations.service.js';
import { JOB_REPORT_FORMAT } from '../../src/tasks/ingest/job-report-format.js';
import { TASK_FORMAT, TASK_LIST_FORMAT } from '../../src/tasks/ingest/task-format.js';
import { eventually, TestBroker } from '../support/amqp.js';
import { createConsumingApp, type TestApp } from '../support/test-app.js';

interface Reference {
  readonly $ref: string;
}
interface Example {
  readonly name: string;
  readonly headers?: Record<string, string>;
  readonly payload: Record<string, unknown>;
}
interface Message {
  readonly payload: Reference;
  readonly examples: readonly Example[];
  readonly 'x-max-inflated-bytes': number;
}
interface Channel<Address = RoutingKey> {
  readonly address: Address;
  readonly messages: Readonly<Record<string, Reference>>;
  readonly bindings: { readonly amqp: { readonly exchange: Record<string, unknown> } };
  readonly 'x-queue': string;
}
interface AsyncApi {
  readonly channels: Readonly<Record<string, Channel<string>>>;
  readonly operations: Readonly<Record<string, { readonly action: string; readonly channel: Reference }>>;
  readonly components: {
    readonly messages: Readonly<Record<string, Message>>;
    readonly messageTraits: { readonly json: { readonly 'x-content-encodings': readonly string[] } };
  };
}

const document_ = parse(
  await readFile(new URL('../../docs/asyncapi.yaml', import.meta.url), 'utf8'),
  // Anchors stand for repeated bindings.
  { merge: true },
) as AsyncApi;
/** What workers publish, and what the service does. */
const channels = Object.values(document_.channels).filter(isIngested);
const dispatched = Object.values(document_.channels).filter((channel) => !isIngested(channel));

function isIngested(channel: Channel<string>): channel is Channel {
  return Object.hasOwn(ROUTES, channel.address);
}

/** Resolves a reference within the document; undefined where it leads nowhere. */
function resolve({ $ref }: Reference): unknown {
  return $ref
    .slice('#/'.length)
    .split('/')
    .reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], document_);
}

function messageOf(channel: Channel<string>): Message {
  const [inChannel] = Object.values(channel.messages);
  return resolve(inChannel as Reference) as Message;
}

const messages = channels.map((channel) => [channel.address, messageOf(channel)] as const);
const examples = messages.flatMap(([routingKey, message]) =>
  message.examples.map((example) => [`${routingKey} ${example.name}`, routingKey, message, example] as const),
);

/** Checks payloads by the document's own schemas. */
const payloads = new Ajv({ strict: false, allErrors: true }).addSchema(document_, 'asyncapi.yaml');

function faults(message: Message, payload: unknown): unknown {
  const validate = payloads.getSchema(`asyncapi.yaml${message.payload.$ref}`);
  if (validate === undefined) throw new Error(`no schema ${message.payload.$ref}`);
  return validate(payload) === true ? [] : validate.errors;
}

describe('docs/asyncapi.yaml', () => {
  test('is an AsyncAPI 3.0 document, by the schema of the specification', () => {
    // That schema brings its own copy of the meta-schema.
    const options = { strict: false, validateFormats: false, validateSchema: false, meta: false, allErrors: true };
    const validate = new Ajv(options).compile(specifications.schemas['3.0.0'] as object);
    validate(document_);
    expect(validate.errors ?? []).toStrictEqual([]);
    const { channels: kept, ...rest } = document_;
    const [[name, channel] = ['', undefined]] = Object.entries(kept);
    const amqp = { ...channel?.bindings.amqp, is: 'exchange' };
    expect(validate({ ...rest, channels: { [name]: { ...channel, bindings: { amqp } } } })).toBe(false);
  });

  test('has no reference that leads nowhere', () => {
    const references: Reference[] = [];
    JSON.stringify(document_, (_, value: unknown) => {
      if (typeof value === 'object' && value !== null && '$ref' in value) references.push(value as Reference);
      return value;
    });
    expect(references.length).toBeGreaterThan(50);
    expect(references.filter((reference) => resolve(reference) === undefined)).toStrictEqual([]);
  });

  test('names the exchange, the routing keys and the queues of the code', () => {
    expect(Object.fromEntries(channels.map((channel) => [channel.address, channel['x-queue']]))).toStrictEqual(ROUTES);
    const declared = TOPOLOGY.exchanges.find(({ name }) => name === INGEST_EXCHANGE);
    for (const { bindings } of channels) {
      expect(bindings.amqp.exchange).toMatchObject({ ...declared, durable: true, autoDelete: false });
    }
  });

  test('names those of what is handed out', () => {
    const queues = dispatched.map((channel) => [channel.address, channel['x-queue']]);
    const declared = DISPATCH_TOPOLOGY.queues.flatMap(({ name, bindings }) => bindings.map(([, key]) => [key, name]));
    expect(queues).toStrictEqual(declared);
    expect(queues.map(([key]) => key)).toStrictEqual(Object.values(DISPATCH_KEYS));
    for (const { bindings } of dispatched) {
      expect(bindings.amqp.exchange).toMatchObject({ ...DISPATCH_TOPOLOGY.exchanges[0], durable: true });
    }
  });

  test('has one operation a channel: receiving what workers publish, sending what is handed out', () => {
    const operations = Object.values(document_.operations);
    const actions = [...channels.map(() => 'receive'), ...dispatched.map(() => 'send')];
    expect(operations.map(({ action }) => action)).toStrictEqual(actions);
    expect(operations.map(({ channel }) => resolve(channel))).toStrictEqual([...channels, ...dispatched]);
  });

  test('what is handed out looks as its examples do', () => {
    const [requested, canceled] = dispatched.map(messageOf) as [Message, Message];
    for (const { payload } of [...requested.examples, ...canceled.examples]) {
      const message = Object.hasOwn(payload, 'task_id') ? requested : canceled;
      expect(faults(message, payload)).toStrictEqual([]);
      expect(JSON.parse(madeOf(payload).toString())).toStrictEqual(payload);
    }
    expect(faults(requested, { ...requested.examples[0]?.payload, platform: 'OTHER' })).not.toStrictEqual([]);
  });

  test('states the limits of the code', () => {
    const { maxMessageBytes } = readConfig({});
    const limits = {
      'results.save': resultsFormat(maxMessageBytes).maxBytes,
      'logfiles.save': Math.min(LOGS_FORMAT.maxBytes, maxMessageBytes),
      'tasks.update': TASK_FORMAT.maxBytes,
      'tasks.update-bulk': TASK_LIST_FORMAT.maxBytes,
      'jobs.update': JOB_REPORT_FORMAT.maxBytes,
    };
    const stated = messages.map(([routingKey, message]) => [routingKey, message['x-max-inflated-bytes']] as const);
    expect(Object.fromEntries(stated)).toStrictEqual(limits);
  });

  test.each(examples)('the example %s satisfies its schema', (_, __, message, { payload }) => {
    expect(faults(message, payload)).toStrictEqual([]);
  });

  test.each<[string, RoutingKey, (body: Record<string, unknown>) => void]>([
    [
      'a page without a number',
      'results.save',
      (body) => (body['estimators'] = [{ name: 'D', pages: [{ data: {} }] }]),
    ],
    [
      'a page without values',
      'results.save',
      (body) => (body['estimators'] = [{ name: 'D', pages: [{ page_number: 1, data: {} }] }]),
    ],
    ['no estimators', 'results.save', (body) => delete body['estimators']],
    ['a log that is no text', 'logfiles.save', (body) => (body['logfiles'] = { stdout: 1 })],
    ['a job state for a task', 'tasks.update', (body) => (body['update_dict'] = { task_state: 'MERGING_QUEUED' })],
    ['an empty list', 'tasks.update-bulk', (body) => (body['tasks'] = [])],
    ['no simulation', 'jobs.update', (body) => delete body['simulation_id']],
  ])('its schemas refuse %s', (_, routingKey, spoil) => {
    const message = new Map(messages).get(routingKey) as Message;
    const body = structuredClone(message.examples[0]?.payload ?? {});
    spoil(body);
    expect(faults(message, body)).not.toStrictEqual([]);
  });
});

/** The message that the service makes of what an example says. */
function madeOf(payload: Record<string, unknown>): Buffer {
  const { job_id, sim_id, ntasks, update_key, title, sim_type, input_type, platform, batch_options, task_id } =
    payload as Record<string, string>;
  if (task_id === undefined) return canceledMessage(String(job_id), Number(sim_id)).content;
  const simulation = {
    jobId: String(job_id),
    simId: Number(sim_id),
    ntasks: Number(ntasks),
    updateKey: String(update_key),
    title: String(title),
    simType: String(sim_type),
    inputType: input_type as 'editor' | 'files',
    platform: platform as 'DIRECT' | 'BATCH',
    batchOptions: batch_options === undefined ? null : JSON.stringify(batch_options),
  };
  return requestedMessage(simulation, 0, Buffer.from(JSON.stringify(payload['input']))).content;
}

/** The endpoint that takes the same body. */
const TWINS: Readonly<Record<RoutingKey, string>> = {
  'results.save': '/results',
  'logfiles.save': '/logfiles',
  'tasks.update': '/tasks',
  'tasks.update-bulk': '/tasks/bulk',
  'jobs.update': '/jobs',
};

describe('over a real broker', () => {
  let broker: TestBroker;
  let test_: TestApp;

  beforeAll(async () => {
    broker = await TestBroker.open();
    test_ = await createConsumingApp(broker);
    await test_.app.get(SimulationsService).submit(test_.owner.id, {
      job_id: JOB_ID,
      update_key: UPDATE_KEY,
      title: 'the simulation of the examples',
      sim_type: 'shieldhit',
      input_type: 'files',
      input: Buffer.from('{"beam.dat":"…"}'),
      ntasks: 2,
    });
  });
  afterAll(async () => {
    await test_.close();
    await broker.close();
  });

  /** Messages of a queue that were taken in. */
  async function takenIn(routingKey: RoutingKey): Promise<number> {
    const { text } = await test_.app.get(MetricsService).expose();
    const labels = `queue="${ROUTES[routingKey]}",outcome="acknowledged",kind=""`;
    return Number(text.split(`tallyhouse_amqp_deliveries_total{${labels}} `)[1]?.split('\n')[0] ?? 0);
  }

  test.each(examples)('%s is taken in as printed, in every encoding', async (_, routingKey, __, example) => {
    const body = Buffer.from(JSON.stringify(example.payload));
    for (const [encoding, encode] of encodings()) {
      const before = await takenIn(routingKey);
      const options: Options.Publish = { contentEncoding: encoding, headers: example.headers ?? {} };
      await broker.publish(routingKey, encode(body), options);
      await eventually(async () => expect(await takenIn(routingKey)).toBe(before + 1));
    }
  });

  test('no example left a dead letter, and what the examples say is stored', async () => {
    const { rows } = await test_.database.query<Record<string, unknown>>(
      `SELECT (SELECT count(*)::int FROM dead_letter) AS dead_letters,
              (SELECT count(*)::int FROM page) AS pages,
              (SELECT count(*)::int FROM log_file) AS logs,
              (SELECT count(*)::int FROM task) AS tasks`,
    );
    expect(rows).toStrictEqual([{ dead_letters: 0, pages: 3, logs: 3, tasks: 2 }]);
    expect(await broker.depth('ingest.dead')).toBe(0);
  });

  test.each(messages)('%s has the members, bounds and examples of its endpoint in OpenAPI', (routingKey, message) => {
    const openapi = JSON.parse(JSON.stringify(createDocument(test_.app))) as OpenApi;
    const content = openapi.paths[TWINS[routingKey]]?.post.requestBody.content['application/json'];
    const theirs = (name: string) => openapi.components.schemas[name.split('/').at(-1) as string] as Schema;
    compare(content?.schema as Schema, message.payload as Schema, theirs);
    const [first] = message.examples;
    for (const [name, { example }] of Object.entries(theirs(content?.schema.$ref as string).properties ?? {})) {
      if (example !== undefined) expect([name, first?.payload[name]]).toStrictEqual([name, example]);
    }
    for (const [name, { value }] of Object.entries(content?.examples ?? {})) {
      expect(message.examples.find((example) => example.name === name)?.payload).toStrictEqual(value);
    }
  });
});

const JOB_ID = 'abc123-def456';
const UPDATE_KEY = 'the-update-key-of-the-simulation-0123456789';

function encodings(): (readonly [string, (body: Buffer) => Buffer])[] {
  const encoders = new Map([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ] as const) as ReadonlyMap<string, (body: Buffer) => Buffer>;
  return document_.components.messageTraits.json['x-content-encodings'].map((encoding) => [
    encoding,
    encoders.get(encoding) ?? ((body) => body),
  ]);
}

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly example?: unknown;
  readonly [bound: string]: unknown;
}
interface OpenApi {
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly post: {
          readonly requestBody: {
            readonly content: Readonly<
              Record<
                string,
                { readonly schema: Schema; readonly examples?: Record<string, { readonly value: unknown }> }
              >
            >;
          };
        };
      }
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const BOUNDS = ['minimum', 'maximum', 'minItems', 'maxItems'] as const;

/** What OpenAPI says of a body the document must say too; it may say more, and that null counts as absent. */
function compare(http: Schema, amqp: Schema, theirs: (name: string) => Schema): void {
  const theirSchema = http.$ref === undefined ? http : theirs(http.$ref);
  const ours = amqp.$ref === undefined ? amqp : (resolve(amqp as Reference) as Schema);
  for (const bound of BOUNDS) {
    if (theirSchema[bound] !== undefined) expect([bound, ours[bound]]).toStrictEqual([bound, theirSchema[bound]]);
  }
  if (theirSchema.enum !== undefined) expect(ours.enum?.filter((one) => one !== null)).toStrictEqual(theirSchema.enum);
  for (const [name, property] of Object.entries(theirSchema.properties ?? {})) {
    expect(Object.keys(ours.properties ?? {})).toContain(name);
    compare(property, ours.properties?.[name] as Schema, theirs);
  }
  // The header X-Update-Key may stand for the member, and sim_id for simulation_id.
  const required = (theirSchema.required ?? []).filter((name) => ours.required?.includes(name) !== true);
  for (const name of required) expect(['update_key', 'simulation_id']).toContain(name);
  if (theirSchema.items?.$ref !== undefined) compare(theirSchema.items, ours.items as Schema, theirs);
}
