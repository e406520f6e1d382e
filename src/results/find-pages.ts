import { createHash } from 'node:crypto';
import { tooLarge } from '../errors/app-error.js';
import { type FoundPayload, STREAM_COLUMNS } from '../payload/fetch-payload.js';
import type { DatabaseReading } from '../payload/resource.js';
import type { Reading } from '../payload/spliced-body.js';
import type { BinaryRows } from '../prisma/binary-rows.js';
import { PreparedStatement } from '../prisma/database.js';
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
  readonly payload: FoundPayload;
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
  /** To be called when nobody looks at streams that came along any more. */
  readonly release: () => void;
}

/** What every page has, in this order; then come its streams where they come along, then what a full answer shows more. */
const COLUMNS = [
  ...['v.id', 'v.version', 'v.pages', 'e.no', 'e.name', 'p.page_number', 'p.name', 'p.bins', 'p.unit'],
  ...['p.payload_id', 'p.blocks', 'p.streams', 'p.stored_bytes', 'p.raw_bytes'],
];
const FULL_COLUMNS = [
  ...['p.shape', 'p.metadata', 'p.data_members', 'p.axis_members', 'p.other_members', 'e.metadata', 'e.other_members'],
];
const STREAMS_FIELD = COLUMNS.length;
const FULL_FIELD = STREAMS_FIELD + STREAM_COLUMNS.length;
/** What a few small pages take; more is made room for. */
const EXPECTED_BYTES = 128 * 1024;

const FIND_PAGES = statement('pages of a simulation', []);
const FIND_FULL_PAGES = statement('full pages of a simulation', FULL_COLUMNS);

/**
 * One row for each page, in the order of the answer. The streams of a page come along where it takes no more than its share of $6
 * bytes; else payload_block is not looked at, since nothing equals NULL. With LATERAL and OFFSET PostgreSQL can only go from
 * row to row, each found by a primary key: as plain joins it hashes whole tables while it has no statistics of them.
 */
function statement(name: string, more: readonly string[]): PreparedStatement {
  const streams = STREAM_COLUMNS.map((column) => `b.${column}`);
  return new PreparedStatement(
    name,
    `SELECT ${[...COLUMNS, ...streams, ...more].join(', ')}
       FROM (SELECT s.id, ${versionOf('results')} AS version, r.pages
               ${withSummaries('results')} WHERE ${IS_VISIBLE} OFFSET 0) v
       LEFT JOIN LATERAL (
            SELECT * FROM estimator WHERE simulation_id = v.id AND ($4::bytea IS NULL OR name_hash = $4) OFFSET 0) e ON true
       LEFT JOIN LATERAL (
            SELECT * FROM page
             WHERE simulation_id = v.id AND estimator_no = e.no AND ($5::int8multirange IS NULL OR page_number::bigint <@ $5)
            OFFSET 0) p ON true
       LEFT JOIN LATERAL (
            SELECT * FROM payload_block
             WHERE simulation_id = v.id AND block = 0
               AND payload_id = CASE WHEN p.blocks = 1 AND p.stored_bytes * v.pages <= $6::bigint THEN p.payload_id END
            OFFSET 0) b ON true
      ORDER BY e.no, p.page_number`,
  );
}

/** What a full answer may hold of text beside values and axes. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;
const bytesOf = (texts: readonly string[]) => texts.map((text) => `COALESCE(octet_length(${text}), 0)`).join(' + ');
const FIND_TEXT_BYTES = new PreparedStatement(
  'text of full pages',
  `SELECT sum(${bytesOf(['e.metadata', 'e.other_members'])} + COALESCE(p.bytes, 0))::float8 AS bytes
     ${withSummaries('results')}
     LEFT JOIN estimator e ON e.simulation_id = s.id AND ($4::bytea IS NULL OR e.name_hash = $4)
    CROSS JOIN LATERAL (
      SELECT sum(${bytesOf(['metadata', 'data_members', 'other_members', "array_to_string(axis_members, '')"])}) AS bytes
        FROM page
       WHERE simulation_id = e.simulation_id AND estimator_no = e.no
         AND ($5::int8multirange IS NULL OR page_number::bigint <@ $5::int8multirange)) p
    WHERE ${IS_VISIBLE}`,
);

/**
 * Finds pages and their metadata in one statement, and with them the streams of those that are so small that all of them fit into
 * the reader's window; undefined where the viewer may not see such a simulation.
 */
export async function findPages(
  reading: Reading,
  viewer: Viewer,
  jobId: string,
  selection: Selection,
): Promise<FoundPages<StoredEstimator<StoredPage>> | undefined> {
  const values = [...selecting(viewer, jobId, selection), reading.windowBytes()];
  const rows = await reading.db.binaryRows(FIND_PAGES.with(values), reading.pool, EXPECTED_BYTES);
  return found(rows, estimatorIn, pageIn);
}

