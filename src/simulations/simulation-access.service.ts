import { Injectable } from '@nestjs/common';
import { AppError } from '../errors/app-error.js';
import { JOB_ID } from '../ingest/worker-envelope.js';
import { Database, PreparedStatement } from '../prisma/database.js';

/** Who asks: a user sees its own simulations, an admin all of them. */
export interface Viewer {
  readonly id: number;
  readonly username: string;
  readonly isAdmin: boolean;
}

/** What a reader needs to know of a simulation before it touches any data. */
export interface VisibleSimulation {
  readonly id: number;
  readonly jobId: string;
  readonly ownerId: number;
  /** Of its input, which never changes: names the simulation and its database. */
  readonly version: string;
}

interface Row {
  readonly id: number;
  readonly job_id: string;
  readonly owner_id: number;
  readonly version: string;
}

/** The rule, for statements that know the simulation as `s` and whose first three values are those of `visibleTo`. */
export const IS_VISIBLE = 's.job_id = $1 AND (s.owner_id = $2 OR $3)';

/** The values of that rule. Throws `notFound` for what can be no job_id. */
export function visibleTo({ id, isAdmin }: Viewer, jobId: string): [jobId: string, ownerId: number, isAdmin: boolean] {
  if (!JOB_ID.test(jobId)) throw noSuchJob();
  return [jobId, id, isAdmin];
}

/** What answers are made of, and the summaries that count its changes. */
const SUMMARIES = {
  input: [],
  results: ['r'],
  // The state of the job depends on results as well.
  tasks: ['t', 'r'],
  logs: ['l'],
} as const;

const TABLES = { r: 'result_summary', t: 'task_summary', l: 'log_summary' } as const;

type Data = keyof typeof SUMMARIES;

/**
 * SQL of a version as text, the same only for the same data of the same simulation and database. For statements that know these
 * tables by these names, as `withSummaries` does.
 */
export function versionOf(data: Data): string {
  const counts = SUMMARIES[data].map((summary) => `, ${summary}.version`);
  return `concat_ws('.', d.epoch, s.id${counts.join('')})`;
}

/** FROM clause with a simulation `s` and the rows that its version is in: no more of them, since each costs a look-up. */
export function withSummaries(data: Data): string {
  const joins = SUMMARIES[data].map(
    (summary) => `JOIN ${TABLES[summary]} ${summary} ON ${summary}.simulation_id = s.id`,
  );
  return ['FROM simulation s', ...joins, 'CROSS JOIN database_epoch d'].join(' ');
}

const VISIBLE = new PreparedStatement(
  'visible simulation',
  `SELECT s.id, s.job_id, s.owner_id, ${versionOf('input')} AS version ${withSummaries('input')} WHERE ${IS_VISIBLE}`,
);

const VERSION = {
  input: versionStatement('input'),
  results: versionStatement('results'),
  tasks: versionStatement('tasks'),
  logs: versionStatement('logs'),
};

/** One short column: all that a 304 needs to know. */
function versionStatement(data: Data): PreparedStatement {
  return new PreparedStatement(
    `version of ${data}`,
    `SELECT ${versionOf(data)} AS version ${withSummaries(data)} WHERE ${IS_VISIBLE}`,
  );
}

/** Owns the rule who may see a simulation. */
@Injectable()
export class SimulationAccessService {
  constructor(private readonly database: Database) {}

  /** The simulation, if it is there and `viewer` may see it; else `notFound`, word for word the same. */
  async require(viewer: Viewer, jobId: string): Promise<VisibleSimulation> {
    const { rows } = await this.database.query<Row>(VISIBLE.with(visibleTo(viewer, jobId)));
    const [row] = rows;
    if (row === undefined) throw noSuchJob();
    return { id: row.id, jobId: row.job_id, ownerId: row.owner_id, version: row.version };
  }

  /** The version of some of its data, which is all that a 304 needs; `notFound` where `require` throws it. */
  async versionOf(data: Data, viewer: Viewer, jobId: string): Promise<string> {
    const statement = VERSION[data].with(visibleTo(viewer, jobId));
    const version = await this.database.reading(statement, (rows) => (rows.next() ? rows.text(0) : undefined));
    if (version === undefined) throw noSuchJob();
    return version;
  }
}

/** The one answer for a simulation that does not exist or is not yours. */
export function noSuchJob(): AppError {
  return new AppError('notFound', 'Job with provided ID does not exist');
}
