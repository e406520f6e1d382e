import { createHash } from 'node:crypto';
import { deletedSimulation } from '../../errors/app-error.js';
import type { PayloadSpool } from '../../payload/payload-spool.js';
import { listValue, PreparedStatement, type Transaction } from '../../prisma/database.js';
import type { ParsedEstimator } from './parsed-results.js';
import { storePages } from './store-pages.js';

/** What one results body brings. */
export interface ResultsUpdate {
  readonly estimators: readonly ParsedEstimator[];
  readonly spool: PayloadSpool;
  readonly revision: number | null;
  /** Undefined on a partial body; else the results are final once so many pages are stored (0: at once). */
  readonly finalAtPages: number | undefined;
}

/** What storing it did. */
export interface ResultsOutcome {
  readonly pagesNew: number;
  readonly pagesReplaced: number;
  readonly final: boolean;
}

interface Summary {
  readonly estimators: number;
  readonly pages: number;
}

/**
 * Upserts a results body within `tx`: pages by (simulation, estimator, page number) under the rule of revisions,
 * payloads only of pages that really change, and finality. Writers of one simulation's results come one after the
 * other (the lock on its summary); tasks and logs are not held up. Throws `deletedSimulation` where it is gone.
 */
export async function storeResults(
  tx: Transaction,
  simulationId: number,
  update: ResultsUpdate,
): Promise<ResultsOutcome> {
  const summary = await lockSummary(tx, simulationId);
  const named = await storeEstimators(tx, simulationId, summary, update);
  const pages = update.estimators.flatMap((estimator) => {
    const estimatorNo = named.numbers.get(estimator.name) as number;
    return estimator.pages.map((page) => ({ estimatorNo, page }));
  });
  pages.sort((a, b) => a.estimatorNo - b.estimatorNo || a.page.pageNumber - b.page.pageNumber);
  const stored = await storePages(tx, simulationId, pages, { ...update, isFirst: summary.pages === 0 });
  const final = await updateSummary(tx, simulationId, {
    changed: named.changed || stored.pagesNew + stored.pagesReplaced > 0,
    estimators: named.added,
    pages: stored.pagesNew,
    finalAtPages: update.finalAtPages,
  });
  return { ...stored, final };
}

const LOCK_SUMMARY = new PreparedStatement(
  'lock results',
  `SELECT r.estimators, r.pages FROM simulation s JOIN result_summary r ON r.simulation_id = s.id
    WHERE s.id = $1 FOR UPDATE OF r FOR KEY SHARE OF s`,
);

/** Locks the results of a simulation, and keeps the simulation from being deleted until the transaction ends. */
async function lockSummary(tx: Transaction, simulationId: number): Promise<Summary> {
  const { rows } = await tx.query<Summary>(LOCK_SUMMARY.with([simulationId]));
  const [summary] = rows;
  if (summary === undefined) throw deletedSimulation(simulationId);
  return summary;
}

const FIND_ESTIMATORS = new PreparedStatement(
  'find estimators',
  `SELECT no, name FROM estimator WHERE simulation_id = $1 AND name_hash = ANY(${listValue(2, 'bytea')})`,
);

/** Names → numbers. */
async function findEstimators(
  tx: Transaction,
  simulationId: number,
  hashes: readonly Buffer[],
): Promise<Map<string, number>> {
  const { rows } = await tx.query<{ no: number; name: string }>(FIND_ESTIMATORS.with([simulationId, hashes]));
  return new Map(rows.map(({ no, name }) => [name, no]));
}

const UPSERT_ESTIMATORS = new PreparedStatement(
  'upsert estimators',
  `INSERT INTO estimator AS e (simulation_id, no, name, name_hash, metadata, other_members, metadata_revision)
   SELECT $1, t.no, t.name, t.name_hash, t.metadata, t.other_members, CASE WHEN t.brings THEN $7::bigint END
     FROM unnest($2::int[], $3::text[], $4::bytea[], $5::text[], $6::text[], $8::boolean[])
          AS t(no, name, name_hash, metadata, other_members, brings)
       ON CONFLICT (simulation_id, name_hash) DO UPDATE
      SET metadata = EXCLUDED.metadata, other_members = EXCLUDED.other_members, metadata_revision = $7::bigint
    WHERE (EXCLUDED.metadata IS NOT NULL OR EXCLUDED.other_members <> '')
      AND (e.metadata, e.other_members, e.metadata_revision)
          IS DISTINCT FROM (EXCLUDED.metadata, EXCLUDED.other_members, $7::bigint)
      AND (e.metadata_revision > $7::bigint) IS NOT TRUE`,
);

/** Finds or adds the estimators by name, numbered in the order in which they were first stored. */
async function storeEstimators(
  tx: Transaction,
  simulationId: number,
  summary: Summary,
  { estimators, revision }: ResultsUpdate,
): Promise<{ numbers: Map<string, number>; added: number; changed: boolean }> {
  const hashes = estimators.map(({ name }) => createHash('sha256').update(name).digest());
  const numbers = summary.estimators === 0 ? new Map<string, number>() : await findEstimators(tx, simulationId, hashes);
  let added = 0;
  for (const { name } of estimators) {
    if (!numbers.has(name)) numbers.set(name, summary.estimators + added++);
  }
  const { rowCount } = await tx.query(
    UPSERT_ESTIMATORS.with([
      simulationId,
      estimators.map(({ name }) => numbers.get(name)),
      estimators.map(({ name }) => name),
      hashes,
      estimators.map(({ metadata }) => metadata ?? null),
      estimators.map(({ otherMembers }) => otherMembers),
      revision,
      estimators.map(({ metadata, otherMembers }) => metadata !== undefined || otherMembers !== ''),
    ]),
  );
  return { numbers, added, changed: rowCount !== 0 };
}

const UPDATE_SUMMARY = new PreparedStatement(
  'update results',
  `UPDATE result_summary r
      SET version = r.version + 1, estimators = r.estimators + $2, pages = r.pages + $3,
          pages_total = LEAST(r.pages_total, $4::int),
          final_at = COALESCE(r.final_at, CASE WHEN r.pages + $3 >= LEAST(r.pages_total, $4::int) THEN now() END)
    WHERE simulation_id = $1
      AND ($5 OR r.pages_total IS DISTINCT FROM LEAST(r.pages_total, $4::int))
RETURNING final_at IS NOT NULL AS final`,
);

/** Counts what was added, and decides on finality; writes nothing where nothing changed. */
async function updateSummary(
  tx: Transaction,
  simulationId: number,
  change: { changed: boolean; estimators: number; pages: number; finalAtPages: number | undefined },
): Promise<boolean> {
  const { rows } = await tx.query<{ final: boolean }>(
    UPDATE_SUMMARY.with([simulationId, change.estimators, change.pages, change.finalAtPages ?? null, change.changed]),
  );
  return rows[0]?.final ?? false;
}
