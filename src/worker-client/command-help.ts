/** The commands, as `--help` explains them: what each does, its arguments, and its options. */
export const COMMANDS = {
  results: {
    usage: 'FILE [--partial] [--revision N] [--pages-total N]',
    does: 'send estimators with their pages',
    help: `  FILE                    JSON: {"estimators": [...]} or the list alone; - is standard input
  --partial               more will come: don't end the simulation
  --revision N            orders versions of a page; an older one replaces nothing
  --pages-total N         the simulation ends once so many pages are stored`,
  },
  logs: {
    usage: 'FILE... [--task ID]',
    does: 'send log files',
    help: `  FILE                    a path, stored by its last part; or NAME=PATH; the path - is standard input
  --task ID               whose they are: read back as task_<id>/NAME`,
  },
  task: {
    usage: 'ID [--state STATE] [--simulated-primaries N] ...',
    does: 'report the state of a task',
    help: `  --state STATE           PENDING, RUNNING, CANCELED, FAILED or COMPLETED
  --simulated-primaries N, --requested-primaries N
  --estimated-time SECONDS  until the end
  --start-time TIME, --end-time TIME  ISO 8601, or "now"`,
  },
  job: {
    usage: 'STATE [--log FILE]... [--end-time TIME]',
    does: 'report a state of the whole simulation',
    help: `  STATE                   RUNNING, MERGING_QUEUED, MERGING_RUNNING, FAILED or CANCELED
  --log FILE              a path, or NAME=PATH; may be repeated
  --end-time TIME         ISO 8601, or "now"`,
  },
  flush: { usage: '', does: 'send what waits in the spool folder, of all simulations', help: '' },
} as const;

export type CommandName = keyof typeof COMMANDS;

const PROGRAM = 'worker-command';

const WHERE_TO = `where to, instead of the environment:
  --url URL               instead of TALLYHOUSE_URL
  --exchange NAME         instead of EXCHANGE
  --spool FOLDER          instead of TALLYHOUSE_SPOOL
  --patience SECONDS      instead of TALLYHOUSE_PATIENCE
  --simulation ID         the job_id, instead of SIMULATION_ID (not with flush)
  --verbose               tell of every try on standard error`;

const EPILOG = `environment:
  SIMULATION_ID (or JOB_ID), UPDATE_KEY  of POST /simulations; the key comes from nowhere else
  TALLYHOUSE_URL                         like http://host:3000
  RABBITMQ_URL                           used where amqplib is installed; EXCHANGE where it is not "ingest"
  TALLYHOUSE_SPOOL                       folder for what can't be sent now (~/.local/state/tallyhouse-spool)
  TALLYHOUSE_SPOOL_BYTES                 what it may hold at most (4294967296)
  TALLYHOUSE_MESSAGE_BYTES               limit of a message, inflated (16777216)
  TALLYHOUSE_PATIENCE                    seconds to try before something is left in the spool (60)

exit codes:
  0  acknowledged by the service or confirmed by the broker; flush: nothing waits any more
  2  wrong usage, or an input that can't be read or sent; nothing was sent
  3  kept in the spool folder, or still waiting there: run "flush" later
  4  refused by the service; flush: some were set aside in the spool folder, with the reason
  5  neither sent nor kept
`;

/** The text of `--help`, of all commands or of one. */
export function helpOf(name: CommandName | undefined): string {
  if (name === undefined) {
    const list = Object.entries(COMMANDS).map(([command, { does }]) => `  ${command.padEnd(9)}${does}`);
    const usage = `usage: ${PROGRAM} COMMAND [--help]`;
    return [usage, 'Sends results, log files and states of a simulation to Tallyhouse.', list.join('\n'), EPILOG].join(
      '\n\n',
    );
  }
  const { usage, does, help } = COMMANDS[name];
  const sections = [`usage: ${PROGRAM} ${name} ${usage}`.trimEnd(), `${does}:\n${help}`.trimEnd(), WHERE_TO, EPILOG];
  return sections.join('\n\n');
}
