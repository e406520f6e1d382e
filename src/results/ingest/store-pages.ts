import { blockRows, sizeOf, supersedePayloads, takePayloadIds } from '../../payload/payload-store.js';
import type { PayloadSpool } from '../../payload/payload-spool.js';
import { byteaArray, int4Array } from '../../prisma/binary-array.js';
import { copyIn, type CopyRows, rowsOf } from '../../prisma/copy-in.js';
import type { Copy } from '../../prisma/copy-query.js';
import { PreparedStatement, type Transaction } from '../../prisma/database.js';
import type { ParsedPage } from './parsed-results.js';

/** A page and the number of its estimator; the page is not copied, since there may be thousands. */
export interface NumberedPage {
  readonly estimatorNo: number;
  readonly page: ParsedPage;
}

/** What goes for all pages of a body. */
interface PagesUpdate {
  readonly spool: PayloadSpool;
  readonly revision: number | null;
  /** The simulation has no pages yet. */
  readonly isFirst: boolean;
}

/**
 * Inserts or replaces pages where content or revision differ and the stored one is not newer, with their payloads; others are not
 * touched. The caller holds the lock on the simulation's results, so that nobody stores a page between the look and the write.
 */
export async function storePages(
  tx: Transaction,
  simulationId: number,
  pages: readonly NumberedPage[],
  update: PagesUpdate,
): Promise<{ pagesNew: number; pagesReplaced: number }> {
  const stored = { pagesNew: 0, pagesReplaced: 0 };
  for (const slice of slicesOf(pages, SLICE_PAGES)) {
    const found = update.isFirst ? NOTHING_STORED : await findStored(tx, simulationId, slice, update.revision);
    const changed = slice.filter((_, index) => !found.kept.has(index));
    if (changed.length === 0) continue;
    await removePages(tx, simulationId, found.replaced);
    await insertPages(tx, simulationId, changed, update);
    stored.pagesNew += changed.length - found.replaced.payloads.length;
    stored.pagesReplaced += found.replaced.payloads.length;
  }
  return stored;
}

/** Pages that are looked for in one statement. */
const SLICE_PAGES = 2_000;

/** Pages of one COPY: PostgreSQL gathers up to 1,000 rows before it writes them, and what it notes of each takes the longer the more there are. */
const COPY_PAGES = 250;

function* slicesOf<T>(pages: readonly T[], length: number): Generator<readonly T[]> {
  for (let from = 0; from < pages.length; from += length) yield pages.slice(from, from + length);
}

/** Of the pages looked for: the indexes of those that stay, and what is stored of those to be replaced, column by column. */
interface Found {
  readonly kept: ReadonlySet<number>;
  readonly replaced: {
    readonly estimators: readonly number[];
    readonly pages: readonly number[];
    readonly payloads: readonly number[];
  };
}

const NOTHING_STORED: Found = { kept: new Set(), replaced: { estimators: [], pages: [], payloads: [] } };

/** Columns come as lists, since to take many rows apart costs more. OFFSET 0 keeps PostgreSQL from scanning the table. */
const FIND_STORED = new PreparedStatement(
  'find stored pages',
  `SELECT coalesce(json_agg(i.at - 1) FILTER (WHERE p.stays), '[]') AS kept,
          coalesce(json_agg(i.estimator_no) FILTER (WHERE NOT p.stays), '[]') AS estimators,
          coalesce(json_agg(i.page_number) FILTER (WHERE NOT p.stays), '[]') AS pages,
          coalesce(json_agg(p.payload_id) FILTER (WHERE NOT p.stays), '[]') AS payloads
     FROM unnest($3::int[], $4::int[], $5::bytea[]) WITH ORDINALITY AS i(estimator_no, page_number, digest, at)
    CROSS JOIN LATERAL (
            SELECT payload_id,
                   (digest, revision) IS NOT DISTINCT FROM (i.digest, $2::bigint) OR (revision > $2::bigint) IS TRUE AS stays
              FROM page
             WHERE simulation_id = $1 AND estimator_no = i.estimator_no AND page_number = i.page_number
            OFFSET 0) p`,
);

type StoredColumns = { readonly kept: readonly number[] } & Found['replaced'];

