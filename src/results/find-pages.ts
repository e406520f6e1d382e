import { createHash } from 'node:crypto';
import { tooLarge } from '../errors/app-error.js';
import type { StoredPayload } from '../payload/payload-store.js';
import { PreparedStatement, type Queryable } from '../prisma/database.js';
import {
  IS_VISIBLE,
  versionOf,
  type Viewer,
  visibleTo,
  withSummaries,
} from '../simulations/simulation-access.service.js';
import type { PageRange } from './domain/page-range.js';
import type { PageName, StoredEstimator } from './domain/stored-estimator.js';

/** Which pages of a simulation. */
export interface Selection {
  readonly estimatorName?: string | undefined;
  /** Sorted and merged; undefined selects every page. */
  readonly pages?: readonly PageRange[] | undefined;
}

/** A stored page without its arrays. */
export interface StoredPage extends PageName {
  /** A JSON string literal. */
  readonly unit: string;
  readonly payload: StoredPayload;
}

/** A stored page with all that was sent of it, but for its arrays; members are JSON text, `"key":value,"key":value`. */
export interface FullPage extends StoredPage {
  readonly shape: 'reference' | 'worker';
  readonly metadata: string | null;
  /** Those of `data`, other than `values`; in the reference shape other than `unit` and `dimensions` as well. */
  readonly dataMembers: string;
  /** Those of each axis, other than `values`; none in the reference shape. */
  readonly axisMembers: readonly string[];
  /** Unknown ones of the page. */
  readonly otherMembers: string;
}

/** An estimator with all that was sent of it. */
export interface FullEstimator extends StoredEstimator<FullPage> {
  readonly metadata: string | null;
  readonly otherMembers: string;
}

/** What a simulation holds of a selection, all of one snapshot. */
export interface FoundPages<E extends StoredEstimator<PageName>> {
  /** Of the simulation. */
  readonly id: number;
  /** Of the results. */
  readonly version: string;
  /** Pages stored, whatever the selection. */
  readonly pagesStored: number;
  /** The estimators that the selection names, in the order in which they were first stored, also without pages. */
  readonly estimators: readonly E[];
}

/** A list of one member of the pages of an estimator, by page number; null where there are none. */
type Column<T> = readonly T[] | null;

interface Row {
  readonly id: number;
  readonly version: string;
  readonly pages_stored: number;
  readonly estimator_no: number | null;
  readonly estimator_name: string;
  readonly page_number: Column<number>;
  readonly name: Column<string>;
  readonly bins: Column<readonly number[]>;
  readonly unit: Column<string>;
  readonly payload_id: Column<number>;
  readonly blocks: Column<number>;
  readonly streams: Column<number>;
  readonly stored_bytes: Column<number>;
  readonly raw_bytes: Column<number>;
}

interface FullRow extends Row {
  readonly shape: Column<FullPage['shape']>;
  readonly metadata: Column<string | null>;
  readonly data_members: Column<string>;
  readonly axis_members: Column<readonly string[]>;
  readonly other_members: Column<string>;
  readonly estimator_metadata: string | null;
  readonly estimator_members: string;
}

const PAGE_COLUMNS = [
  ...(['page_number', 'name', 'bins', 'unit'] as const satisfies (keyof Row)[]),
  ...(['payload_id', 'blocks', 'streams', 'stored_bytes', 'raw_bytes'] as const satisfies (keyof Row)[]),
];
const FIND_PAGES = statement('pages of a simulation', PAGE_COLUMNS);
const FULL_COLUMNS = [
  'shape',
  'metadata',
  'data_members',
  'axis_members',
  'other_members',
] as const satisfies (keyof FullRow)[];
const FIND_FULL_PAGES = statement(
  'full pages of a simulation',
  [...PAGE_COLUMNS, ...FULL_COLUMNS],
  ', e.metadata AS estimator_metadata, e.other_members AS estimator_members',
);

/** Pages come column by column, each as one JSON list: to take many rows apart one by one costs several times more. */
function statement(name: string, columns: readonly string[], ofEstimator = ''): PreparedStatement {
  return new PreparedStatement(
    name,
    `SELECT s.id, ${versionOf('results')} AS version, r.pages AS pages_stored, e.no AS estimator_no, e.name AS estimator_name${ofEstimator}, p.*
     ${selected(columns.map((column) => `json_agg(${column}) AS ${column}`).join(', '))}
    ORDER BY e.no`,
  );
}

