import type { Queryable } from '../prisma/database.js';

/** A part of all users, those who store most first. */
export interface StorageRequest {
  readonly limit: number;
  /** Only users behind this one: with fewer bytes, or as many and a larger number. */
  readonly after: { readonly storedBytes: number; readonly userId: number } | undefined;
}

/** Counts, and sums of bytes. */
export interface StorageSums {
  readonly simulations: number;
  readonly pages: number;
  readonly log_files: number;
  readonly stored_bytes: number;
  readonly raw_bytes: number;
  readonly results_stored: number;
  readonly results_raw: number;
  readonly logs_stored: number;
  readonly logs_raw: number;
  readonly inputs_stored: number;
  readonly inputs_raw: number;
}

/** What one user stores; everything that the user's simulations hold counts, replaced payloads don't. */
export interface FoundStorage extends StorageSums {
  readonly user_id: number;
  readonly username: string;
}

/** What is stored by some users, and by all of them together. */
export interface FoundStoragePage {
  readonly users: readonly FoundStorage[];
  readonly totals: StorageSums;
}

const SUMS = [
  ...['simulations', 'pages', 'log_files', 'stored_bytes', 'raw_bytes', 'results_stored', 'results_raw'],
  ...['logs_stored', 'logs_raw', 'inputs_stored', 'inputs_raw'],
];

/** Sums up pages, log files and inputs by owner in one statement, which reads each of these tables once. */
export async function findStorage(db: Queryable, { limit, after }: StorageRequest): Promise<FoundStoragePage> {
  const { rows } = await db.query<{ totals: StorageSums; found: FoundStorage | null }>(
    `WITH inputs AS (
       SELECT owner_id, count(*) AS simulations, sum(input_stored_bytes) AS stored, sum(input_raw_bytes) AS raw
         FROM simulation GROUP BY owner_id
     ), results AS (
       SELECT s.owner_id, sum(p.pages) AS pages, sum(p.stored) AS stored, sum(p.raw) AS raw
         FROM (SELECT simulation_id, count(*) AS pages, sum(stored_bytes) AS stored, sum(raw_bytes) AS raw
                 FROM page GROUP BY simulation_id) p
         JOIN simulation s ON s.id = p.simulation_id GROUP BY s.owner_id
     ), logs AS (
       SELECT s.owner_id, sum(l.files) AS files, sum(l.stored) AS stored, sum(l.raw) AS raw
         FROM (SELECT simulation_id, count(*) AS files, sum(stored_bytes) AS stored, sum(raw_bytes) AS raw
                 FROM log_file GROUP BY simulation_id) l
         JOIN simulation s ON s.id = l.simulation_id GROUP BY s.owner_id
     ), usage AS (
       SELECT u.id AS user_id, u.username, coalesce(i.simulations, 0) AS simulations, coalesce(r.pages, 0) AS pages,
              coalesce(l.files, 0) AS log_files,
              coalesce(r.stored, 0) + coalesce(l.stored, 0) + coalesce(i.stored, 0) AS stored_bytes,
              coalesce(r.raw, 0) + coalesce(l.raw, 0) + coalesce(i.raw, 0) AS raw_bytes,
              coalesce(r.stored, 0) AS results_stored, coalesce(r.raw, 0) AS results_raw,
              coalesce(l.stored, 0) AS logs_stored, coalesce(l.raw, 0) AS logs_raw,
              coalesce(i.stored, 0) AS inputs_stored, coalesce(i.raw, 0) AS inputs_raw
         FROM "user" u
         LEFT JOIN inputs i ON i.owner_id = u.id
         LEFT JOIN results r ON r.owner_id = u.id
         LEFT JOIN logs l ON l.owner_id = u.id
     ), totals AS (
       SELECT ${SUMS.map((name) => `coalesce(sum(${name}), 0) AS ${name}`).join(', ')} FROM usage
     ), part AS (
       SELECT * FROM usage
        WHERE $1::bigint IS NULL OR stored_bytes < $1 OR (stored_bytes = $1 AND user_id > $2)
        ORDER BY stored_bytes DESC, user_id LIMIT $3
     )
     SELECT to_jsonb(t) AS totals, to_jsonb(p) AS found
       FROM totals t LEFT JOIN part p ON true ORDER BY p.stored_bytes DESC, p.user_id`,
    [after?.storedBytes ?? null, after?.userId ?? null, limit],
  );
  return {
    users: rows.flatMap(({ found }) => (found === null ? [] : [found])),
    totals: (rows[0] as (typeof rows)[number]).totals,
  };
}