async function findStored(
  tx: Transaction,
  simulationId: number,
  pages: readonly NumberedPage[],
  revision: number | null,
): Promise<Found> {
  const { rows } = await tx.query<StoredColumns>(
    FIND_STORED.with([
      simulationId,
      revision,
      int4Array(pages.map(({ estimatorNo }) => estimatorNo)),
      int4Array(pages.map(({ page }) => page.pageNumber)),
      byteaArray(pages.map(({ page }) => page.digest)),
    ]),
  );
  const { kept, ...replaced } = rows[0] as StoredColumns;
  return { kept: new Set(kept), replaced };
}

const DELETE_PAGES = new PreparedStatement(
  'delete pages',
  `DELETE FROM page p USING unnest($2::int[], $3::int[]) AS o(estimator_no, page_number)
    WHERE p.simulation_id = $1 AND p.estimator_no = o.estimator_no AND p.page_number = o.page_number`,
);

async function removePages(tx: Transaction, simulationId: number, replaced: Found['replaced']): Promise<void> {
  const { estimators, pages, payloads } = replaced;
  if (payloads.length === 0) return;
  await tx.query(DELETE_PAGES.with([simulationId, int4Array(estimators), int4Array(pages)]));
  await supersedePayloads(tx, simulationId, payloads);
}

async function insertPages(
  tx: Transaction,
  simulationId: number,
  pages: readonly NumberedPage[],
  { revision, spool }: PagesUpdate,
): Promise<void> {
  const payloadIds = await takePayloadIds(tx, pages.length);
  if (payloadIds.length !== pages.length) throw new Error('the database gave another number of payload numbers');
  const rows = pages.map((numbered, index) => ({ ...numbered, payloadId: payloadIds[index] as number }));
  const copies: Copy[] = [];
  for (const slice of slicesOf(rows, COPY_PAGES)) {
    const payloads = slice.map(({ page, payloadId }) => ({ payloadId, payload: page.payload }));
    copies.push(pageRows(simulationId, revision, slice), blockRows(simulationId, payloads, spool));
  }
  await copyIn(tx, copies);
}

function pageRows(simulationId: number, revision: number | null, rows: readonly PageRow[]): Copy {
  let last: ParsedPage | undefined;
  return rowsOf(PAGE_COLUMNS, rows, (target, row) => {
    const { page } = row;
    writePage(target, row);
    target.shared(last !== undefined && areShared(last, page), () => writeShared(target, simulationId, revision, page));
    last = page;
    return undefined;
  });
}

/** What pages of a body mostly have in common stands last. */
const COLUMNS = [
  ...[
    'estimator_no',
    'page_number',
    'name',
    'bins',
    'digest',
    'payload_id',
    'blocks',
    'streams',
    'stored_bytes',
    'raw_bytes',
  ],
  ...['simulation_id', 'revision', 'shape', 'unit', 'metadata', 'data_members', 'axis_members', 'other_members'],
];
const PAGE_COLUMNS = `page (${COLUMNS.join(', ')})`;

interface PageRow extends NumberedPage {
  readonly payloadId: number;
}

/** In the order of COLUMNS. */
function writePage(target: CopyRows, { estimatorNo, page, payloadId }: PageRow): void {
  const size = sizeOf(page.payload);
  target.row(COLUMNS.length);
  target.int4(estimatorNo);
  target.int4(page.pageNumber);
  target.text(page.name);
  target.int4List(page.bins);
  target.bytes([page.digest]);
  target.int8(payloadId);
  target.int4(size.blocks);
  target.int4(size.streams);
  target.int8(size.storedBytes);
  target.int8(size.rawBytes);
}

function writeShared(target: CopyRows, simulationId: number, revision: number | null, page: ParsedPage): void {
  target.int4(simulationId);
  if (revision === null) target.null();
  else target.int8(revision);
  target.text(page.shape);
  target.text(page.unit);
  if (page.metadata === undefined) target.null();
  else target.text(page.metadata);
  target.text(page.dataMembers);
  target.textList(page.axisMembers);
  target.text(page.otherMembers);
}

/** Whether two pages of one body are the same in what `writeShared` writes. */
function areShared(a: ParsedPage, b: ParsedPage): boolean {
  return (
    a.shape === b.shape &&
    a.unit === b.unit &&
    a.metadata === b.metadata &&
    a.dataMembers === b.dataMembers &&
    a.otherMembers === b.otherMembers &&
    a.axisMembers.length === b.axisMembers.length &&
    a.axisMembers.every((members, axis) => members === b.axisMembers[axis])
  );
}
