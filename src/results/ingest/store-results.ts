import { createHash } from 'node:crypto';
import { deletedSimulation } from '../../errors/app-error.js';
import { insertPayloads, sizeOf, supersedePayloads } from '../../payload/payload-store.js';
import type { PayloadSpool, SpooledPayload } from '../../payload/payload-spool.js';
import { arrayText, byteaArray, int4Array, int8Array, textArray } from '../../prisma/binary-array.js';
import { PreparedStatement, type Transaction } from '../../prisma/database.js';
import type { ParsedEstimator, ParsedPage } from './parsed-results.js';

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

/** A page and the number of its estimator; the page is not copied, since there may be thousands. */
interface NumberedPage {
  readonly estimatorNo: number;
  readonly page: ParsedPage;
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
  const stored = { pagesNew: 0, pagesReplaced: 0 };
  for (const slice of slicesOf(pages)) {
    const { fresh, replaced } = await storePages(tx, simulationId, slice, update);
    stored.pagesNew += fresh;
    stored.pagesReplaced += replaced;
  }
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
  'SELECT no, name FROM estimator WHERE simulation_id = $1 AND name_hash = ANY($2::bytea[])',
);

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
  const { rows } = await tx.query<{ no: number; name: string }>(FIND_ESTIMATORS.with([simulationId, hashes]));
  const numbers = new Map(rows.map(({ no, name }) => [name, no]));
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

/** Pages whose rows go to the database in one statement. */
const SLICE_PAGES = 2_000;
const SLICE_BYTES = 4 * 1024 * 1024;

function* slicesOf(pages: readonly NumberedPage[]): Generator<NumberedPage[]> {
  let slice: NumberedPage[] = [];
  let bytes = 0;
  for (const numbered of pages) {
    const { page } = numbered;
    slice.push(numbered);
    bytes += (page.metadata?.length ?? 0) + page.otherMembers.length + page.dataMembers.length;
    if (slice.length < SLICE_PAGES && bytes < SLICE_BYTES) continue;
    yield slice;
    slice = [];
    bytes = 0;
  }
  if (slice.length > 0) yield slice;
}

async function storePages(
  tx: Transaction,
  simulationId: number,
  pages: readonly NumberedPage[],
  { revision, spool }: ResultsUpdate,
): Promise<{ fresh: number; replaced: number }> {
  const written = await upsertPages(tx, simulationId, pages, revision);
  await insertPayloads(tx, simulationId, written, spool);
  const replaced = written.flatMap(({ replacedPayloadId }) => replacedPayloadId ?? []);
  await supersedePayloads(tx, simulationId, replaced);
  return { fresh: written.length - replaced.length, replaced: replaced.length };
}

/** A page whose row was written: the payload that it takes, and the one that it had. */
interface WrittenPage {
  readonly payload: SpooledPayload;
  readonly payloadId: number;
  readonly replacedPayloadId: number | null;
}

