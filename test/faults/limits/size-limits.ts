import type { Route } from '../../../src/worker-client/message.js';
import type { Door } from '../logical-write.js';
import type { Filled, WorkerLimit, Within } from './limit.js';
import { logEffect } from './log-limits.js';
import { pageOf, pagesEffect } from './results-limits.js';
import { taskEffect, taskUpdate } from './task-limits.js';

const MIB = 1024 * 1024;
/** What may come before simulation and key. */
const UNAUTHORIZED_BYTES = 16 * MIB;
const SLOW_BYTES = 4 * MIB;

export interface SizeSettings {
  readonly isFull: boolean;
  readonly maxBodyBytes: number;
  readonly maxMessageBytes: number;
}

type Shape = Omit<Filled, 'bytes'> & Pick<Within, 'effects'>;

/** The filling stands among the values: a body that was cut would miss some. */
const RESULTS: Shape = {
  before: `"partial":true,"estimators":[{"name":"D","pages":[{"page_number":3,"name":"dose","data":{"values":[0.25,`,
  fill: ' ',
  after: `3],"dimensions":[[0.5,1.5]],"unit":"Gy"}}]}]`,
  effects: () => [pagesEffect('D', [pageOf(3)])],
};
const LOGS: Shape = {
  before: `"logfiles":{"log-1":"`,
  fill: 'x',
  after: `"}`,
  effects: (fill) => [logEffect('log-1', 'x'.repeat(fill))],
};
const TASK: Shape = {
  before: `"task_id":4,"other":"`,
  fill: 'x',
  after: `","update_dict":${JSON.stringify(taskUpdate())}`,
  effects: () => [taskEffect(4)],
};
const TASKS: Shape = {
  before: `"tasks":[{"task_id":4,`,
  fill: ' ',
  after: `"update_dict":${JSON.stringify(taskUpdate())}}]`,
  effects: () => [taskEffect(4)],
};
const JOB: Shape = {
  before: `"job_state":"RUNNING","log":{"log-1":"`,
  fill: 'x',
  after: `"}`,
  effects: (fill) => [logEffect('log-1', 'x'.repeat(fill))],
};

/** Bytes of whole bodies: of each kind the lower of its own limit and that of its door. */
export function sizeLimits({ isFull, maxBodyBytes, maxMessageBytes }: SizeSettings): WorkerLimit[] {
  const kinds: readonly [Route, Shape, number][] = [
    ['results.save', RESULTS, maxBodyBytes],
    ['logfiles.save', LOGS, 64 * MIB],
    ['tasks.update', TASK, MIB],
    ['tasks.update-bulk', TASKS, 16 * MIB],
    ['jobs.update', JOB, MIB],
  ];
  // What is accepted at its limit is accepted below it: of large bodies, that is left to the full run.
  const atMost = (limit: number) => (isFull || limit < SLOW_BYTES ? [limit - 1, limit] : [limit]);
  const perDoor = kinds.flatMap(([route, shape, limit]) => {
    const ofMessages = Math.min(limit, maxMessageBytes);
    if (ofMessages === limit) return [sized(route, shape, atMost(limit), ['http', 'amqp'])];
    return [sized(route, shape, atMost(limit), ['http']), sized(route, shape, atMost(ofMessages), ['amqp'])];
  });
  return [...perDoor, ...keyLast(maxMessageBytes, atMost(UNAUTHORIZED_BYTES))];
}

function sized(
  route: Route,
  { effects, ...filled }: Shape,
  accepted: readonly number[],
  doors: readonly Door[],
): WorkerLimit {
  const limit = Math.max(...accepted);
  return {
    name: `bytes of a body for ${route} through ${doors.join(' and ')}`,
    route,
    doors,
    within: accepted.map((bytes) => ({
      what: `${bytes}`,
      content: { ...filled, bytes },
      ...(effects === undefined ? {} : { effects }),
    })),
    beyond: [
      {
        what: `${limit + 1}`,
        content: { ...filled, bytes: limit + 1 },
        status: 413,
        error: `body: is larger than the limit of ${limit} bytes (inflated)`,
      },
    ],
  };
}

/** Where the content comes before simulation and key, or whatever else does. */
function keyLast(maxMessageBytes: number, accepted: readonly number[]): WorkerLimit[] {
  const doors: readonly Door[] = maxMessageBytes > UNAUTHORIZED_BYTES ? ['http', 'amqp'] : ['http'];
  const error = `body: may hold at most ${UNAUTHORIZED_BYTES} bytes (inflated) before simulation_id and update_key`;
  const limit = (name: string, route: Route, { effects, ...filled }: Shape): WorkerLimit => ({
    name,
    route,
    doors,
    within: accepted.map((bytes) => ({
      what: `${bytes}`,
      content: { ...filled, bytes },
      keyLast: true,
      ...(effects === undefined ? {} : { effects }),
    })),
    beyond: [
      {
        what: `${UNAUTHORIZED_BYTES + 1}`,
        content: { ...filled, bytes: UNAUTHORIZED_BYTES + 1 },
        keyLast: true,
        status: 413,
        error,
      },
    ],
  });
  return [
    limit('results before their key', 'results.save', RESULTS),
    limit('log files before their key', 'logfiles.save', LOGS),
  ];
}
