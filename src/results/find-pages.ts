import { createHash } from 'node:crypto';
import type { StoredPayload } from '../payload/payload-store.js';
import { PreparedStatement, type Queryable } from '../prisma/database.js';
import { IS_VISIBLE, type Viewer, visibleTo } from '../simulations/simulation-access.service.js';
import type { PageRange } from './domain/page-range.js';

/** Which pages of a simulation. */
export interface Selection {
  readonly estimatorName?: string | undefined;
  /** Sorted and merged; undefined selects every page. */
  readonly pages?: readonly PageRange[] | undefined;
}

/** A stored page as a list of pages names it. */
export interface PageName {
  readonly pageNumber: number;
  readonly name: string;
  readonly bins: readonly number[];
}

/** A stored page without its arrays. */
export interface StoredPage extends PageName {
  /** A JSON string literal. */
  readonly unit: string;
  readonly payload: StoredPayload;
}

/** An estimator with the selected pages of it, ascending. */
export interface StoredEstimator<P extends PageName = StoredPage> {
  readonly name: string;
  readonly pages: readonly P[];
}

/** What a simulation holds of a selection, all of one snapshot. */
export interface FoundPages<P extends PageName = StoredPage> {
  /** Of the simulation. */
  readonly id: number;
  readonly epoch: string;
  readonly version: string;
  /** Pages stored, whatever the selection. */
  readonly pagesStored: number;
  /** The estimators that the selection names, in the order in which they were first stored, also without pages. */
  readonly estimators: readonly StoredEstimator<P>[];
}

/** A list of one member of the pages of an estimator, by page number; null where there are none. */
type Column<T> = readonly T[] | null;

interface NameRow {
  readonly id: number;
  readonly epoch: string;
  readonly version: string;
  readonly pages_stored: number;
  readonly estimator_no: number | null;
  readonly estimator_name: string;
  readonly page_number: Column<number>;
  readonly name: Column<string>;
  readonly bins: Column<readonly number[]>;
}

interface Row extends NameRow {
  readonly unit: Column<string>;
  readonly payload_id: Column<number>;
  readonly blocks: Column<number>;
  readonly streams: Column<number>;
  readonly stored_bytes: Column<number>;
  readonly raw_bytes: Column<number>;
}

const NAME_COLUMNS = ['page_number', 'name', 'bins'] as const satisfies (keyof NameRow)[];
const FIND_NAMES = statement('page names of a simulation', NAME_COLUMNS);
const FIND_PAGES = statement('pages of a simulation', [
  ...NAME_COLUMNS,
  ...(['unit', 'payload_id', 'blocks', 'streams', 'stored_bytes', 'raw_bytes'] as const satisfies (keyof Row)[]),
]);

/** Pages come column by column, each as one JSON list: to take many rows apart one by one costs several times more. */
function statement(name: string, columns: readonly string[]): PreparedStatement {
  return new PreparedStatement(
    name,
    `SELECT s.id, d.epoch, r.version, r.pages AS pages_stored, e.no AS estimator_no, e.name AS estimator_name, p.*
     FROM simulation s
     JOIN result_summary r ON r.simulation_id = s.id
    CROSS JOIN database_epoch d
     LEFT JOIN estimator e ON e.simulation_id = r.simulation_id AND ($4::bytea IS NULL OR e.name_hash = $4)
    CROSS JOIN LATERAL (
      SELECT ${columns.map((column) => `json_agg(${column}) AS ${column}`).join(', ')}
        FROM (SELECT * FROM page
               WHERE simulation_id = e.simulation_id AND estimator_no = e.no
                 AND ($5::int8multirange IS NULL OR page_number::bigint <@ $5::int8multirange)
               ORDER BY page_number) sorted) p
    WHERE ${IS_VISIBLE}
    ORDER BY e.no`,
  );
}

/** Finds pages and their metadata in one statement that touches no payload; undefined where the viewer may not see such a simulation. */
export async function findPages(
  db: Queryable,
  viewer: Viewer,
  jobId: string,
  selection: Selection,
): Promise<FoundPages | undefined> {
  const values = [...visibleTo(viewer, jobId), nameHash(selection.estimatorName), multirange(selection.pages)];
  const { rows } = await db.query<Row>(FIND_PAGES.with(values));
  return found(rows, (row, index) => ({
    ...nameOf(row, index),
    unit: memberOf(row.unit, index),
    payload: {
      simulationId: row.id,
      payloadId: memberOf(row.payload_id, index),
      blocks: memberOf(row.blocks, index),
      streams: memberOf(row.streams, index),
      storedBytes: memberOf(row.stored_bytes, index),
      rawBytes: memberOf(row.raw_bytes, index),
    },
  }));
}

/** The same for all pages, and only what a list of them shows. */
export async function findPageNames(
  db: Queryable,
  viewer: Viewer,
  jobId: string,
): Promise<FoundPages<PageName> | undefined> {
  const { rows } = await db.query<NameRow>(FIND_NAMES.with([...visibleTo(viewer, jobId), null, null]));
  return found(rows, nameOf);
}

function found<R extends NameRow, P extends PageName>(
  rows: readonly R[],
  pageOf: (row: R, index: number) => P,
): FoundPages<P> | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const estimators = rows
    .filter(({ estimator_no }) => estimator_no !== null)
    .map((row) => ({
      name: row.estimator_name,
      pages: (row.page_number ?? []).map((_, index) => pageOf(row, index)),
    }));
  const { id, epoch, version, pages_stored: pagesStored } = first;
  return { id, epoch, version, pagesStored, estimators };
}

function nameOf(row: NameRow, index: number): PageName {
  return {
    pageNumber: memberOf(row.page_number, index),
    name: memberOf(row.name, index),
    bins: memberOf(row.bins, index),
  };
}

/** Columns are equally long, and none of these has a NULL. */
function memberOf<T>(column: Column<T>, index: number): T {
  return column?.[index] as T;
}

function nameHash(name: string | undefined): Buffer | null {
  return name === undefined ? null : createHash('sha256').update(name).digest();
}

function multirange(ranges: readonly PageRange[] | undefined): string | null {
  return ranges === undefined ? null : `{${ranges.map(({ first, last }) => `[${first},${last}]`).join(',')}}`;
}