/** Estimators, in `p` what `ofPages` makes of their pages, all of them selected. */
function selected(ofPages: string): string {
  return `${withSummaries('results')}
     LEFT JOIN estimator e ON e.simulation_id = s.id AND ($4::bytea IS NULL OR e.name_hash = $4)
    CROSS JOIN LATERAL (
      SELECT ${ofPages}
        FROM (SELECT * FROM page
               WHERE simulation_id = e.simulation_id AND estimator_no = e.no
                 AND ($5::int8multirange IS NULL OR page_number::bigint <@ $5::int8multirange)
               ORDER BY page_number) sorted) p
    WHERE ${IS_VISIBLE}`;
}

/** What a full answer may hold of text beside values and axes. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;
const bytesOf = (texts: readonly string[]) => texts.map((text) => `COALESCE(octet_length(${text}), 0)`).join(' + ');
const FIND_TEXT_BYTES = new PreparedStatement(
  'text of full pages',
  `SELECT sum(${bytesOf(['e.metadata', 'e.other_members'])} + COALESCE(p.bytes, 0))::float8 AS bytes
     ${selected(`sum(${bytesOf(['metadata', 'data_members', 'other_members', "array_to_string(axis_members, '')"])}) AS bytes`)}`,
);

/** Finds pages and their metadata in one statement that touches no payload; undefined where the viewer may not see such a simulation. */
export async function findPages(
  db: Queryable,
  viewer: Viewer,
  jobId: string,
  selection: Selection,
): Promise<FoundPages<StoredEstimator<StoredPage>> | undefined> {
  const { rows } = await db.query<Row>(FIND_PAGES.with(selecting(viewer, jobId, selection)));
  return found(rows, (row) => estimatorOf(row, storedPage));
}

/**
 * The same with all that was sent of them, but for the arrays. Throws `tooLarge` where that is more text than can be held
 * for one answer.
 */
export async function findFullPages(
  db: Queryable,
  viewer: Viewer,
  jobId: string,
  selection: Selection,
): Promise<FoundPages<FullEstimator> | undefined> {
  const values = selecting(viewer, jobId, selection);
  const { rows: measured } = await db.query<{ bytes: number | null }>(FIND_TEXT_BYTES.with(values));
  if ((measured[0]?.bytes ?? 0) > MAX_TEXT_BYTES) {
    throw tooLarge(
      `results: these pages have more than ${MAX_TEXT_BYTES} bytes of text beside values and axes; select fewer with estimator_name and page_numbers`,
    );
  }
  const { rows } = await db.query<FullRow>(FIND_FULL_PAGES.with(values));
  return found(rows, (row) => ({
    ...estimatorOf(row, fullPage),
    metadata: row.estimator_metadata,
    otherMembers: row.estimator_members,
  }));
}

/** The values of a statement. */
function selecting(viewer: Viewer, jobId: string, { estimatorName, pages }: Selection): unknown[] {
  return [...visibleTo(viewer, jobId), nameHash(estimatorName), multirange(pages)];
}

function found<R extends Row, E extends StoredEstimator<PageName>>(
  rows: readonly R[],
  estimatorIn: (row: R) => E,
): FoundPages<E> | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const estimators = rows.filter(({ estimator_no }) => estimator_no !== null).map(estimatorIn);
  const { id, version, pages_stored: pagesStored } = first;
  return { id, version, pagesStored, estimators };
}

function estimatorOf<R extends Row, P extends PageName>(
  row: R,
  pageOf: (row: R, index: number) => P,
): StoredEstimator<P> {
  return { name: row.estimator_name, pages: (row.page_number ?? []).map((_, index) => pageOf(row, index)) };
}

function storedPage(row: Row, index: number): StoredPage {
  return {
    pageNumber: memberOf(row.page_number, index),
    name: memberOf(row.name, index),
    bins: memberOf(row.bins, index),
    unit: memberOf(row.unit, index),
    payload: {
      simulationId: row.id,
      payloadId: memberOf(row.payload_id, index),
      blocks: memberOf(row.blocks, index),
      streams: memberOf(row.streams, index),
      storedBytes: memberOf(row.stored_bytes, index),
      rawBytes: memberOf(row.raw_bytes, index),
    },
  };
}

function fullPage(row: FullRow, index: number): FullPage {
  return {
    ...storedPage(row, index),
    shape: memberOf(row.shape, index),
    metadata: memberOf(row.metadata, index),
    dataMembers: memberOf(row.data_members, index),
    axisMembers: memberOf(row.axis_members, index),
    otherMembers: memberOf(row.other_members, index),
  };
}

/** Columns are equally long, and but for metadata none has a NULL. */
function memberOf<T>(column: Column<T>, index: number): T {
  return column?.[index] as T;
}

function nameHash(name: string | undefined): Buffer | null {
  return name === undefined ? null : createHash('sha256').update(name).digest();
}

function multirange(ranges: readonly PageRange[] | undefined): string | null {
  return ranges === undefined ? null : `{${ranges.map(({ first, last }) => `[${first},${last}]`).join(',')}}`;
}
