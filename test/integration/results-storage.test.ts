import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { BufferPool } from '../../src/json/buffer-pool.js';
import { SegmentList } from '../../src/payload/segment-list.js';
import type { DatabaseReading } from '../../src/payload/resource.js';
import { type BodyEncoding, splicedBody, splicedLength } from '../../src/payload/spliced-body.js';
import { PurgeService } from '../../src/simulations/purge.service.js';
import { readWorkerBody } from '../../src/ingest/worker-body.js';
import { resultsFormat } from '../../src/results/ingest/results-format.js';
import { ResultsReader } from '../../src/results/ingest/results-reader.js';
import { storeResults } from '../../src/results/ingest/store-results.js';
import { ResultsService } from '../../src/results/results.service.js';
import type { Selection } from '../../src/results/find-pages.js';
import { bodyOf, createTestApp, submitSimulation, type TestApp } from '../support/test-app.js';

let test_: TestApp;
let results: ResultsService;

beforeAll(async () => {
  test_ = await createTestApp();
  results = test_.app.get(ResultsService);
});
afterAll(() => test_.close());

const pool = new BufferPool(1e6);

/** @param bytes of the window: small pages come along with what is found of them, unless there is none */
function reading(bytes = 64 * 1024): DatabaseReading {
  return { db: test_.database, pool, windowBytes: () => bytes };
}

async function readText(
  jobId: string,
  encoding: BodyEncoding = 'identity',
  selection: Selection = {},
): Promise<string> {
  const body = await readBody(jobId, encoding, selection, reading());
  expect((await readBody(jobId, encoding, selection, reading(1))).equals(body)).toBe(true);
  if (encoding === 'identity') return body.toString();
  return (encoding === 'gzip' ? gunzipSync(body) : inflateSync(body)).toString();
}

/** @param finding whether pages come along is decided by its window */
async function readBody(
  jobId: string,
  encoding: BodyEncoding,
  selection: Selection,
  finding: DatabaseReading,
): Promise<Buffer> {
  const { segments, release } = await results.read(test_.owner, jobId, selection).open(finding);
  const list = SegmentList.from(segments);
  const pieces: Buffer[] = [];
  for await (const { pieces: some, sent } of splicedBody(reading(), list, encoding, release)) {
    pieces.push(Buffer.concat(some));
    sent();
  }
  const body = Buffer.concat(pieces);
  expect(body).toHaveLength(splicedLength(list, encoding));
  return body;
}

async function read(jobId: string): Promise<{ estimators: { name: string; pages: ReferencePage[] }[] }> {
  return JSON.parse(await readText(jobId)) as { estimators: { name: string; pages: ReferencePage[] }[] };
}

interface ReferencePage {
  page_number: number;
  name: string;
  data: { values: (number | null)[]; dimensions: number[][]; unit: string };
}

function page(page_number: number, ...values: number[]): ReferencePage {
  return {
    page_number,
    name: `page ${page_number}`,
    data: { values, dimensions: [values.map((_, index) => index)], unit: 'Gy' },
  };
}

const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 40 });
const anyPage = fc
  .tuple(numbers, fc.string({ unit: 'binary', maxLength: 8 }), fc.boolean())
  .map(([values, unit, edges]) => ({
    values,
    unit,
    dimensions: [Array.from({ length: values.length + Number(edges) }, (_, at) => at)],
  }));
const anyEstimators = fc
  .uniqueArray(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((name) => !name.includes('\0')),
    { maxLength: 4 },
  )
  .chain((names) =>
    fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), fc.array(anyPage, { minLength: 1, maxLength: 3 })))),
  );

test('what goes in comes out, the same for every encoding', async () => {
  await fc.assert(
    fc.asyncProperty(anyEstimators, fc.integer({ min: 1, max: 300 }), async (estimators, chunkBytes) => {
      fc.pre(estimators.length > 0);
      const { id: _, ...identity } = await submitSimulation(test_);
      const sent = estimators.map(([name, pages]) => ({
        name,
        pages: pages.map((data, index) => ({ page_number: index * 7, name: `p${index}`, data })),
      }));
      await results.save(bodyOf({ ...identity, estimators: sent }, chunkBytes));
      const identityText = await readText(identity.simulation_id);
      const wellFormed = JSON.parse(JSON.stringify(sent).replace(/\\ud[89a-f]../gi, '\\ufffd')) as unknown;
      expect((JSON.parse(identityText) as { estimators: unknown }).estimators).toStrictEqual(wellFormed);
      expect(await readText(identity.simulation_id, 'gzip')).toBe(identityText);
      expect(await readText(identity.simulation_id, 'deflate')).toBe(identityText);
    }),
    { numRuns: 25 },
  );
});