/**
 * The same with all that was sent of them, but for the arrays. Throws `tooLarge` where that is more text than can be held
 * for one answer.
 */
export async function findFullPages(
  reading: DatabaseReading,
  viewer: Viewer,
  jobId: string,
  selection: Selection,
): Promise<FoundPages<FullEstimator> | undefined> {
  const values = selecting(viewer, jobId, selection);
  const { rows: measured } = await reading.db.query<{ bytes: number | null }>(FIND_TEXT_BYTES.with(values));
  if ((measured[0]?.bytes ?? 0) > MAX_TEXT_BYTES) {
    throw tooLarge(
      `results: these pages have more than ${MAX_TEXT_BYTES} bytes of text beside values and axes; select fewer with estimator_name and page_numbers`,
    );
  }
  const statement = FIND_FULL_PAGES.with([...values, reading.windowBytes()]);
  const rows = await reading.db.binaryRows(statement, reading.pool, EXPECTED_BYTES);
  return found(rows, fullEstimatorIn, fullPageIn);
}

/** The values of a statement. */
function selecting(viewer: Viewer, jobId: string, { estimatorName, pages }: Selection): unknown[] {
  return [...visibleTo(viewer, jobId), nameHash(estimatorName), multirange(pages)];
}

/** Undefined where there are no rows. */
function found<P extends StoredPage, E extends StoredEstimator<P>>(
  rows: BinaryRows,
  estimatorOf: (rows: BinaryRows, pages: P[]) => E,
  pageOf: (rows: BinaryRows) => P,
): FoundPages<E> | undefined {
  if (!rows.next()) {
    rows.release();
    return undefined;
  }
  const [id, version, pagesStored] = [rows.int4(0), rows.text(1), rows.int4(2)];
  const estimators: E[] = [];
  let no: number | undefined;
  let pages: P[] = [];
  let isHeld = false;
  do {
    if (rows.isNull(3)) break;
    if (rows.int4(3) !== no) {
      no = rows.int4(3);
      pages = [];
      estimators.push(estimatorOf(rows, pages));
    }
    if (rows.isNull(5)) continue;
    const page = pageOf(rows);
    pages.push(page);
    isHeld ||= page.payload.along !== undefined;
  } while (rows.next());
  // The rows of many pages take megabytes, which nobody needs where no stream came along.
  if (!isHeld) rows.release();
  return { id, version, pagesStored, estimators, release: () => (isHeld ? rows.release() : undefined) };
}

function estimatorIn(rows: BinaryRows, pages: readonly StoredPage[]): StoredEstimator<StoredPage> {
  return { name: rows.text(4), pages };
}

function pageIn(rows: BinaryRows): StoredPage {
  return {
    pageNumber: rows.int4(5),
    name: rows.text(6),
    bins: rows.int4s(7),
    unit: rows.text(8),
    payload: payloadIn(rows),
  };
}

function payloadIn(rows: BinaryRows): FoundPayload {
  return {
    simulationId: rows.int4(0),
    payloadId: rows.int8(9),
    blocks: rows.int4(10),
    streams: rows.int4(11),
    storedBytes: rows.int8(12),
    rawBytes: rows.int8(13),
    along: rows.isNull(STREAMS_FIELD) ? undefined : { rows, position: rows.position, field: STREAMS_FIELD },
  };
}

function fullEstimatorIn(rows: BinaryRows, pages: readonly FullPage[]): FullEstimator {
  return {
    name: rows.text(4),
    pages,
    metadata: textOrNull(rows, FULL_FIELD + 5),
    otherMembers: rows.text(FULL_FIELD + 6),
  };
}

function fullPageIn(rows: BinaryRows): FullPage {
  return {
    ...pageIn(rows),
    shape: rows.text(FULL_FIELD) as FullPage['shape'],
    metadata: textOrNull(rows, FULL_FIELD + 1),
    dataMembers: rows.text(FULL_FIELD + 2),
    axisMembers: rows.texts(FULL_FIELD + 3),
    otherMembers: rows.text(FULL_FIELD + 4),
  };
}

function textOrNull(rows: BinaryRows, field: number): string | null {
  return rows.isNull(field) ? null : rows.text(field);
}

function nameHash(name: string | undefined): Buffer | null {
  return name === undefined ? null : createHash('sha256').update(name).digest();
}

function multirange(ranges: readonly PageRange[] | undefined): string | null {
  return ranges === undefined ? null : `{${ranges.map(({ first, last }) => `[${first},${last}]`).join(',')}}`;
}
