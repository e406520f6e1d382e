import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../errors/app-error.js';
import { DocumentBuilder } from '../json/document-builder.js';
import { readWorkerBody } from './worker-body.js';
import { WorkerEnvelope } from './worker-envelope.js';

const FORMAT = {
  envelope: WorkerEnvelope,
  scalars: ['simulation_id', 'update_key'] as const,
  content: 'content',
  maxBytes: 1_000,
};
const HEAD = '"simulation_id": "job", "update_key": "key"';

/** Reads a body that comes in one chunk; what is seen of its content is noted, and whether the key was known by then. */
class Reading extends DocumentBuilder {
  readonly seen: string[] = [];
  private isAuthorized = false;

  constructor(private readonly isRight: boolean) {
    super('value', 'content', () => this.seen.push(this.isAuthorized ? 'after the key' : 'before the key'));
  }

  read(text: string) {
    return readWorkerBody({ chunks: [Buffer.from(text)] }, FORMAT, () => this.authorize(), this);
  }

  private async authorize(): Promise<string> {
    await nextTurn();
    if (!this.isRight) throw new AppError('wrongKey', 'wrong');
    this.isAuthorized = true;
    return 'the simulation';
  }
}

class CarefulReading extends Reading {
  async drained(): Promise<void> {
    return Promise.resolve();
  }
}

test.each([
  ['a syntax error', `{${HEAD}, "content": nonsense}`],
  ['a body that ends too early', `{${HEAD}, "content": [1`],
  ['a member that comes twice', `{${HEAD}, "content": 1, "content": 2}`],
  ['nothing', `{${HEAD}, "content": 1}`],
])('a wrong key is told before what is wrong behind it: %s', async (_, text) => {
  await expect(new Reading(false).read(text)).rejects.toMatchObject({ kind: 'wrongKey' });
});

test.each([
  ['a syntax error', `{${HEAD}, "content": nonsense}`],
  ['a member that comes twice', `{${HEAD}, "content": 1, "content": 2}`],
  ['no content', `{${HEAD}}`],
])('with a right key it is told: %s', async (_, text) => {
  await expect(new Reading(true).read(text)).rejects.toMatchObject({ kind: 'invalid' });
});

test('what is wrong before the key is told without asking for the key', async () => {
  const text = '{"simulation_id": "no/job", "update_key": "key", "content": 1}';
  await expect(new Reading(false).read(text)).rejects.toMatchObject({ kind: 'invalid' });
});

test('a reader of small content may see it while the key is looked up, one that stores it only after', async () => {
  const text = `{${HEAD}, "content": [1, 2]}`;
  const reading = new Reading(true);
  const careful = new CarefulReading(true);
  expect((await reading.read(text)).simulation).toBe('the simulation');
  expect((await careful.read(text)).simulation).toBe('the simulation');
  expect(reading.seen).toStrictEqual(['before the key']);
  expect(careful.seen).toStrictEqual(['after the key']);
});
