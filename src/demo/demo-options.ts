import { parseArgs } from 'node:util';
import { DemoError } from './demo-error.js';
import { DEMO_PRIMARIES, DEMO_TASKS } from './demo-submission.js';
import type { DemoPlan } from './domain/task-schedule.js';

export interface DemoOptions {
  help: boolean;
  url: URL | undefined;
  username: string | undefined;
  password: string | undefined;
  dataDir: string;
  /** A RabbitMQ, `off`, or undefined for the one that demo.json names. */
  amqp: string | undefined;
  seconds: number;
  plan: DemoPlan;
}

export const HELP = `npm run demo -- [options]

Sends a demo simulation to a running Tallyhouse and plays its workers live: progress of parallel tasks, log files,
partial results that sharpen as primaries come in, and final results. The numbers come from an analytical proton beam
model with statistical noise.

  --url URL          the server (default: the one that wrote demo.json, else http://127.0.0.1:3000)
  --username NAME    log in as this user, together with --password
  --password TEXT    (default: the demo user, from demo.json)
  --data-dir FOLDER  DATA_DIR of the server, where it writes demo.json (default: .data)
  --amqp URL         publish to this RabbitMQ, "off" to send over HTTP (default: the RabbitMQ of demo.json, if it
                     names one; what can't be published goes over HTTP)
  --tasks N          parallel tasks, 1 to 200 (default: ${DEMO_TASKS})
  --primaries N      primaries over all tasks, from one a task to 1000000000 (default: ${DEMO_PRIMARIES})
  --seconds S        length of the show, 0 to 3600; 0 does not wait at all (default: 20)
  --fail-task N      task N (from 1) fails at 40 % with an error in its log; may be repeated, "all" fails every task.
                     The final results are then merged from the tasks that completed. Where none completes there are
                     no final results and the job ends as FAILED.
  --seed N           integer; the same seed gives the same numbers (default: another one each time)
  --help             this text

Ctrl-C asks the server to cancel the simulation. Exit codes: 0 played to its end, failing tasks on request included;
1 the server is not there or refused; 2 wrong options; 130 interrupted.
`;

/** Reads the command line of `npm run demo`; throws a DemoError with exit code 2 that names the option. */
export function readOptions(args: string[]): DemoOptions {
  const values = parse(args);
  if ((values.username === undefined) !== (values.password === undefined)) {
    throw wrong('--username and --password', 'go together');
  }
  const tasks = integer('--tasks', values.tasks, 1, 200);
  return {
    help: values.help,
    url: values.url === undefined ? undefined : httpUrl(values.url),
    username: values.username,
    password: values.password,
    dataDir: values['data-dir'],
    amqp: values.amqp === undefined ? undefined : amqpUrl(values.amqp),
    seconds: number('--seconds', values.seconds, 0, 3600),
    plan: {
      tasks,
      primaries: integer('--primaries', values.primaries, tasks, 1e9),
      failing: failingTasks(values['fail-task'], tasks),
      seed: values.seed === undefined ? Date.now() % 1_000_000 : integer('--seed', values.seed, 0, 2 ** 32 - 1),
    },
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: 'boolean', default: false },
        url: { type: 'string' },
        username: { type: 'string' },
        password: { type: 'string' },
        'data-dir': { type: 'string', default: '.data' },
        amqp: { type: 'string' },
        tasks: { type: 'string', default: String(DEMO_TASKS) },
        primaries: { type: 'string', default: String(DEMO_PRIMARIES) },
        seconds: { type: 'string', default: '20' },
        'fail-task': { type: 'string', multiple: true, default: [] },
        seed: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new DemoError(`${(error as Error).message} (see --help)`, 2);
  }
}

/** The base URL of a server: http or https, without credentials, which would end up in messages. */
export function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '') {
    throw wrong('--url', 'must be like http://127.0.0.1:3000');
  }
  return url;
}

function amqpUrl(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  if (text !== 'off' && !['amqp:', 'amqps:'].includes(protocol)) {
    throw wrong('--amqp', 'must be off or like amqp://user:password@127.0.0.1:5672');
  }
  return text;
}

function failingTasks(named: string[], tasks: number): Set<number> {
  const all = Array.from({ length: tasks }, (_, index) => index + 1);
  return new Set(named.flatMap((text) => (text === 'all' ? all : [integer('--fail-task', text, 1, tasks)])));
}

function integer(option: string, text: string, min: number, max: number): number {
  const value = number(option, text, min, max);
  if (!Number.isInteger(value)) throw wrong(option, 'must be a whole number');
  return value;
}

function number(option: string, text: string, min: number, max: number): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value >= min && value <= max)) throw wrong(option, `must be a number from ${min} to ${max}`);
  return value;
}

function wrong(option: string, rule: string): DemoError {
  return new DemoError(`${option} ${rule} (see --help)`, 2);
}
