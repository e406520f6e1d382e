import { call, logIn } from '../../support/client.js';
import type { FaultRow } from '../fault-row.js';
import { FaultScene, USER } from '../fault-scene.js';
import { digestOfPage, type FaultJob, type LogicalWrite, type SentPage, sha256 } from '../logical-write.js';
import type { SeededRandom } from '../random.js';
import { sideBySide } from '../side-by-side.js';

const MESSAGES = 7;
const READERS = 4;

export const everyOrder: FaultRow = {
  number: 7,
  title: 'updates, logs, results with revisions and a final message in every order',
  short: 60,
  // 7! orders, through either door.
  full: 10_080,
  run: ({ repetitions, random, ...rest }) =>
    FaultScene.play({ repetitions, random, ...rest, jobs: repetitions }, async (scene) => {
      const isExhaustive = repetitions >= 2 * factorial(MESSAGES);
      await scene.loadPlan(12, plansInOrder(scene.jobs, random, isExhaustive));
      if ((await scene.settled()).lost > 0) return;
      const token = await logIn(scene.instance.url, USER);
      const states = new Set<string>();
      await sideBySide(scene.jobs, READERS, async ({ job_id }) => {
        states.add(await endState(scene.instance.url, job_id, token));
      });
      scene.figures['end states'] = states.size;
      if (states.size > 1) scene.fail(`${states.size} end states: ${[...states].slice(0, 2).join(' and ')}`);
    }),
};

/** Each job's messages are one sequence, sent one after the other: over HTTP they are stored in that very order. */
function* plansInOrder(jobs: readonly FaultJob[], random: SeededRandom, isExhaustive: boolean) {
  for (const [index, job] of jobs.entries()) {
    const numbers = Array.from({ length: MESSAGES }, (_, number) => number);
    const order = isExhaustive ? permutation(Math.floor(index / 2), numbers) : random.shuffled(numbers);
    const door = index % 2 === 0 ? 'http' : 'amqp';
    const writes = messages().map((message): LogicalWrite => ({ ...message, job, door }));
    yield order.map((number) => writes[number] as LogicalWrite);
  }
}

function messages(): Omit<LogicalWrite, 'job' | 'door'>[] {
  const task = (state: 'RUNNING' | 'COMPLETED' | 'FAILED', simulated: number, day: number) => {
    const startTime = `2026-11-0${day}T00:00:00.000Z`;
    const update_dict = { task_state: state, simulated_primaries: simulated, start_time: startTime };
    return {
      ...({ path: '/tasks', routingKey: 'tasks.update' } as const),
      content: { task_id: 1, update_dict },
      effect: { kind: 'task', update: { taskId: 1, state, simulated, startTime } } as const,
    };
  };
  const results = (revision: number) => {
    const pages = [0, 1].map((page_number): SentPage => {
      const values = [revision + 0.1, page_number];
      return { page_number, name: 'dose', data: { values, dimensions: [[0, 1]], unit: 'Gy' } };
    });
    const digests = new Map(pages.map((page) => [page.page_number, digestOfPage(page)]));
    return {
      ...({ path: '/results', routingKey: 'results.save' } as const),
      content: { partial: true, revision, estimators: [{ name: 'dose', pages }] },
      effect: { kind: 'pages', estimator: 'dose', revision, digests } as const,
    };
  };
  const text = 'all is well\n';
  return [
    task('RUNNING', 500, 3),
    task('COMPLETED', 300, 2),
    task('FAILED', 100, 1),
    results(1),
    results(2),
    {
      ...({ path: '/logfiles', routingKey: 'logfiles.save' } as const),
      content: { task_id: 1, logfiles: { 'log-1': text } },
      effect: { kind: 'log', name: 'task_1/log-1', digest: sha256(text) },
    },
    {
      ...({ path: '/results', routingKey: 'results.save' } as const),
      content: { estimators: [], pages_total: 2 },
      effect: { kind: 'final' },
    },
  ];
}

/** All that a reader sees, but for the time of receipt. */
async function endState(url: string, jobId: string, token: string): Promise<string> {
  const answers = ['results', 'logfiles', 'tasks'].map((path) => call(`${url}/${path}?job_id=${jobId}`, { token }));
  const texts = (await Promise.all(answers)).map(({ bytes }) => bytes.toString());
  return texts.join('\n').replaceAll(/"last_update_time":("[^"]*"|null)/g, '');
}

/** The order with this number, in the factorial number system. */
function permutation(number: number, items: readonly number[]): number[] {
  const left = [...items];
  const order: number[] = [];
  for (let rest = number; left.length > 0;) {
    const weight = factorial(left.length - 1);
    order.push(...left.splice(Math.floor(rest / weight) % left.length, 1));
    rest %= weight;
  }
  return order;
}

function factorial(number: number): number {
  return number <= 1 ? 1 : number * factorial(number - 1);
}