/** What was written comes back column by column, each as one JSON list: to take many rows apart one by one costs more. */
const UPSERT_PAGES = new PreparedStatement(
  'upsert pages',
  `WITH incoming AS (
     SELECT estimator_no, page_number, shape::page_shape, name, unit, bins::int[], metadata, data_members, axis_members::text[],
            other_members, digest, blocks, streams, stored_bytes, raw_bytes
       FROM unnest($3::int[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                   $12::text[], $13::bytea[], $14::int[], $15::int[], $16::bigint[], $17::bigint[])
         AS t(estimator_no, page_number, shape, name, unit, bins, metadata, data_members, axis_members, other_members, digest,
              blocks, streams, stored_bytes, raw_bytes)
   ), existing AS (
     SELECT p.estimator_no, p.page_number, p.payload_id
       FROM incoming i JOIN page p ON p.simulation_id = $1 AND p.estimator_no = i.estimator_no AND p.page_number = i.page_number
   ), written AS (
     INSERT INTO page AS p (simulation_id, estimator_no, page_number, shape, name, unit, bins, metadata, data_members,
                            axis_members, other_members, revision, digest, payload_id, blocks, streams, stored_bytes, raw_bytes)
     SELECT $1, estimator_no, page_number, shape, name, unit, bins, metadata, data_members, axis_members, other_members,
            $2::bigint, digest, nextval('payload_id_seq'), blocks, streams, stored_bytes, raw_bytes
       FROM incoming
         ON CONFLICT (simulation_id, estimator_no, page_number) DO UPDATE
        SET (shape, name, unit, bins, metadata, data_members, axis_members, other_members, revision, digest, payload_id,
             blocks, streams, stored_bytes, raw_bytes) =
            (EXCLUDED.shape, EXCLUDED.name, EXCLUDED.unit, EXCLUDED.bins, EXCLUDED.metadata, EXCLUDED.data_members,
             EXCLUDED.axis_members, EXCLUDED.other_members, EXCLUDED.revision, EXCLUDED.digest, EXCLUDED.payload_id,
             EXCLUDED.blocks, EXCLUDED.streams, EXCLUDED.stored_bytes, EXCLUDED.raw_bytes)
      WHERE (p.digest, p.revision) IS DISTINCT FROM (EXCLUDED.digest, EXCLUDED.revision)
        AND (p.revision > EXCLUDED.revision) IS NOT TRUE
     RETURNING estimator_no, page_number, payload_id
   )
   SELECT json_agg(estimator_no) AS estimators, json_agg(page_number) AS pages, json_agg(payload_id) AS payloads,
          json_agg(replaced) AS replaced
     FROM (SELECT w.*, e.payload_id AS replaced FROM written w LEFT JOIN existing e USING (estimator_no, page_number)
            ORDER BY estimator_no, page_number) sorted`,
);

interface WrittenColumns {
  readonly estimators: readonly number[] | null;
  readonly pages: readonly number[] | null;
  readonly payloads: readonly number[] | null;
  readonly replaced: readonly (number | null)[] | null;
}

/** Inserts or replaces page rows where content or revision differ and the stored one is not newer; returns those. */
async function upsertPages(
  tx: Transaction,
  simulationId: number,
  pages: readonly NumberedPage[],
  revision: number | null,
): Promise<WrittenPage[]> {
  const { rows } = await tx.query<WrittenColumns>(UPSERT_PAGES.with([simulationId, revision, ...columnsOf(pages)]));
  const { estimators, pages: numbers, payloads, replaced } = rows[0] as WrittenColumns;
  const written: WrittenPage[] = [];
  // Both are in the same order.
  for (const { estimatorNo, page } of pages) {
    const at = written.length;
    if (estimators?.[at] !== estimatorNo || numbers?.[at] !== page.pageNumber) continue;
    written.push({
      payload: page.payload,
      payloadId: payloads?.[at] as number,
      replacedPayloadId: replaced?.[at] ?? null,
    });
  }
  return written;
}

/** In the order of `incoming`. */
function columnsOf(numbered: readonly NumberedPage[]): Buffer[] {
  const pages = numbered.map(({ page }) => page);
  const sizes = pages.map(({ payload }) => sizeOf(payload));
  return [
    int4Array(numbered.map(({ estimatorNo }) => estimatorNo)),
    int4Array(pages.map(({ pageNumber }) => pageNumber)),
    textArray(pages.map(({ shape }) => shape)),
    textArray(pages.map(({ name }) => name)),
    textArray(pages.map(({ unit }) => unit)),
    textArray(pages.map(({ bins }) => arrayText(bins))),
    textArray(pages.map(({ metadata }) => metadata ?? null)),
    textArray(pages.map(({ dataMembers }) => dataMembers)),
    textArray(pages.map(({ axisMembers }) => arrayText(axisMembers))),
    textArray(pages.map(({ otherMembers }) => otherMembers)),
    byteaArray(pages.map(({ digest }) => digest)),
    int4Array(sizes.map(({ blocks }) => blocks)),
    int4Array(sizes.map(({ streams }) => streams)),
    int8Array(sizes.map(({ storedBytes }) => storedBytes)),
    int8Array(sizes.map(({ rawBytes }) => rawBytes)),
  ];
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
