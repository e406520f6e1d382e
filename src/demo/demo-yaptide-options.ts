import { parseArgs } from 'node:util';
import { DemoError } from './demo-error.js';
import { httpUrl } from './demo-options.js';

export interface DemoYaptideOptions {
  readonly help: boolean;
  readonly url: URL | undefined;
  readonly dataDir: string;
  readonly amqp: string | undefined;
  readonly prefix: string | undefined;
  readonly python: string | undefined;
  readonly seconds: number;
}

export const YAPTIDE_HELP = `npm run demo:yaptide -- [options]

Runs what is submitted to POST /yaptide/jobs/direct or /yaptide/jobs/batch, by the platform's web UI or by curl: uses the
Tallyhouse that is running, else starts one, and beside it a runner (clients/python/tallyhouse_worker.py) whose command is
the demo simulator. It needs RabbitMQ, and Python 3.9 or later with pika.

  --url URL            the server (default: the one that wrote demo.json, if it answers; else one is started)
  --data-dir FOLDER    DATA_DIR of a running server, where it writes demo.json (default: .data)
  --amqp URL           its RabbitMQ (default: that of demo.json)
  --amqp-prefix TEXT   its AMQP_PREFIX (default: that of demo.json, else none)
  --python PATH        a Python that has pika (default: the first of python3 and /usr/bin/python3 that has)
  --task-seconds S     how long the demo simulator takes for a task, 0 to 3600 (default: 10)
  --help               this text

The simulator takes the number of primaries from the input and nothing else: beam, geometry and outputs are the demo's.
Ctrl-C ends all that was started. Exit codes: 0 ended by Ctrl-C or SIGTERM; 1 something is missing, or ended by itself;
2 wrong options.
`;

/** Reads the command line of `npm run demo:yaptide`; throws a DemoError with exit code 2 that names the option. */
export function readYaptideOptions(args: string[]): DemoYaptideOptions {
  const values = parse(args);
  const seconds = values['task-seconds'].trim() === '' ? NaN : Number(values['task-seconds']);
  if (!(seconds >= 0 && seconds <= 3600)) throw new DemoError('--task-seconds must be a number from 0 to 3600.', 2);
  return {
    help: values.help,
    url: values.url === undefined ? undefined : httpUrl(values.url),
    dataDir: values['data-dir'],
    amqp: values.amqp,
    prefix: values['amqp-prefix'],
    python: values.python,
    seconds,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: 'boolean', default: false },
        url: { type: 'string' },
        'data-dir': { type: 'string', default: '.data' },
        amqp: { type: 'string' },
        'amqp-prefix': { type: 'string' },
        python: { type: 'string' },
        'task-seconds': { type: 'string', default: '10' },
      },
    }).values;
  } catch (error) {
    throw new DemoError(`${(error as Error).message} (see --help)`, 2);
  }
}