test('number text is kept as sent, and NaN becomes null', async () => {
  const { simulation_id, update_key } = await submitSimulation(test_);
  const text = `{"simulation_id":"${simulation_id}","update_key":"${update_key}","estimators":[{"name":"e","pages":[
    {"page_number":1,"name":"n","data":{"values":[1.0, 1e5, -0, 0.10, NaN, -Infinity],"dimensions":[[0,1,2,3,4,5]],"unit":"Gy"}}]}]}`;
  await results.save(bodyOf(text));
  expect(await readText(simulation_id)).toBe(
    '{"message":"Results","estimators":[{"name":"e","pages":[{"page_number":1,"name":"n","data":{"values":[1.0,1e5,-0,0.10,null,null],"dimensions":[[0,1,2,3,4,5]],"unit":"Gy"}}]}]}',
  );
});

test('an array of several blocks comes out whole in every encoding', async () => {
  const { simulation_id, update_key } = await submitSimulation(test_);
  const values = Array.from({ length: 600_000 }, (_, index) => Math.sin(index));
  await results.save(
    bodyOf({
      simulation_id,
      update_key,
      estimators: [
        {
          name: 'long',
          pages: [{ ...page(1), data: { values, dimensions: [values.map((_, index) => index)], unit: 'Gy' } }],
        },
        { name: 'short', pages: [page(1, 5)] },
      ],
    }),
  );
  const { rows } = await test_.database.query<{ blocks: number }>('SELECT max(blocks) AS blocks FROM page');
  expect(rows[0]?.blocks).toBeGreaterThan(1);
  const text = await readText(simulation_id);
  expect(
    (JSON.parse(text) as { estimators: { pages: ReferencePage[] }[] }).estimators[0]?.pages[0]?.data.values,
  ).toStrictEqual(values);
  expect(await readText(simulation_id, 'gzip')).toBe(text);
  expect(await readText(simulation_id, 'deflate')).toBe(text);
});

test('a second identical upload writes nothing', async () => {
  const { id, ...identity } = await submitSimulation(test_);
  const body = {
    ...identity,
    revision: 3,
    estimators: [{ name: 'e', metadata: { a: 1 }, pages: [page(1, 1, 2), page(2, 3)] }],
  };
  await results.save(bodyOf(body));
  const state = async () => {
    const tables = ['page', 'estimator', 'result_summary', 'payload_block', 'superseded_payload'];
    return Promise.all(
      tables.map(
        async (table) =>
          (
            await test_.database.query(
              `SELECT t.xmin::text, t.* FROM ${table} t WHERE simulation_id = $1 ORDER BY 2, 3`,
              [id],
            )
          ).rows,
      ),
    );
  };
  const before = await state();
  await results.save(bodyOf(body));
  expect(await state()).toStrictEqual(before);
});

test.each([
  { sent: [5, 3], shown: 5, rule: 'an older revision never replaces a newer one' },
  { sent: [3, 5], shown: 5, rule: 'a newer revision replaces an older one' },
  { sent: [4, 4], shown: 'last', rule: 'at equal revisions the last one wins' },
  { sent: [5, null], shown: 'last', rule: 'without a revision the last one wins' },
  { sent: [null, 2], shown: 'last', rule: 'what has no revision is replaced' },
  { sent: [5, null, 1], shown: 1, rule: 'a page takes the lack of a revision' },
])('$rule', async ({ sent, shown }) => {
  const { id: _, ...identity } = await submitSimulation(test_);
  for (const [index, revision] of sent.entries()) {
    const values = [revision ?? -1, index];
    await results.save(bodyOf({ ...identity, revision, estimators: [{ name: 'e', pages: [page(1, ...values)] }] }));
  }
  const stored = (await read(identity.simulation_id)).estimators[0]?.pages[0]?.data.values;
  if (shown === 'last') expect(stored?.[1]).toBe(sent.length - 1);
  else expect(stored?.[0]).toBe(shown);
});

