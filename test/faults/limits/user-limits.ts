import { randomBytes } from 'node:crypto';
import type { FaultJob } from '../logical-write.js';
import { SUBMISSION, unusedJobId } from '../../support/client.js';
import { members, type UserLimit, type UserRequest } from './limit.js';

const MIB = 1024 * 1024;
const MAX_INTEGER = 2_147_483_647;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;
/** So many bytes of names and values Node takes for the head of a request; it wants fewer than the limit. */
const HEAD_BYTES = 64 * 1024 - 1;

/** Everything that users and admins may ask for or send so much of. `job` has the pages 0 and 2,147,483,647. */
export function userLimits(job: FaultJob): UserLimit[] {
  return [...submissions(), submissionBytes(), ...accounts(), ...pages(job), ...lists(), ...filters(), deadLetters()];
}

function submissions(): UserLimit[] {
  const submission = (what: string, more: object): UserRequest & { readonly id: string } => {
    const job_id = unusedJobId();
    const content = members({ ...SUBMISSION, job_id, ...more });
    return { what, method: 'POST', path: '/simulations', content, id: 'job_id' in more ? String(more.job_id) : job_id };
  };
  const listed = (what: string, more: object, shown: object): UserRequest => {
    const { id, ...request } = submission(what, more);
    const like = { simulations: [{ job_id: id, ...shown }] };
    return { ...request, like: { job_id: id }, reads: { path: '/simulations?limit=200', like } };
  };
  const text = (length: number) => randomBytes(length).toString('hex').slice(0, length);
  const ofLength = (name: string, least: number, most: number, rule: string, isListed = true): UserLimit => ({
    name: `${name} of a submission`,
    within: [least, most].map((length) => {
      const value = text(length);
      return listed(`${length} characters`, { [name]: value }, isListed ? { [name]: value } : {});
    }),
    beyond: [least - 1, most + 1]
      .filter((length) => length >= 0)
      .map((length) => ({
        ...submission(`${length} characters`, { [name]: text(length) }),
        status: 400,
        error: `${name}: ${rule}`,
      })),
  });
  const file = (length: number) => ({ input: { [text(length)]: 'text' } });
  return [
    ofLength('title', 0, 1_024, 'must have 0 to 1024 characters'),
    ofLength('sim_type', 1, 64, 'must be 1 to 64 characters of'),
    ofLength('job_id', 1, 128, 'must be 1 to 128 characters of'),
    ofLength('update_key', 32, 128, 'must be 32 to 128 characters of', false),
    {
      name: 'ntasks',
      within: [1, 10_000].map((ntasks) => listed(`${ntasks}`, { ntasks }, { ntasks })),
      beyond: [0, 10_001].map((ntasks) => ({
        ...submission(`${ntasks}`, { ntasks }),
        status: 400,
        error: 'ntasks: must be an integer from 1 to 10000',
      })),
    },
    {
      name: 'name of an input file',
      within: [1, 255].map((length) => listed(`${length} characters`, file(length), {})),
      beyond: [0, 256].map((length) => ({
        ...submission(`${length} characters`, file(length)),
        status: 400,
        error: 'must have 1 to 255 characters',
      })),
    },
  ];
}

function submissionBytes(): UserLimit {
  const limit = 16 * MIB;
  const request = (bytes: number): UserRequest => {
    const job_id = unusedJobId();
    const [before = '', after = ''] = members({ ...SUBMISSION, job_id, input: { 'beam.dat': '|' } }).split('|');
    const content = { before, fill: 'x', after, bytes };
    return { what: `${bytes}`, method: 'POST', path: '/simulations', content, like: { job_id } };
  };
  const error = `body: is larger than the limit of ${limit} bytes (inflated)`;
  return {
    name: 'bytes of a submission',
    within: [request(limit - 1), request(limit)],
    beyond: [{ ...request(limit + 1), status: 413, error }],
  };
}

function accounts(): UserLimit[] {
  const request = (what: string, username: string, password: string): UserRequest => {
    const content = members({ username, password });
    return { what, as: 'nobody', method: 'PUT', path: '/auth/register', content };
  };
  const ofLength = (
    name: string,
    least: number,
    most: number,
    make: (length: number) => [string, string],
  ): UserLimit => ({
    name,
    within: [least, most].map((length) => request(`${length} characters`, ...make(length))),
    beyond: [least - 1, most + 1].map((length) => ({
      ...request(`${length} characters`, ...make(length)),
      status: 400,
      error: `${name}: must have ${least} to ${most} characters`,
    })),
  });
  const [before = '', after = ''] = members({ other: '|', username: 'large', password: 'a password' }).split('|');
  const large = (bytes: number): UserRequest => ({
    ...request(`${bytes}`, '', ''),
    content: { before, fill: 'x', after, bytes },
  });
  const error = `body: is larger than the limit of ${MIB} bytes (inflated)`;
  return [
    ofLength('username', 1, 64, (length) => ['😀'.repeat(length), 'a good password']),
    ofLength('password', 8, 128, (length) => [`user-${length}`, '😀'.repeat(length)]),
    {
      name: 'bytes of any other body',
      within: [large(MIB)],
      beyond: [{ ...large(MIB + 1), status: 413, error }],
    },
  ];
}

