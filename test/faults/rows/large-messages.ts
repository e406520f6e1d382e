import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';
import { HealthWatch } from '../health-watch.js';
import { largeWrite } from '../large-pages.js';
import { MemoryWatch, residentSetMB } from '../memory-watch.js';

const MESSAGE_BYTES = 15_000_000;
const MESSAGES_PER_JOB = 4;
/** What the service sends to its database takes a moment, and not much of it gets there at a time. */
const SLOW = { delayMs: 5, bytesPerSecond: 20_000_000 };

export const largeMessages: FaultRow = {
  number: 12,
  title: 'messages of 15 MB, all at once, and a slow database',
  short: 6,
  full: 64,
  goals: { 'growth MB': 350, 'event loop p99 ms': 100, 'health p99 ms': 200 },
  run: ({ repetitions, random, ...rest }) => {
    const jobs = Math.ceil(repetitions / MESSAGES_PER_JOB);
    return FaultScene.play(
      { repetitions, random, ...rest, jobs, settings: { MALLOC_ARENA_MAX: '2' } },
      async (scene) => {
        const { instance, world } = scene;
        // A first one, so that what is loaded once is not taken for growth.
        const [first, ...others] = Array.from({ length: repetitions }, (_, number) => {
          const job = scene.jobs[number % jobs] ?? scene.jobs[0];
          if (job === undefined) throw new Error('there is no job');
          return () => largeWrite(random, MESSAGE_BYTES, `dose_${number}`, job, 'amqp');
        });
        if (first === undefined) return;
        await scene.loadPlan(1, [[first()]]);
        await scene.settled();
        const idle = await residentSetMB(instance.pid);
        const memory = MemoryWatch.over(scene.instances);
        const health = HealthWatch.over(instance);
        // Asking starts its time anew.
        await instance.figure('nodejs_eventloop_lag_p99_seconds');
        world.databaseNetwork.spoil(SLOW, ['up']);
        await scene.loadPlan(others.length, lazily(others));
        await scene.untilDrained();
        scene.figures['event loop p99 ms'] = Math.round(
          (await instance.figure('nodejs_eventloop_lag_p99_seconds')) * 1000,
        );
        world.databaseNetwork.heal();
        const { p99, failed } = await health.stop();
        scene.figures['health p99 ms'] = p99;
        if (failed > 0) scene.fail(`health did not answer ${failed} times`);
        scene.figures['growth MB'] = (await memory.stop()) - idle;
      },
    );
  },
};

function* lazily<T>(items: readonly (() => T)[]): Generator<readonly T[]> {
  for (const item of items) yield [item()];
}