test('bodies that keep, replace and add pages at once leave what each page last took, and as many payloads', async () => {
  const body = fc.record({
    revision: fc.option(fc.nat(2)),
    pages: fc.uniqueArray(fc.record({ number: fc.nat(5), value: fc.nat(2) }), {
      minLength: 1,
      selector: ({ number }) => number,
    }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(body, { minLength: 1, maxLength: 5 }), async (bodies) => {
      const { id, ...identity } = await submitSimulation(test_);
      const model = new Map<number, { revision: number | null; value: number }>();
      for (const { revision, pages } of bodies) {
        const sent = pages.map(({ number, value }) => page(number, value));
        await results.save(bodyOf({ ...identity, revision, estimators: [{ name: 'e', pages: sent }] }));
        for (const { number, value } of pages) {
          const stored = model.get(number)?.revision ?? null;
          if (stored === null || revision === null || stored <= revision) model.set(number, { revision, value });
        }
      }
      const expected = [...model].map(([number, { value }]) => [number, value]).sort();
      const read_ = (await read(identity.simulation_id)).estimators.flatMap(({ pages }) => pages);
      expect(read_.map(({ page_number, data }) => [page_number, ...data.values])).toStrictEqual(expected);
      const { rows } = await test_.database.query(
        `SELECT r.pages, (SELECT count(*)::int FROM payload_block b WHERE b.simulation_id = $1
                             AND b.payload_id NOT IN (SELECT payload_id FROM superseded_payload)) AS payloads
           FROM result_summary r WHERE r.simulation_id = $1`,
        [id],
      );
      expect(rows).toStrictEqual([{ pages: model.size, payloads: model.size + 1 }]); // the input is one
    }),
    { numRuns: 20 },
  );
});

test('who stores pages waits for an instance that stores such, and sees what it left', async () => {
  const { id, ...identity } = await submitSimulation(test_);
  const updateOf = async (value: number) => {
    const reader = new ResultsReader();
    const body = bodyOf({ ...identity, estimators: [{ name: 'e', pages: [page(1, value), page(2, value)] }] });
    await readWorkerBody(body, resultsFormat(1e6), () => Promise.resolve(undefined), reader);
    await reader.spool.finish();
    return { estimators: reader.estimators, spool: reader.spool, revision: null, finalAtPages: undefined };
  };
  const [first, second] = [await updateOf(1), await updateOf(2)];
  // Past the queue that lets writers of one instance in one by one.
  const stored = await test_.database.transaction(async (tx) => {
    await storeResults(tx, id, first);
    const other = test_.database.transaction((otherTx) => storeResults(otherTx, id, second));
    await somebodyWaits();
    return { other };
  });
  expect(await stored.other).toMatchObject({ pagesNew: 0, pagesReplaced: 2 });
  const { estimators } = await read(identity.simulation_id);
  expect(estimators[0]?.pages.map(({ page_number, data }) => [page_number, ...data.values])).toStrictEqual([
    [1, 2],
    [2, 2],
  ]);
  await Promise.all([first.spool.close(), second.spool.close()]);
});

/** For a lock, in the database of this test. */
async function somebodyWaits(): Promise<void> {
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await test_.database.query(waiting)).rows.length === 0) await delay(10);
}

test('pages and metadata that a later body lacks stay', async () => {
  const { id, ...identity } = await submitSimulation(test_);
  await results.save(
    bodyOf({
      ...identity,
      estimators: [
        { name: 'a', metadata: { n: 1 }, extra: [1], pages: [page(1, 1), page(2, 2)] },
        { name: 'b', pages: [page(0, 7)] },
      ],
    }),
  );
  await results.save(bodyOf({ ...identity, estimators: [{ name: 'a', pages: [page(2, 3)] }] }));
  const { estimators } = await read(identity.simulation_id);
  expect(
    estimators.map(({ name, pages }) => [name, pages.map(({ page_number, data }) => [page_number, ...data.values])]),
  ).toStrictEqual([
    [
      'a',
      [
        [1, 1],
        [2, 3],
      ],
    ],
    ['b', [[0, 7]]],
  ]);
  const { rows } = await test_.database.query(
    'SELECT metadata, other_members FROM estimator WHERE simulation_id = $1 ORDER BY no',
    [id],
  );
  expect(rows).toStrictEqual([
    { metadata: '{"n":1}', other_members: '"extra":[1]' },
    { metadata: null, other_members: '' },
  ]);
});

