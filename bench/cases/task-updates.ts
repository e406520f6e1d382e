import { setTimeout as delay } from 'node:timers/promises';
import { taskBody, bulkBody } from './task-bodies.js';
import { AmqpSender } from '../client/amqp-sender.js';
import { post } from '../client/request-bytes.js';
import { jsonOf, type WorkerKey } from '../client/session.js';
import { interleaved, measured, measuredLoad, type Sample, type Subject } from '../measure.js';
import { type Check, finding, subjectReport } from '../report/case-report.js';
import { figureRatios } from '../report/ratios.js';
import type { BenchCase, Outcome, Scene, Stage } from '../scene.js';
import { querying } from '../world/bench-world.js';
import type { ServerProcess } from '../world/server-process.js';

const CONNECTIONS = 32;
const SIMULATIONS = 10;
const TASKS = 200;
const MESSAGES = 6_000;
/** Milliseconds between two looks at how many were acknowledged. */
const LOOK_MS = 5;
const NAIVE = 'naive (Prisma)';
const BARE = 'bare consumer';
const OVER_AMQP = 'over AMQP';

export const TASK_UPDATES: BenchCase = {
  name: 'task-updates',
  title: `Task updates, ${SIMULATIONS} simulations of ${TASKS} tasks: single and bulk over HTTP, and over AMQP`,
  run: runTaskUpdates,
};

async function runTaskUpdates(scene: Scene): Promise<Outcome> {
  const brokerUrl = await scene.world.broker();
  const stage = await scene.freshStage(brokerUrl);
  const workers = await Promise.all(Array.from({ length: SIMULATIONS }, () => stage.session.submit(TASKS)));
  const updates = new UpdateBodies(workers);
  const posting = (name: string, path: string, next: () => Buffer, updatesEach = 1) =>
    ({ name, slice: () => postUpdates(scene, stage, path, next, updatesEach) }) satisfies Subject;
  const subjects: Subject[] = [
    posting(NAIVE, '/bench/naive/tasks', () => updates.single()),
    posting('naive (pg)', '/bench/naive/tasks-pg', () => updates.single()),
    posting('single over HTTP', '/tasks', () => updates.single()),
    posting('bulk of 200', '/tasks/bulk', () => updates.bulk(), TASKS),
  ];
  const broker = brokerUrl === undefined ? undefined : await overAmqp(scene, stage, brokerUrl, updates);
  const ours = subjects.slice(2).concat(broker?.subjects[0] ?? []);
  subjects.push(...(broker?.subjects ?? []));
  const samples = await interleaved(subjects, scene.scale.rounds);
  await broker?.end();
  const ratio = (name: string, yardstick: string, called = yardstick) =>
    finding(
      'task-updates',
      `updates a second, ${name} / ${called}`,
      '×',
      figureRatios(samples, name, yardstick, 'perSecond'),
    );
  const findings = ours.flatMap(({ name }) => [ratio(name, NAIVE, 'naive'), ratio(name, 'naive (pg)')]);
  if (broker !== undefined) findings.push(ratio(OVER_AMQP, BARE));
  const checks = await keptLargest(stage, updates);
  await scene.world.stopServer(stage.server);
  return {
    subjects: [...samples].map(([name, rounds]) => subjectReport(name, rounds)),
    findings,
    checks,
    leftOut: broker === undefined ? [`${OVER_AMQP}: rabbitmq-server is not installed`] : [],
  };
}

/** Bodies that each bring something new, spread over the tasks of all simulations. */
class UpdateBodies {
  private count = 0;

  constructor(readonly workers: readonly WorkerKey[]) {}

  single(): Buffer {
    const number = ++this.count;
    const worker = this.workers[number % this.workers.length] as WorkerKey;
    const taskId = 1 + (Math.floor(number / this.workers.length) % TASKS);
    return taskBody(worker, taskId, number);
  }

  bulk(): Buffer {
    const number = ++this.count;
    const worker = this.workers[number % this.workers.length] as WorkerKey;
    return bulkBody(worker, TASKS, () => number);
  }

  /** The largest number that was sent. */
  get last(): number {
    return this.count;
  }
}

async function postUpdates(
  { world, scale }: Scene,
  { server }: Stage,
  path: string,
  next: () => Buffer,
  updatesEach: number,
): Promise<Sample> {
  const sample = await measuredLoad(server, world.postmaster, {
    ...{ connections: CONNECTIONS, seconds: scale.seconds, status: 202 },
    leastRequests: Math.max(scale.leastRequests, CONNECTIONS),
    request: () => post(path, [next()]),
  });
  return perUpdate(sample, updatesEach);
}

/** Counts updates instead of requests. */
function perUpdate(sample: Sample, updates: number): Sample {
  return {
    ...sample,
    requests: sample.requests * updates,
    serverMs: sample.serverMs / updates,
    databaseMs: sample.databaseMs / updates,
    perSecond: sample.perSecond * updates,
  };
}

/** The service as a consumer, and one that does nothing but acknowledge; both have the same publisher and kind of queue. */
async function overAmqp(scene: Scene, stage: Stage, brokerUrl: string, updates: UpdateBodies) {
  const sender = await AmqpSender.open(brokerUrl);
  const bare = await scene.world.startBareConsumer(brokerUrl);
  const consuming = (name: string, server: ServerProcess, routingKey: string) =>
    ({ name, slice: () => publish(scene, server, sender, routingKey, updates) }) satisfies Subject;
  return {
    subjects: [consuming(OVER_AMQP, stage.server, 'tasks.update'), consuming(BARE, bare, 'bench.bare')],
    end: () => Promise.all([sender.close(), scene.world.stopServer(bare)]),
  };
}

/** Publishes as fast as the broker confirms; ends when the consumer has acknowledged everything. */
async function publish(
  { world, scale }: Scene,
  server: ServerProcess,
  sender: AmqpSender,
  routingKey: string,
  updates: UpdateBodies,
): Promise<Sample> {
  const count = scale.quick ? 200 : MESSAGES;
  const bodies = Array.from({ length: count }, () => updates.single());
  const { acknowledged } = await server.usage();
  await server.settle();
  return measured(server, world.postmaster, async () => {
    const latencies = await sender.publishAll(routingKey, bodies);
    while ((await server.usage()).acknowledged < acknowledged + count) await delay(LOOK_MS);
    return { requests: count, latencies, bodyBytes: 0 };
  });
}

/** A last round of updates, through the service and the yardstick: both keep the largest number seen. */
async function keptLargest({ session, databaseUrl }: Stage, updates: UpdateBodies): Promise<Check[]> {
  const [worker] = updates.workers as [WorkerKey];
  const most = updates.last + 1;
  for (const path of ['/tasks', '/bench/naive/tasks', '/bench/naive/tasks-pg']) {
    for (const simulated of [most, most - 1]) await session.exchange(post(path, [taskBody(worker, 1, simulated)]), 202);
  }
  const { tasks } = jsonOf(await session.read(`/tasks?job_id=${worker.simulation_id}`)) as {
    tasks: { simulated_primaries: number }[];
  };
  const naive = await querying(databaseUrl, (client) =>
    client.query<{ simulated: string }>(
      `SELECT simulated_primaries AS simulated FROM bench.task
        WHERE task_id = 1 AND simulation_id = (SELECT id FROM simulation WHERE job_id = $1)`,
      [worker.simulation_id],
    ),
  );
  return [
    { what: 'POST /tasks: the largest number stays', holds: tasks[0]?.simulated_primaries === most },
    { what: 'naive: the largest number stays', holds: Number(naive.rows[0]?.simulated) === most },
  ];
}
