import { parseArgs } from 'node:util';

export const HELP = `Usage: npm run bench -- [options]

Measures the service against its yardsticks, on a PostgreSQL and a RabbitMQ of the bench's own, and prints figures, goals
and whether they are met. The exit code says only whether everything ran and answered right.

  --case NAME        this case only; may be given several times. NAME is one of
                     CASES
  --rounds N         so many rounds instead of 7
  --seconds S        so long a slice, instead of 1.5
  --quick            one short round of small cases: shows that the bench runs, and nothing else
  --json FILE        where the figures go as JSON (coverage/bench.json)
  --markdown         prints the tables in Markdown
  --help             prints this

Any running server, as a client sees it (times and sizes; CPU of the process that --pid names):

  --url URL          its address; one that ends in /yaptide speaks the platform's dialect
  --user NAME        a user who is there; one is registered if left out
  --password WORD    of that user
  --set NAME         A, B, C, W or X (A)
  --simulation ID    upload to this simulation instead of submitting one
  --update-key KEY   of that simulation
  --job ID           by which it is read, where that is another
  --requests N       so many reads of each kind (30)
  --pid PID          the server's process, on this machine

BENCH_PROFILE=FOLDER in the environment leaves CPU profiles of the measured servers there.
`;

/** The command line can't be understood; the message names the option. */
export class OptionError extends Error {}

/** What the command line asks for. */
export interface BenchOptions {
  readonly cases: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly quick: boolean;
  readonly json: string;
  readonly markdown: boolean;
  readonly remote: RemoteOptions | undefined;
}

export interface RemoteOptions {
  readonly url: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly set: string;
  readonly simulation: string | undefined;
  readonly updateKey: string | undefined;
  readonly job: string | undefined;
  readonly requests: number;
  readonly pid: number | undefined;
}

const OPTIONS = {
  case: { type: 'string', multiple: true },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  quick: { type: 'boolean' },
  json: { type: 'string' },
  markdown: { type: 'boolean' },
  help: { type: 'boolean' },
  url: { type: 'string' },
  user: { type: 'string' },
  password: { type: 'string' },
  set: { type: 'string' },
  simulation: { type: 'string' },
  'update-key': { type: 'string' },
  job: { type: 'string' },
  requests: { type: 'string' },
  pid: { type: 'string' },
} as const;

/** The options, or undefined where help is asked for. Throws an OptionError, or what `parseArgs` throws. */
export function readCommandLine(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help === true) return undefined;
  const quick = values.quick === true;
  return {
    quick,
    cases: values.case ?? [],
    rounds: positive('rounds', values.rounds) ?? (quick ? 1 : 7),
    seconds: positive('seconds', values.seconds) ?? (quick ? 0.05 : 1.5),
    json: values.json ?? 'coverage/bench.json',
    markdown: values.markdown === true,
    remote: values.url === undefined ? undefined : remoteOptions(values.url, values),
  };
}

const SETS: readonly string[] = ['A', 'B', 'C', 'W', 'X'];

function remoteOptions(url: string, values: Readonly<Record<string, unknown>>): RemoteOptions {
  const text = (name: string) => values[name] as string | undefined;
  const set = text('set') ?? 'A';
  if (!SETS.includes(set)) throw new OptionError(`--set: must be one of ${SETS.join(', ')}`);
  return {
    url: url.replace(/\/+$/, ''),
    user: text('user'),
    password: text('password'),
    set,
    simulation: text('simulation'),
    updateKey: text('update-key'),
    job: text('job'),
    requests: positive('requests', text('requests')) ?? 30,
    pid: positive('pid', text('pid')),
  };
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new OptionError(`--${name}: must be a number above 0`);
  return value;
}
