import type { Queryable } from '../prisma/database.js';
import type { JobState } from './domain/job-state.js';
import type { ListedSimulation, ListPage, ListPageRequest } from './domain/listed-simulation.js';

/** A part of one owner's simulations, newest first. */
export interface ListRequest {
  readonly ownerId: number;
  readonly limit: number;
  /** Only simulations with a smaller number. */
  readonly before: number | undefined;
  readonly states: readonly JobState[] | undefined;
}

/** One owner's ($1) simulations; their states come from summaries, never from counting tasks. */
const LISTED = `SELECT s.id, s.job_id, s.title, s.sim_type, s.input_type, s.ntasks, s.platform, s.created_at,
                       t.start_time,
                       job_end_time(s, r, t) AS end_time, job_state(s, r, t) AS job_state
                  FROM simulation s
                  JOIN result_summary r ON r.simulation_id = s.id
                  JOIN task_summary t ON t.simulation_id = s.id
                 WHERE s.owner_id = $1`;

/** Lists simulations from one index range. */
export async function listSimulations(db: Queryable, request: ListRequest): Promise<ListedSimulation[]> {
  const { rows } = await db.query<ListedSimulation>(
    `SELECT *
       FROM (${LISTED} AND ($2::int IS NULL OR s.id < $2) ORDER BY s.id DESC) listed
      WHERE $3::text[] IS NULL OR job_state = ANY($3)
      ORDER BY id DESC LIMIT $4`,
    [request.ownerId, request.before ?? null, request.states ?? null, request.limit],
  );
  return rows;
}

/** Lists one page and counts all of them, in one statement: without states nothing but the index is counted. */
export async function listPage(db: Queryable, request: ListPageRequest): Promise<ListPage> {
  const { ownerId, page, pageSize, orderBy, descending, states } = request;
  const direction = descending ? 'DESC' : 'ASC';
  const order = (of: string) => `${of}.${orderBy} ${direction}, ${of}.id ${direction}`;
  const inStates = states === undefined ? '' : 'WHERE job_state = ANY($4::text[])';
  const counted = states === undefined ? 'simulation WHERE owner_id = $1' : `(${LISTED}) listed ${inStates}`;
  const values = [ownerId, (page - 1) * pageSize, pageSize, ...(states === undefined ? [] : [states])];
  const { rows } = await db.query<ListedSimulation & { total: string }>(
    `SELECT c.total, p.*
       FROM (SELECT count(*) AS total FROM ${counted}) c
       LEFT JOIN (SELECT * FROM (${LISTED}) listed ${inStates} ORDER BY ${order('listed')}
                  OFFSET $2::bigint LIMIT $3) p ON true
      ORDER BY ${order('p')}`,
    values,
  );
  const listed = rows.filter(({ id }: { id: number | null }) => id !== null);
  return { total: Number(rows[0]?.total ?? 0), listed };
}
