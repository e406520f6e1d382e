import { readFile } from 'node:fs/promises';
import { sql } from '../support/admin.js';
import { eventually, TestBroker } from '../support/amqp.js';
import { call, registerUser, submit, type SubmittedJob } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { findPika, runPython } from '../support/pika.js';
import { type RunningService, startService } from '../support/service.js';

const python = findPika();
// Said on stderr where it is left out; CI has pika.
const withPika = python === undefined ? describe.skip : describe;

interface Page {
  readonly page_number: number;
  readonly data: { readonly values: readonly number[]; readonly dimensions: readonly (readonly number[])[] };
}
interface Results {
  readonly estimators: readonly { readonly name: string; readonly pages: readonly Page[] }[];
}

withPika('a worker in Python, with pika', () => {
  let database: TestDatabase;
  let broker: TestBroker;
  let service: RunningService;
  let token: string;
  let job: SubmittedJob;

  beforeAll(async () => {
    database = await createTestDatabase();
    broker = await TestBroker.open();
    service = await startService(database.url, broker.settings);
    ({ token } = await registerUser(service.url, 'ada'));
  });
  afterAll(async () => {
    await service.end();
    await broker.close();
    await database.drop();
  });
  beforeEach(async () => {
    job = await submit(service.url, token, { ntasks: 1 });
  });
  afterEach(async () => {
    expect(await sql(database.url, 'SELECT reason, error FROM dead_letter')).toStrictEqual([]);
    expect(await broker.depth('ingest.dead')).toBe(0);
  });

  async function run(program: string): Promise<string> {
    return runPython(python ?? '', program, {
      RABBITMQ_URL: broker.url,
      JOB_ID: job.job_id,
      UPDATE_KEY: job.update_key,
      EXCHANGE: `${broker.prefix}ingest`,
    });
  }

  async function read<T>(path: string): Promise<T> {
    const answer = await call(`${service.url}${path}?job_id=${job.job_id}`, { token });
    expect([path, answer.status]).toStrictEqual([path, 200]);
    return answer.json() as T;
  }

  async function completed(): Promise<void> {
    await eventually(async () => {
      const { job_state, tasks } = await read<{ job_state: string; tasks: { task_state: string }[] }>('/tasks');
      expect([job_state, tasks[0]?.task_state]).toStrictEqual(['COMPLETED', 'COMPLETED']);
    });
  }

  test('the program of docs/amqp.md runs as printed, and all of it is read back', async () => {
    const guide = await readFile(new URL('../../docs/amqp.md', import.meta.url), 'utf8');
    const programs = [...guide.matchAll(/^```python\n(.*?)^```$/gms)].map(([, program]) => program);
    expect(programs).toHaveLength(1);
    expect(await run(programs[0] ?? '')).toBe('sent 4 pages\n');
    await completed();
    const pages = [0, 1, 2, 3].map((number) => ({
      page_number: number,
      name: `Quantity ${number}`,
      data: {
        values: Array.from({ length: 400 }, (_, bin) => (bin * 0.1 + number) / 7),
        dimensions: [Array.from({ length: 400 }, (_, bin) => (bin + 0.5) * 0.05)],
        unit: 'MeV/g',
      },
    }));
    expect(await read('/results')).toStrictEqual({ message: 'Results', estimators: [{ name: 'z_profile', pages }] });
    const logs = { message: 'Logfiles', logfiles: { 'task_1/stdout': 'Starting simulation...\n' } };
    await eventually(async () => expect(await read('/logfiles')).toStrictEqual(logs));
    const { tasks } = await read<{ tasks: object[] }>('/tasks');
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
    const primaries = { requested_primaries: 1000, simulated_primaries: 1000 };
    expect(tasks).toMatchObject([{ task_id: 1, ...primaries, start_time: time, end_time: time }]);
  });

  test('any doubles, in three encodings, come back bit for bit', async () => {
    const sent = JSON.parse(await run(THREE_ENCODINGS)) as Record<string, string[]>;
    expect(Object.keys(sent)).toStrictEqual(['identity', 'gzip', 'deflate']);
    await eventually(async () => {
      const { estimators } = await read<Results>('/results');
      expect(estimators.map(({ name }) => name).sort()).toStrictEqual(Object.keys(sent).sort());
      for (const { name, pages } of estimators) {
        const { values = [], dimensions: [depths = []] = [] } = pages[0]?.data ?? {};
        expect([...values, ...depths].map(bits)).toStrictEqual(sent[name]);
      }
    });
  });
});

/** A double's eight bytes. */
function bits(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}

/** Publishes a page in each encoding, and prints the bits of what it sent. */
const THREE_ENCODINGS = `
import gzip, json, os, random, struct, zlib
import pika

def doubles(count):
    found = [0.0, -0.0, 0.1, 5e-324, -2.2250738585072014e-308, 1.7976931348623157e308, 1e22, 123456789012345680.0]
    while len(found) < count:
        value, = struct.unpack(">d", random.randbytes(8))
        if value - value == 0:
            found.append(value)
    return found

connection = pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_URL"]))
channel = connection.channel()
channel.confirm_delivery()
sent = {}
for encoding, encode in (("identity", bytes), ("gzip", gzip.compress), ("deflate", zlib.compress)):
    values, depths = doubles(5000), doubles(5000)
    page = {"page_number": 0, "name": "any", "data": {"values": values, "dimensions": [depths], "unit": ""}}
    body = {"simulation_id": os.environ["JOB_ID"], "update_key": os.environ["UPDATE_KEY"],
            "estimators": [{"name": encoding, "pages": [page]}]}
    properties = pika.BasicProperties(content_type="application/json", content_encoding=encoding, delivery_mode=2)
    content = encode(json.dumps(body).encode())
    channel.basic_publish(os.environ["EXCHANGE"], "results.save", content, properties, mandatory=True)
    sent[encoding] = [struct.pack(">d", value).hex() for value in values + depths]
connection.close()
print(json.dumps(sent))
`;