test('results are final once pages_total pages are stored, in whatever order the bodies come', async () => {
  const bodies = [
    { partial: true, estimators: [{ name: 'e', pages: [page(1, 1)] }] },
    { partial: true, estimators: [{ name: 'e', pages: [page(2, 1)] }] },
    { pages_total: 2, estimators: [] },
  ];
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [0, 2, 1],
  ]) {
    const { id, ...identity } = await submitSimulation(test_);
    const finals: boolean[] = [];
    for (const index of order) {
      await results.save(bodyOf({ ...identity, ...bodies[index] }));
      const { rows } = await test_.database.query<{ final: boolean }>(
        'SELECT final_at IS NOT NULL AS final FROM result_summary WHERE simulation_id = $1',
        [id],
      );
      finals.push(rows[0]?.final === true);
    }
    expect(finals).toStrictEqual([false, false, true]);
  }
});

test('many small pages come back in every encoding as they were sent', async () => {
  const { id: _, ...identity } = await submitSimulation(test_);
  const pages = Array.from({ length: 600 }, (_each, index) =>
    page(index, ...Array.from({ length: 60 }, (_value, bin) => Math.sin(index * 60 + bin))),
  );
  await results.save(bodyOf({ ...identity, estimators: [{ name: 'e', pages }] }));
  for (const encoding of ['identity', 'gzip', 'deflate'] as const) {
    const text = await readText(identity.simulation_id, encoding);
    expect(JSON.parse(text)).toStrictEqual({ message: 'Results', estimators: [{ name: 'e', pages }] });
  }
});

test('a body with one bad page stores nothing', async () => {
  const { id, ...identity } = await submitSimulation(test_);
  const bad = { ...page(2, 1, 2), data: { ...page(2, 1, 2).data, values: [1, 2, 3] } };
  await expect(
    results.save(bodyOf({ ...identity, estimators: [{ name: 'e', pages: [page(1, 1), bad] }] })),
  ).rejects.toThrow("estimators[0].pages[1].data.values: has 3 values; axes of 2 entries don't fit that");
  const { rowCount } = await test_.database.query('SELECT 1 FROM page WHERE simulation_id = $1', [id]);
  expect(rowCount).toBe(0);
});

test('writers of one simulation at the same time leave every page, numbered without gaps', async () => {
  const { id, ...identity } = await submitSimulation(test_);
  const names = Array.from({ length: 12 }, (_, index) => `e${index}`);
  await Promise.all(
    names.map((name) =>
      results.save(bodyOf({ ...identity, partial: true, estimators: [{ name, pages: [page(1, 1)] }] })),
    ),
  );
  const { rows } = await test_.database.query<{ no: number }>(
    'SELECT no FROM estimator WHERE simulation_id = $1 ORDER BY no',
    [id],
  );
  expect(rows.map(({ no }) => no)).toStrictEqual(names.map((_, index) => index));
  expect((await read(identity.simulation_id)).estimators).toHaveLength(12);
});

test('a reader keeps its snapshot while pages are replaced, and the old payload goes later', async () => {
  const { id, ...identity } = await submitSimulation(test_);
  const save = (value: number) =>
    results.save(bodyOf({ ...identity, estimators: [{ name: 'e', pages: [page(1, value)] }] }));
  await save(1);
  const { segments } = await results.read(test_.owner, identity.simulation_id, {}).open(reading(1));
  const list = SegmentList.from(segments);
  await save(2);
  const body = async () => {
    const pieces: Buffer[] = [];
    for await (const some of splicedBody(reading(), list, 'identity')) pieces.push(...some.pieces);
    return Buffer.concat(pieces).toString();
  };
  expect(await body()).toContain('"values":[1]');
  await test_.database.query("UPDATE superseded_payload SET superseded_at = now() - interval '1 hour'");
  await test_.app.get(PurgeService).sweep();
  await expect(body()).rejects.toThrow('the data changed while it was being read');
  expect(await readText(identity.simulation_id)).toContain('"values":[2]');
  const { rows } = await test_.database.query<{ count: number }>(
    'SELECT count(*)::int FROM payload_block WHERE simulation_id = $1',
    [id],
  );
  expect(rows[0]?.count).toBe(2); // the page and the input
});
