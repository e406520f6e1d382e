/** What a figure should be. */
export interface Goal {
  readonly case: string;
  readonly figure: string;
  readonly limit: number;
  readonly direction: 'at least' | 'at most';
}

const atLeast = (name: string, figure: string, limit: number): Goal => ({
  case: name,
  figure,
  limit,
  direction: 'at least',
});
const atMost = (name: string, figure: string, limit: number): Goal => ({
  case: name,
  figure,
  limit,
  direction: 'at most',
});

/** Ratios of CPU are of what is above the empty authenticated endpoint, unless the figure says otherwise. */
export const GOALS: readonly Goal[] = [
  atMost('empty', 'empty endpoint / bare Fastify route', 3),
  ...Object.entries({ A: 8, B: 20, C: 30, W: 15, X: 30 }).flatMap(([set, times]) => [
    atLeast(`read-${set}`, 'naive gzip / ours gzip', times),
    atLeast(`read-${set}`, 'naive identity / ours gzip', times),
  ]),
  ...Object.entries({ A: 0.6, B: 0.75, C: 0.75, W: 0.6, X: 0.75 }).map(([set, share]) =>
    atLeast(`read-${set}`, 'floor / ours gzip', share),
  ),
  ...Object.entries({ A: 2.5, B: 3, C: 3, W: 3, X: 3 }).map(([set, times]) =>
    atLeast(`read-${set}`, 'naive identity / ours identity', times),
  ),
  atMost('readers-X', 'growth of the resident set at 8 readers', 150),
  atMost('polling', '304 / one indexed query', 1.3),
  atMost('polling', 'tasks / ready-made, identity', 1.5),
  atMost('polling', 'tasks / ready-made, gzip', 1.5),
  atMost('polling', 'estimators / ready-made, identity', 1.5),
  atMost('polling', 'estimators / ready-made, gzip', 1.5),
  atMost('post-16MB', 'longest block of the event loop', 20),
  atMost('post-16MB', 'ours / naive, server and database', 0.6),
  atMost('post-16MB', 'ours / naive, server', 0.6),
  atMost('post-X', 'growth of the resident set', 250),
  atMost('post-X', "readers' p99 meanwhile / before", 2),
  atLeast('page-upserts', 'pages stored a second, ours / row by row', 8),
  atLeast('task-updates', 'updates a second, single over HTTP / naive', 3),
  atLeast('task-updates', 'updates a second, over AMQP / naive', 15),
  atLeast('task-updates', 'updates a second, bulk of 200 / naive', 30),
  ...['GET /results', '304', 'GET /tasks', 'GET /estimators', 'POST /tasks', 'POST /results'].map((what) =>
    atMost('crowded', `${what}, crowded / alone`, 1.25),
  ),
  ...['GET /results', '304', 'GET /tasks', 'GET /estimators', 'POST /tasks'].map((what) =>
    atMost('crowded', `${what}, more buffers than alone`, 0),
  ),
  atMost('cold-start', 'service / empty Nest application', 1.5),
];

export function goalOf(caseName: string, figure: string): Goal | undefined {
  return GOALS.find((goal) => goal.case === caseName && goal.figure === figure);
}

export function isMet({ limit, direction }: Goal, value: number): boolean {
  return direction === 'at least' ? value >= limit : value <= limit;
}
