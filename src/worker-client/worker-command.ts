import { readFiles, readText } from './command-files.js';
import { type CommandName, helpOf } from './command-help.js';
import { CommandOptions, numberOf } from './command-options.js';
import { Courier } from './courier.js';
import { parseResults } from './json-parser.js';
import type { Notice } from './notice.js';
import type { Receipt } from './receipt.js';
import type { EstimatorInput } from './split-estimators.js';
import { Worker } from './worker.js';
import { InvalidInput, NotSent, Refused, WorkerError } from './worker-errors.js';
import { settingsFrom } from './worker-settings.js';

const EXIT = { sent: 0, usage: 2, spooled: 3, refused: 4, lost: 5 } as const;

/** The command line (`--help` explains it): runs a command and resolves with its exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = CommandOptions.of(args);
    const { name } = options;
    if (name !== undefined && !options.is('help')) return await RUN[name](options);
    print(helpOf(name).trimEnd());
    return EXIT.sent;
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error;
    complain(`tallyhouse-worker: ${error.message}`);
    if (error instanceof Refused) return EXIT.refused;
    return error instanceof NotSent ? EXIT.lost : EXIT.usage;
  }
}

const RUN: Record<CommandName, (options: CommandOptions) => Promise<number>> = {
  results: async (options) => {
    const estimators = parseResults(await readText(options.argument)) as EstimatorInput[];
    const [partial, revision, pagesTotal] = [
      options.is('partial'),
      options.number('revision'),
      options.number('pages-total'),
    ];
    return report(options, (worker) => worker.results(estimators, { partial, revision, pagesTotal }));
  },
  logs: async (options) => {
    if (options.operands.length === 0) throw new InvalidInput('name at least one file (see --help)');
    const files = await readFiles(options.operands);
    return report(options, (worker) => worker.logfiles(files, options.number('task')));
  },
  task: async (options) => {
    const taskId = numberOf(options.argument, 'the id of a task');
    const update = {
      task_state: options.text('state'),
      simulated_primaries: options.number('simulated-primaries'),
      requested_primaries: options.number('requested-primaries'),
      estimated_time: options.number('estimated-time'),
      start_time: options.time('start-time'),
      end_time: options.time('end-time'),
    };
    return report(options, (worker) => worker.task(taskId, update));
  },
  job: async (options) => {
    const log = await readFiles(options.list('log'));
    return report(options, (worker) => worker.job(options.argument, { log, end_time: options.time('end-time') }));
  },
  flush: async (options) => {
    const courier = new Courier(settingsFrom({ ...options.worker, onNotice: tell(options) }));
    const { sent, left, refused } = await courier.flush().finally(() => courier.close());
    print(`sent ${sent}, set aside ${refused.length}, still waiting ${left}`);
    if (left > 0) return EXIT.spooled;
    return refused.length > 0 ? EXIT.refused : EXIT.sent;
  },
};

async function report(options: CommandOptions, call: (worker: Worker) => Promise<Receipt>): Promise<number> {
  const worker = new Worker({ ...options.worker, onNotice: tell(options) });
  const { amqp, http, other, spooled, complete } = await call(worker).finally(() => worker.close());
  const sent = amqp + http + other;
  print(`sent ${sent} (${amqp} by RabbitMQ, ${http} by HTTP), kept ${spooled} for later`);
  return complete ? EXIT.sent : EXIT.spooled;
}

function tell(options: CommandOptions): (notice: Notice) => void {
  return ({ level, text }) => {
    if (level !== 'info' || options.is('verbose')) complain(text);
  };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

process.exitCode = await main(process.argv.slice(2));