function pages({ job_id }: FaultJob): UserLimit[] {
  const request = (what: string, filter: string): UserRequest => ({
    what,
    path: `/results?job_id=${job_id}&${filter}`,
  });
  const parts = (count: number) => Array(count).fill('0-1').join(',');
  const head = (headBytes: number) => ({
    ...request(`${headBytes} bytes`, `other=${'x'.repeat(headBytes)}`),
    headBytes,
  });
  const shown = (page_number: number) => ({ estimators: [{ pages: [{ page_number }] }] });
  return [
    {
      name: 'parts of page_numbers',
      within: [999, 1_000].map((count) => ({ ...request(`${count}`, `page_numbers=${parts(count)}`), like: shown(0) })),
      beyond: [
        {
          ...request('1,001', `page_numbers=${parts(1_001)}`),
          status: 400,
          error: 'page_numbers: has more than 1000 parts',
        },
      ],
    },
    {
      name: 'page numbers that are asked for',
      within: [`page_number=${MAX_INTEGER}`, `page_numbers=1-${MAX_INTEGER}`].map((filter) => ({
        ...request(filter, filter),
        like: shown(MAX_INTEGER),
      })),
      beyond: ['page_number=', 'page_numbers=1-'].map((filter) => ({
        ...request(filter, `${filter}${MAX_INTEGER + 1}`),
        status: 400,
        error: `is above ${MAX_INTEGER}`,
      })),
    },
    {
      name: 'URL and headers',
      within: [{ ...head(HEAD_BYTES), like: shown(0) }],
      beyond: [
        {
          ...head(HEAD_BYTES + 1),
          status: 431,
          error: 'URL and headers: are larger than the limit of 65536 bytes',
        },
      ],
    },
  ];
}

const ADMINS_LISTS = ['users', 'simulations', 'storage', 'dead-letters', 'audit-log'].map((name) => `/admin/${name}`);

function lists(): UserLimit[] {
  const request = (path: string, query: string): UserRequest => ({
    what: `${path}?${query}`,
    as: path.startsWith('/admin') ? 'admin' : 'user',
    path: `${path}?${query}`,
  });
  const all = ['/simulations', ...ADMINS_LISTS];
  const error = 'limit: must be an integer from 1 to 200';
  const cursors = ['/simulations', '/admin/simulations', '/admin/users'];
  const far = ['/admin/dead-letters', '/admin/audit-log'];
  const wrong = 'cursor: must be the next_cursor of an earlier answer';
  return [
    {
      name: 'limit of a list',
      within: all.flatMap((path) => [1, 200].map((limit) => request(path, `limit=${limit}`))),
      beyond: all.flatMap((path) =>
        [0, 201].map((limit) => ({ ...request(path, `limit=${limit}`), status: 400 as const, error })),
      ),
    },
    {
      name: 'cursor of a list',
      within: [
        ...cursors.map((path) => request(path, `cursor=${MAX_INTEGER}`)),
        ...far.map((path) => request(path, `cursor=${MAX_SAFE}`)),
      ],
      beyond: [
        ...cursors.map((path) => request(path, `cursor=${MAX_INTEGER + 1}`)),
        ...far.map((path) => request(path, `cursor=${MAX_SAFE + 1}`)),
      ].map((one) => ({ ...one, status: 400, error: wrong })),
    },
  ];
}

/** Query parameters of admins' lists, and how long they may be. */
const FILTERS: readonly [string, string, number][] = [
  ['/admin/users', 'username', 64],
  ['/admin/simulations', 'username', 64],
  ['/admin/simulations', 'sim_type', 64],
  ['/admin/simulations', 'title', 1_024],
  ['/admin/simulations', 'job_id', 128],
  ['/admin/dead-letters', 'reason', 1_024],
  ['/admin/dead-letters', 'routing_key', 1_024],
  ['/admin/dead-letters', 'simulation_id', 128],
  ['/admin/audit-log', 'admin', 64],
  ['/admin/audit-log', 'subject', 1_024],
];

function filters(): UserLimit[] {
  return FILTERS.map(([path, name, most]) => {
    const request = (length: number): UserRequest => ({
      what: `${length} characters`,
      as: 'admin',
      path: `${path}?${name}=${'q'.repeat(length)}`,
    });
    return {
      name: `${name} of ${path}`,
      within: [request(1), request(most)],
      beyond: [0, most + 1].map((length) => ({
        ...request(length),
        status: 400,
        error: `${name}: must have 1 to ${most} characters`,
      })),
    };
  });
}

function deadLetters(): UserLimit {
  /** Numbers that no dead letter has. */
  const request = (count: number): UserRequest => ({
    what: `${count}`,
    as: 'admin',
    method: 'POST',
    path: `/admin/dead-letters/discard?ids=${Array.from({ length: count }, (_, index) => 10 ** 9 + index).join(',')}`,
  });
  return {
    name: 'dead letters by number',
    within: [{ ...request(1_000), like: { discarded: 0 } }],
    beyond: [
      {
        ...request(1_001),
        status: 400,
        error: 'ids: must be a comma-separated list of at most 1000 positive integers',
      },
    ],
  };
}
