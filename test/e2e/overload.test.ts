import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { eventually } from '../support/amqp.js';
import { call, registerUser, submit, type SubmittedJob } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type RunningService, startService } from '../support/service.js';

const MiB = 1024 * 1024;

let database: TestDatabase;
let service: RunningService;
let token: string;
let job: SubmittedJob;

beforeAll(async () => {
  database = await createTestDatabase();
  // Room for two large bodies and a few small ones, whatever comes first.
  service = await startService(database.url, { INGEST_MEMORY_BYTES: String(33 * MiB) });
  ({ token } = await registerUser(service.url, 'ada'));
  job = await submit(service.url, token);
});

afterAll(async () => {
  await service.end();
  await database.drop();
});

function results(pageNumber: number): string {
  const values = Array.from({ length: 100_000 }, (_, bin) => bin / 7);
  const page = {
    page_number: pageNumber,
    name: 'n',
    data: { values, dimensions: [values.map((_, bin) => bin)], unit: '' },
  };
  const { job_id: simulation_id, update_key } = job;
  return JSON.stringify({ simulation_id, update_key, partial: true, estimators: [{ name: 'D', pages: [page] }] });
}

/** An upload of which so much is sent, and the rest when `finish` is called. */
class SlowUpload {
  private readonly upload: ClientRequest;
  private readonly answered: Promise<[IncomingMessage]>;

  constructor(
    private readonly body: string,
    private readonly sent: number,
  ) {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    this.upload = request(`${service.url}/results`, { method: 'POST', headers });
    this.answered = once(this.upload, 'response') as Promise<[IncomingMessage]>;
    this.upload.write(body.slice(0, sent));
  }

  async finish(): Promise<unknown> {
    this.upload.end(this.body.slice(this.sent));
    return (await this.answered)[0].statusCode;
  }

  /** The answer before all was sent; never resolves where it is none. */
  async refusal(): Promise<unknown> {
    const [response] = await this.answered;
    if (response.statusCode !== 503) return new Promise(() => undefined);
    const answer = [response.statusCode, response.headers['retry-after'], await json(response)];
    this.upload.destroy();
    return answer;
  }
}

const small = () => {
  const { job_id: simulation_id, update_key } = job;
  const body = { simulation_id, update_key, task_id: 1, update_dict: { task_state: 'RUNNING' } };
  return call(`${service.url}/tasks`, { method: 'POST', body });
};

test('large bodies beyond the memory for them are told to come again; small ones, reads and health are served', async () => {
  const uploads = [1, 2, 3, 4, 5].map((page) => new SlowUpload(results(page), 1_000_000));
  const refused: SlowUpload[] = [];
  await new Promise<void>((resolve, reject) => {
    for (const upload of uploads) {
      upload.refusal().then((answer) => {
        expect(answer).toStrictEqual([
          503,
          '1',
          { message: 'Too many bodies at once, try again shortly', status_code: 503 },
        ]);
        if (refused.push(upload) === 3) resolve();
      }, reject);
    }
  });
  expect((await call(`${service.url}/tasks?job_id=${job.job_id}`, { token })).status).toBe(200);
  expect((await call(`${service.url}/health/ready`)).status).toBe(200);
  const admitted = uploads.filter((upload) => !refused.includes(upload));
  expect(await admitted[0]?.finish()).toBe(202);
  // Its room is free again, for a large one or for small ones.
  expect((await small()).status).toBe(202);
  expect(await new SlowUpload(results(6), 10).finish()).toBe(202);
  expect(await admitted[1]?.finish()).toBe(202);
  const answer = await call(`${service.url}/estimators?job_id=${job.job_id}`, { token });
  expect(answer.bytes.toString().match(/page_number/g)).toHaveLength(3);
});

test('what was refused, broken off or finished leaves no room taken', async () => {
  for (let round = 0; round < 40; round++) {
    const broken = new SlowUpload(results(3), 200_000);
    broken.refusal().catch(() => undefined);
    await small();
    (broken as unknown as { upload: ClientRequest }).upload.destroy();
    await call(`${service.url}/results`, { method: 'POST', body: '{"simulation_id":' });
  }
  await eventually(async () => expect(await new SlowUpload(results(3), 10).finish()).toBe(202));
});
