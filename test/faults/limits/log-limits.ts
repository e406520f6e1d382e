import { type Effect, sha256 } from '../logical-write.js';
import { members, type WorkerLimit, type Within } from './limit.js';

const MAX_TASK_ID = 2_147_483_647;
const MOST_FILES = 10_000;
const TEXT = 'all is well\n';

export function logEffect(name: string, text = TEXT): Effect {
  return { kind: 'log', name, digest: sha256(text) };
}

function stored(what: string, names: readonly string[], task_id?: number): Within {
  const folder = task_id === undefined ? '' : `task_${task_id}/`;
  return {
    what,
    content: members({ task_id, logfiles: texts(names) }),
    effects: () => names.map((name) => logEffect(folder + name)),
  };
}

function texts(names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, TEXT]));
}

/** Everything that log files may have so much of, their bytes aside; reports of a job hold such texts too. */
export function logLimits(isFull: boolean): WorkerLimit[] {
  const idRule = `task_id: must be an integer from 0 to ${MAX_TASK_ID}`;
  const nameRule = 'must have 1 to 255 characters';
  const names = (count: number) => Array.from({ length: count }, (_, number) => `log-${number}`);
  const long = (characters: number) => 'ł'.repeat(characters);
  return [
    {
      name: 'task_id of log files',
      route: 'logfiles.save',
      within: [0, MAX_TASK_ID].map((id) => stored(`${id}`, ['log-1'], id)),
      beyond: [-1, MAX_TASK_ID + 1].map((task_id) => ({
        what: `${task_id}`,
        content: members({ task_id, logfiles: texts(['log-1']) }),
        status: 400,
        error: idRule,
      })),
    },
    {
      name: 'name of a log file',
      route: 'logfiles.save',
      within: [
        stored('1, 254 and 255 characters', ['n', long(254), long(255)]),
        stored('255, of a task', [long(255)], 7),
      ],
      beyond: ['', long(256)].map((name) => ({
        what: `${name.length} characters`,
        content: members({ logfiles: texts([name]) }),
        status: 400,
        error: `logfiles: the name ${JSON.stringify(name.slice(0, 40))} ${nameRule}`,
      })),
    },
    {
      name: 'log files of a body',
      route: 'logfiles.save',
      doors: isFull ? ['http', 'amqp'] : ['http'],
      within: [stored(`${MOST_FILES}`, names(MOST_FILES))],
      beyond: [
        {
          what: 'one more',
          content: members({ logfiles: texts(names(MOST_FILES + 1)) }),
          status: 400,
          error: `logfiles: has more than ${MOST_FILES} files`,
        },
      ],
    },
    {
      name: 'name of a log in a report',
      route: 'jobs.update',
      within: [
        {
          what: '255 characters',
          content: members({ job_state: 'RUNNING', log: texts([long(255)]) }),
          effects: () => [logEffect(long(255))],
        },
      ],
      beyond: [
        {
          what: '256 characters',
          content: members({ job_state: 'RUNNING', log: texts([long(256)]) }),
          status: 400,
          error: `log: the name ${JSON.stringify(long(40))} ${nameRule}`,
        },
      ],
    },
    {
      name: 'a scalar beside the content',
      route: 'jobs.update',
      within: [
        {
          // With its quotes 64 KiB; a state that nobody knows has no effect.
          what: '65,534 characters',
          content: members({ job_state: 's'.repeat(65_534), log: texts(['log-1']) }),
          effects: () => [logEffect('log-1')],
        },
      ],
      beyond: [
        {
          what: '65,535 characters',
          content: members({ job_state: 's'.repeat(65_535), log: texts(['log-1']) }),
          status: 400,
          error: 'job_state: is longer than 65536 bytes',
        },
      ],
    },
  ];
}
