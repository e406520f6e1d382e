import { AdminClient } from '../../support/admin.js';
import { logIn } from '../../support/client.js';
import { ADMIN } from '../../support/service.js';
import { AmqpSender } from '../amqp-sender.js';
import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';
import { planWrites } from '../load-plan.js';
import { type FaultJob, sha256 } from '../logical-write.js';
import type { SeededRandom } from '../random.js';

const GOOD_PER_POISON = 3;
/**
 * Parts of the run, by turns with poison and without it, so that whatever else the machine does meets both. The first one
 * warms up and does not count.
 */
const PARTS = 9;
/** The goal is 2, and times fail beyond ten times their goal. */
const LARGEST_RATIO = 20;
const ROUTES = ['results.save', 'logfiles.save', 'tasks.update'] as const;

interface Poison {
  readonly routingKey: string;
  readonly body: string;
  /** Why it must be dead-lettered. */
  readonly reason: string;
}

interface DeadLetter {
  readonly id: number;
  readonly routing_key: string;
  readonly reason: string;
  readonly error: string;
  readonly attempts: number;
  readonly first_at: string;
  readonly last_at: string;
  readonly body_sha256: string;
}

export const poison: FaultRow = {
  number: 9,
  title: 'poison among good traffic',
  short: 60,
  full: 1_000,
  run: ({ repetitions, random, ...rest }) =>
    FaultScene.play({ repetitions, random, ...rest, tolerated: /^dead letters$/ }, async (scene) => {
      const poisons = Array.from({ length: repetitions }, (_, number) => poisonous(number, scene.jobs, random));
      const worker = new AmqpSender(scene.world.brokerUrl, `${scene.prefix}ingest`, scene.sightings);
      const good = 2 * GOOD_PER_POISON * repetitions;
      const plan = [...planWrites(random, { jobs: scene.jobs, writes: good })].map((write) => [write]);
      const poisonAll = async (some: readonly Poison[]) => {
        for (const { routingKey, body } of some) {
          if (!(await worker.publish(routingKey, Buffer.from(body)))) scene.fail(`${routingKey} was not confirmed`);
        }
      };
      const times = { without: [] as number[], with: [] as number[] };
      for (let part = 0; part < PARTS; part++) {
        const isPoisoned = part % 2 === 1;
        const some = isPoisoned ? partOf(poisons, (part - 1) / 2, (PARTS - 1) / 2) : [];
        await Promise.all([scene.loadPlan(8, partOf(plan, part, PARTS)), poisonAll(some)]);
        const answers = scene.sightings.takeAnswers();
        if (part > 0) times[isPoisoned ? 'with' : 'without'].push(...answers);
      }
      compare(scene, p99(times.without), p99(times.with));
      await worker.close();
      await scene.untilDrained();
      await expectDeadLetters(scene, poisons);
    }),
};

function partOf<T>(items: readonly T[], part: number, parts: number): readonly T[] {
  return items.slice(Math.floor((items.length * part) / parts), Math.floor((items.length * (part + 1)) / parts));
}

function p99(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
}

function compare(scene: FaultScene, without: number, poisoned: number): void {
  const ratio = poisoned / without;
  scene.figures['http p99 without poison ms'] = Math.round(without);
  scene.figures['http p99 with poison ms'] = Math.round(poisoned);
  scene.figures['ratio of both'] = Math.round(ratio * 100) / 100;
  if (!(ratio < LARGEST_RATIO)) scene.fail(`good traffic slowed down ${ratio} times by poison`);
}

/** Each is unlike all others, so that one that is there twice shows. */
function poisonous(number: number, jobs: readonly FaultJob[], random: SeededRandom): Poison {
  const { job_id: simulation_id, update_key } = random.pick(jobs);
  const routingKey = random.pick(ROUTES);
  const worker = { simulation_id, update_key, poison: number };
  const estimators = [
    { name: 'D', pages: [{ page_number: 1, name: 'n', data: { values: [1], dimensions: [[0, 1, 2]] } }] },
  ];
  return random.pick<Poison>([
    { routingKey, body: `nonsense ${number}`, reason: 'invalid' },
    { routingKey, body: JSON.stringify(worker).slice(0, -1), reason: 'invalid' },
    {
      routingKey: 'tasks.update',
      body: JSON.stringify({ ...worker, task_id: -1, update_dict: {} }),
      reason: 'invalid',
    },
    { routingKey: 'results.save', body: JSON.stringify({ ...worker, estimators }), reason: 'invalid' },
    {
      routingKey: 'tasks.update',
      body: JSON.stringify({ ...worker, update_key: 'x'.repeat(40), task_id: 1, update_dict: {} }),
      reason: 'wrongKey',
    },
  ]);
}

async function expectDeadLetters(scene: FaultScene, poisons: readonly Poison[]): Promise<void> {
  const { url } = scene.instance;
  const admin = new AdminClient(url, await logIn(url, ADMIN));
  const list = (await admin.walk('/admin/dead-letters', 'dead_letters', 200)) as unknown as DeadLetter[];
  const letters = new Map<string, DeadLetter>();
  for (const { id } of list) {
    const letter = (await admin.call(`/admin/dead-letters/${id}`)).json()['dead_letter'] as DeadLetter;
    if (letters.has(letter.body_sha256)) scene.fail(`dead letter ${id} is there twice`);
    letters.set(letter.body_sha256, letter);
  }
  scene.figures['dead letters'] = list.length;
  if (list.length !== poisons.length) scene.fail(`${list.length} dead letters of ${poisons.length} poisons`);
  for (const { routingKey, body, reason } of poisons) {
    const letter = letters.get(sha256(body));
    const isRight =
      letter?.reason === reason &&
      letter.routing_key === routingKey &&
      letter.error !== '' &&
      letter.attempts === 1 &&
      Date.parse(letter.first_at) <= Date.parse(letter.last_at);
    if (!isRight) scene.fail(`${routingKey} ${body.slice(0, 80)} is dead-lettered as ${JSON.stringify(letter)}`);
  }
}
