import { createHash } from 'node:crypto';
import type { StoredPayload } from '../payload/payload-store.js';
import type { Queryable } from '../prisma/database.js';
import type { PageRange } from './domain/page-range.js';

/** Which pages of a simulation. */
export interface Selection {
  readonly estimatorName?: string | undefined;
  /** Sorted and merged; undefined selects every page. */
  readonly pages?: readonly PageRange[] | undefined;
}

/** A stored page without its arrays. */
export interface StoredPage {
  readonly pageNumber: number;
  readonly name: string;
  /** A JSON string literal. */
  readonly unit: string;
  readonly bins: readonly number[];
  readonly payload: StoredPayload;
}

/** An estimator with the selected pages of it, ascending. */
export interface StoredEstimator {
  readonly name: string;
  readonly pages: readonly StoredPage[];
}

/** What a simulation holds of a selection, all of one snapshot. */
export interface FoundPages {
  readonly version: string;
  /** Pages stored, whatever the selection. */
  readonly pagesStored: number;
  /** The estimators that the selection names, in the order in which they were first stored, also without pages. */
  readonly estimators: readonly StoredEstimator[];
}

interface Row {
  readonly version: string;
  readonly pages_stored: number;
  readonly estimator_no: number | null;
  readonly estimator_name: string;
  readonly page_number: number | null;
  readonly name: string;
  readonly unit: string;
  readonly bins: number[];
  readonly payload_id: string;
  readonly blocks: number;
  readonly streams: number;
  readonly stored_bytes: string;
  readonly raw_bytes: string;
}

/** Finds pages and their metadata in one statement that touches no payload; undefined where the simulation is gone. */
export async function findPages(
  db: Queryable,
  simulationId: number,
  selection: Selection,
): Promise<FoundPages | undefined> {
  const { rows } = await db.query<Row>(
    `SELECT r.version, r.pages AS pages_stored, e.no AS estimator_no, e.name AS estimator_name, p.page_number, p.name, p.unit,
            p.bins, p.payload_id, p.blocks, p.streams, p.stored_bytes, p.raw_bytes
       FROM result_summary r
       LEFT JOIN estimator e ON e.simulation_id = r.simulation_id AND ($2::bytea IS NULL OR e.name_hash = $2)
       LEFT JOIN page p ON p.simulation_id = e.simulation_id AND p.estimator_no = e.no
                       AND ($3::int8multirange IS NULL OR p.page_number::bigint <@ $3::int8multirange)
      WHERE r.simulation_id = $1
      ORDER BY e.no, p.page_number`,
    [simulationId, nameHash(selection.estimatorName), multirange(selection.pages)],
  );
  const [first] = rows;
  if (first === undefined) return undefined;
  return { version: first.version, pagesStored: first.pages_stored, estimators: grouped(rows, simulationId) };
}

function grouped(rows: readonly Row[], simulationId: number): StoredEstimator[] {
  const estimators = new Map<number, { name: string; pages: StoredPage[] }>();
  for (const row of rows) {
    if (row.estimator_no === null) continue;
    let estimator = estimators.get(row.estimator_no);
    if (estimator === undefined)
      estimators.set(row.estimator_no, (estimator = { name: row.estimator_name, pages: [] }));
    if (row.page_number !== null) estimator.pages.push(pageOf(row, row.page_number, simulationId));
  }
  return [...estimators.values()];
}

function pageOf(row: Row, pageNumber: number, simulationId: number): StoredPage {
  return {
    pageNumber,
    name: row.name,
    unit: row.unit,
    bins: row.bins,
    payload: {
      simulationId,
      payloadId: BigInt(row.payload_id),
      blocks: row.blocks,
      streams: row.streams,
      storedBytes: Number(row.stored_bytes),
      rawBytes: Number(row.raw_bytes),
    },
  };
}

function nameHash(name: string | undefined): Buffer | null {
  return name === undefined ? null : createHash('sha256').update(name).digest();
}

function multirange(ranges: readonly PageRange[] | undefined): string | null {
  return ranges === undefined ? null : `{${ranges.map(({ first, last }) => `[${first},${last}]`).join(',')}}`;
}
