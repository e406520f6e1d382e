import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import type { Queryable } from '../../src/prisma/database.js';

const inflateInPool = promisify<Buffer, { chunkSize: number }, Buffer>(inflate);

/** Number text is two to three times as long as its stream; with room for all of it, inflating takes one turn of the loop. */
const ROOM = 4;
const LEAST = 256;
const LARGEST_ROOM = 1024 * 1024;

interface Row {
  readonly estimator_no: number;
  readonly estimator_name: string;
  readonly page_number: number;
  readonly payload_id: string;
  readonly name: string;
  readonly unit: string;
  readonly body: Buffer;
  readonly axis1: Buffer | null;
  readonly axis2: Buffer | null;
  readonly axis3: Buffer | null;
}

interface NaivePage {
  readonly page_number: number;
  readonly name: string;
  readonly data: { readonly values: unknown[]; readonly dimensions: unknown[][]; readonly unit: unknown };
}

interface NaiveEstimator {
  readonly name: string;
  readonly pages: NaivePage[];
}

/**
 * The answer of `GET /results` as a good engineer builds it who does not know that compressed bytes can be joined: one
 * statement for all rows, what is compressed inflated on zlib's threads, parsed, and put into the answer's shape.
 * Undefined where there is nothing.
 */
export async function naiveResults(db: Queryable, ownerId: number, jobId: string): Promise<object | undefined> {
  const { rows } = await db.query<Row>(
    `SELECT e.no AS estimator_no, e.name AS estimator_name, p.page_number, p.payload_id, p.name, p.unit,
            b.body, b.axis1, b.axis2, b.axis3
       FROM simulation s
       JOIN estimator e ON e.simulation_id = s.id
       JOIN page p ON p.simulation_id = e.simulation_id AND p.estimator_no = e.no
       JOIN payload_block b ON b.simulation_id = p.simulation_id AND b.payload_id = p.payload_id
      WHERE s.job_id = $1 AND s.owner_id = $2
      ORDER BY e.no, p.page_number, b.block`,
    [jobId, ownerId],
  );
  if (rows.length === 0) return undefined;
  return { message: 'Results', estimators: await estimatorsOf(rows) };
}

/** Pages in the order of their rows; a long page has several. */
async function estimatorsOf(rows: readonly Row[]): Promise<NaiveEstimator[]> {
  const blocksOfPages = byPage(rows);
  const pages = await Promise.all(blocksOfPages.map(pageOf));
  const estimators = new Map<number, NaiveEstimator>();
  for (const [index, [first]] of blocksOfPages.entries()) {
    if (first === undefined) continue;
    let estimator = estimators.get(first.estimator_no);
    if (estimator === undefined) {
      estimators.set(first.estimator_no, (estimator = { name: first.estimator_name, pages: [] }));
    }
    estimator.pages.push(pages[index] as NaivePage);
  }
  return [...estimators.values()];
}

function byPage(rows: readonly Row[]): Row[][] {
  const pages = new Map<string, Row[]>();
  for (const row of rows) {
    const blocks = pages.get(row.payload_id);
    if (blocks === undefined) pages.set(row.payload_id, [row]);
    else blocks.push(row);
  }
  return [...pages.values()];
}

async function pageOf(blocks: readonly Row[]): Promise<NaivePage> {
  const { page_number, name, unit } = blocks[0] as Row;
  const columns = (['body', 'axis1', 'axis2', 'axis3'] as const).map((column) =>
    blocks.flatMap((block) => block[column] ?? []),
  );
  const parsed = columns.filter((streams) => streams.length > 0).map(parsedArray);
  const [values = [], ...dimensions] = await Promise.all(parsed);
  return { page_number, name, data: { values, dimensions, unit: JSON.parse(unit) as unknown } };
}

/** The text of an array goes on from block to block. */
async function parsedArray(streams: readonly Buffer[]): Promise<unknown[]> {
  const texts = await Promise.all(
    streams.map((stream) =>
      inflateInPool(stream, { chunkSize: Math.min(Math.max(stream.length, LEAST) * ROOM, LARGEST_ROOM) }),
    ),
  );
  return JSON.parse((texts.length === 1 ? (texts[0] as Buffer) : Buffer.concat(texts)).toString('utf8')) as unknown[];
}
