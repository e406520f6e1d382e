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
  /** Versions of results, tasks and logs, which change whenever what is shown of them does. */
  readonly versions: { readonly results: string; readonly tasks: string; readonly logs: string };
  /** Names the database, for ETags. */
  readonly epoch: string;
}

interface Row {
  readonly id: number;
  readonly job_id: string;
  readonly owner_id: number;
  readonly results: string;
  readonly tasks: string;
  readonly logs: string;
  readonly epoch: string;
}

/** The rule, for statements that know the simulation as `s` and whose first three values are those of `visibleTo`. */
export const IS_VISIBLE = 's.job_id = $1 AND (s.owner_id = $2 OR $3)';

/** The values of that rule. Throws `notFound` for what can be no job_id. */
export function visibleTo({ id, isAdmin }: Viewer, jobId: string): [jobId: string, ownerId: number, isAdmin: boolean] {
  if (!JOB_ID.test(jobId)) throw noSuchJob();
  return [jobId, id, isAdmin];
}

const VISIBLE = new PreparedStatement(
  'visible simulation',
  `SELECT s.id, s.job_id, s.owner_id, r.version AS results, t.version AS tasks, l.version AS logs, e.epoch
     FROM simulation s
     JOIN result_summary r ON r.simulation_id = s.id
     JOIN task_summary t ON t.simulation_id = s.id
     JOIN log_summary l ON l.simulation_id = s.id
    CROSS JOIN database_epoch e
    WHERE ${IS_VISIBLE}`,
);

/** Owns the rule who may see a simulation: one indexed query answers it, with all that a 304 needs. */
@Injectable()
export class SimulationAccessService {
  constructor(private readonly database: Database) {}

  /** The simulation, if it is there and `viewer` may see it; else `notFound`, word for word the same. */
  async require(viewer: Viewer, jobId: string): Promise<VisibleSimulation> {
    const { rows } = await this.database.query<Row>(VISIBLE.with(visibleTo(viewer, jobId)));
    const [row] = rows;
    if (row === undefined) throw noSuchJob();
    const { id, job_id, owner_id, results, tasks, logs, epoch } = row;
    return { id, jobId: job_id, ownerId: owner_id, versions: { results, tasks, logs }, epoch };
  }
}

/** The one answer for a simulation that does not exist or is not yours. */
export function noSuchJob(): AppError {
  return new AppError('notFound', 'Job with provided ID does not exist');
}

/** What an answer about a simulation depends on, as one text: the same only for the same data of the same database. */
export function validatorOf({ epoch, id }: Pick<VisibleSimulation, 'epoch' | 'id'>, parts: readonly unknown[]): string {
  return JSON.stringify([epoch, id, ...parts]);
}
