import { digestOfPage, type Door, type Effect, type SentPage } from '../logical-write.js';
import { type Beyond, members, type WorkerLimit, type Within } from './limit.js';

const MIB = 1024 * 1024;
const MOST_PAGES = 100_000;
const MOST_ESTIMATORS = 10_000;
const MOST_TEXT_BYTES = 64 * MIB;
/** What a kept text is taken to cost besides its bytes. */
const TEXT_OVERHEAD_BYTES = 64;

interface PageParts {
  readonly name?: string;
  readonly unit?: string;
  readonly values?: readonly number[];
  readonly dimensions?: readonly number[][];
}

export function pageOf(page_number: number, { name = 'dose', unit = 'Gy', ...data }: PageParts = {}): SentPage {
  const { values = [0.25, page_number], dimensions = [[0.5, 1.5]] } = data;
  return { page_number, name, data: { values, dimensions, unit } };
}

/** All pages of an estimator. */
export function pagesEffect(estimator: string, pages: readonly SentPage[]): Effect {
  const digests = new Map(pages.map((page) => [page.page_number, digestOfPage(page)]));
  return { kind: 'pages', estimator, revision: 0, digests };
}

/** One estimator of a body, in the reference's shape. */
function stored(what: string, pages: readonly SentPage[], name = 'D', more: object = {}): Within {
  const content = members({ partial: true, ...more, estimators: [{ name, pages }] });
  return { what, content, effects: () => [pagesEffect(name, pages)] };
}

function refused(what: string, error: string, estimators: unknown, more: object = {}): Beyond {
  return { what, content: members({ partial: true, ...more, estimators }), status: 400, error };
}

const ofPage = (page: unknown) => [{ name: 'D', pages: [page] }];

/** A page in the shape of Python workers; read back in the reference's. */
function workerPage(page_number: unknown, metadata: object, data: object = {}, axis: object = {}): object {
  return {
    dimensions: 1,
    metadata: { page_number, ...metadata },
    data: { values: [0.25, 0.75], ...data },
    axis_dim1: { name: 'z', unit: 'cm', ...axis, values: [0.5, 1.5] },
  };
}

function storedWorkerPage(what: string, page: object, shown: SentPage): Within {
  const content = members({ partial: true, estimators: ofPage(page) });
  return { what, content, effects: () => [pagesEffect('D', [shown])] };
}

const shownWorkerPage = (page_number: number, name = '', unit = '') =>
  pageOf(page_number, { name, unit, values: [0.25, 0.75] });

function lengths(): WorkerLimit[] {
  const long = (characters: number) => 'n'.repeat(characters);
  const emojis = (characters: number) => '☢️'.slice(0, 1).repeat(characters - 1) + '😀';
  const tooLong = 'must have at most 1024 characters';
  return [
    {
      name: 'name of an estimator',
      route: 'results.save',
      within: [
        stored('1 character', [pageOf(0)], 'n'),
        stored('1,023 characters', [pageOf(0)], long(1_023)),
        stored('1,024 characters', [pageOf(0)], long(1_024)),
        stored('1,024 characters, some of them large', [pageOf(0)], emojis(1_024)),
      ],
      beyond: [
        refused('none', 'estimators[0].name: must be a string of 1 to 1024 characters', [{ name: '', pages: [] }]),
        refused('1,025 characters', `estimators[0].name: ${tooLong}`, [{ name: long(1_025), pages: [] }]),
        refused('1,025 large characters', `estimators[0].name: ${tooLong}`, [{ name: emojis(1_025), pages: [] }]),
      ],
    },
    {
      name: 'name and unit of a page',
      route: 'results.save',
      within: [
        stored('none', [pageOf(0, { name: '', unit: '' })]),
        stored('1,024 characters', [pageOf(0, { name: long(1_024), unit: emojis(1_024) })]),
      ],
      beyond: [
        refused('a name of 1,025', `estimators[0].pages[0].name: ${tooLong}`, ofPage(pageOf(0, { name: long(1_025) }))),
        refused('a unit of 1,025', `pages[0].data.unit: ${tooLong}`, ofPage(pageOf(0, { unit: long(1_025) }))),
      ],
    },
    {
      name: "name and unit in the workers' shape",
      route: 'results.save',
      within: [
        storedWorkerPage(
          '1,024 characters in data',
          workerPage(0, {}, { name: long(1_024), unit: long(1_024) }, { name: long(1_024), unit: long(1_024) }),
          shownWorkerPage(0, long(1_024), long(1_024)),
        ),
        storedWorkerPage(
          '1,024 characters in metadata',
          workerPage('0', { name: long(1_024), unit: long(1_024) }),
          shownWorkerPage(0, long(1_024), long(1_024)),
        ),
      ],
      beyond: [
        refused('data.name', `pages[0].data.name: ${tooLong}`, ofPage(workerPage(0, {}, { name: long(1_025) }))),
        refused('data.unit', `pages[0].data.unit: ${tooLong}`, ofPage(workerPage(0, {}, { unit: long(1_025) }))),
        refused('axis name', `axis_dim1.name: ${tooLong}`, ofPage(workerPage(0, {}, {}, { name: long(1_025) }))),
        refused('axis unit', `axis_dim1.unit: ${tooLong}`, ofPage(workerPage(0, {}, {}, { unit: long(1_025) }))),
        refused('metadata.name', `pages[0].metadata.name: ${tooLong}`, ofPage(workerPage(0, { name: long(1_025) }))),
        refused('metadata.unit', `pages[0].metadata.unit: ${tooLong}`, ofPage(workerPage(0, { unit: long(1_025) }))),
      ],
    },
  ];
}

function texts(): WorkerLimit[] {
  const text = (bytes: number) => 'm'.repeat(bytes - 2);
  const tooMuch = `has more than ${MIB} bytes of text beside its values and axes`;
  /** `"note":"…"` of so many bytes. */
  const note = (bytes: number) => ({ note: text(bytes - 7) });
  const estimator = (more: object) => [{ name: 'D', ...more, pages: [pageOf(0)] }];
  const whole = (what: string, estimators: object): Within => ({
    what,
    content: members({ partial: true, estimators }),
    effects: () => [pagesEffect('D', [pageOf(0)])],
  });
  return [
    {
      name: 'metadata of an estimator',
      route: 'results.save',
      within: [MIB - 1, MIB].map((bytes) => whole(`${bytes} bytes`, estimator({ metadata: text(bytes) }))),
      beyond: [refused('1 MiB and 1 byte', `metadata: ${tooMuch}`, estimator({ metadata: text(MIB + 1) }))],
    },
    {
      name: 'metadata of a page',
      route: 'results.save',
      within: [MIB - 1, MIB].map((bytes) => {
        const blank = JSON.stringify({ page_number: 0, fill: '' }).length;
        const page = workerPage(0, { fill: 'm'.repeat(bytes - blank) });
        return storedWorkerPage(`${bytes} bytes`, page, shownWorkerPage(0));
      }),
      beyond: [
        refused('1 MiB and 1 byte', `pages[0].metadata: ${tooMuch}`, ofPage({ ...pageOf(0), metadata: text(MIB + 1) })),
      ],
    },
    {
      name: 'unknown members of an estimator or page, together',
      route: 'results.save',
      within: [whole('of an estimator', estimator(note(MIB))), stored('of a page', [{ ...pageOf(0), ...note(MIB) }])],
      beyond: [
        refused('of an estimator', `estimators[0]: ${tooMuch}`, estimator(note(MIB + 1))),
        refused('of a page', `estimators[0].pages[0]: ${tooMuch}`, ofPage({ ...pageOf(0), ...note(MIB + 1) })),
      ],
    },
  ];
}

/** 64 MiB of text beside values, on pages each of which may have 1 MiB of it. */
function textOfABody(): WorkerLimit {
  const cost = (value: unknown) => JSON.stringify(value).length + TEXT_OVERHEAD_BYTES;
  const page = (page_number: number, metadataBytes: number) => {
    const shown = pageOf(page_number);
    return { shown, sent: { ...shown, metadata: 'm'.repeat(metadataBytes - 2) } };
  };
  const body = (bytes: number) => {
    const pages: ReturnType<typeof page>[] = [];
    let left = bytes - cost('D');
    for (let number = 0; left > 0; number++) {
      const { name, data } = pageOf(number);
      const others = cost(number) + cost(name) + cost(data.unit) + TEXT_OVERHEAD_BYTES;
      // The last but one leaves enough for the last to have a text at all.
      const metadata = Math.min(left - others, left - others > MIB && left - others < MIB + 1_000 ? MIB / 2 : MIB);
      pages.push(page(number, metadata));
      left -= others + metadata;
    }
    return pages;
  };
  const content = (bytes: number) =>
    members({ partial: true, estimators: [{ name: 'D', pages: body(bytes).map(({ sent }) => sent) }] });
  const within = (bytes: number): Within => {
    const shown = () => body(bytes).map((one) => one.shown);
    return { what: `${bytes} bytes`, content: content(bytes), effects: () => [pagesEffect('D', shown())] };
  };
  return {
    name: 'text beside the values of a body',
    route: 'results.save',
    doors: ['http'],
    within: [within(MOST_TEXT_BYTES)],
    beyond: [
      {
        what: '64 MiB and 1 byte',
        content: content(MOST_TEXT_BYTES + 1),
        status: 413,
        error: `estimators: have more than ${MOST_TEXT_BYTES} bytes of text beside values and axes`,
      },
    ],
  };
}

function numbers(): WorkerLimit[] {
  const rule = 'must be an integer from 0 to 2147483647';
  const max = 2_147_483_647;
  const path = 'estimators[0].pages[0]';
  return [
    {
      name: 'page number',
      route: 'results.save',
      within: [
        stored('0 and 2,147,483,646 and 2,147,483,647', [pageOf(0), pageOf(max - 1), pageOf(max)]),
        storedWorkerPage('2,147,483,647 in metadata', workerPage(String(max), {}), shownWorkerPage(max)),
      ],
      beyond: [
        refused('-1', `${path}.page_number: ${rule}`, ofPage(pageOf(-1))),
        refused('2,147,483,648', `${path}.page_number: ${rule}`, ofPage(pageOf(max + 1))),
        refused('in metadata', `${path}.metadata.page_number: ${rule}`, ofPage(workerPage(String(max + 1), {}))),
      ],
    },
    {
      name: 'revision',
      route: 'results.save',
      within: [0, 2 ** 53 - 2, 2 ** 53 - 1].map((revision) => stored(`${revision}`, [pageOf(0)], 'D', { revision })),
      beyond: [-1, 2 ** 53].map((revision) =>
        refused(`${revision}`, 'revision: must be an integer from 0 to 9007199254740991', [], { revision }),
      ),
    },
    {
      name: 'pages_total',
      route: 'results.save',
      within: [
        {
          what: '0',
          content: members({ estimators: [], pages_total: 0 }),
          effects: () => [{ kind: 'final' }],
        },
        stored(`${max}`, [pageOf(0)], 'D', { partial: false, pages_total: max }),
      ],
      beyond: [-1, max + 1].map((pages_total) =>
        refused(`${pages_total}`, `pages_total: ${rule}`, [], { pages_total }),
      ),
    },
    {
      name: 'axes of a page',
      route: 'results.save',
      within: [
        stored('none', [pageOf(0, { values: [0.5], dimensions: [] })]),
        stored('three', [pageOf(0, { values: [0.5, 0.25], dimensions: [[1], [2], [3, 4]] })]),
      ],
      beyond: [
        refused('four', `${path}.data.dimensions: must have at most 3 axes`, [
          { name: 'D', pages: [pageOf(0, { values: [0.5], dimensions: [[1], [2], [3], [4]] })] },
        ]),
        ...[-1, 4].map((dimensions) =>
          refused(`dimensions ${dimensions}`, `${path}.dimensions: must be an integer from 0 to 3`, [
            { name: 'D', pages: [{ ...workerPage(0, {}), dimensions }] },
          ]),
        ),
      ],
    },
    ...doubles(),
  ];
}

/** Texts of numbers, which JavaScript would not write so. */
function doubles(): WorkerLimit[] {
  const max = Number.MAX_VALUE;
  /** More than half a unit in the last place above the largest double. */
  const over = '1.7976931348623159e308';
  const outside = 'is outside the range of a double';
  const text = (values: string, axis = '[0.5,1.5]') =>
    `"partial":true,"estimators":[{"name":"D","pages":[{"page_number":0,"name":"dose","data":{"values":${values},"dimensions":[${axis}],"unit":"Gy"}}]}]`;
  const digits = (bytes: number) => `0.${'1'.repeat(bytes - 2)}`;
  const tooLong = (what: string, content: string, error: string): Beyond => ({ what, content, status: 400, error });
  return [
    {
      name: 'numbers that a double holds',
      route: 'results.save',
      within: [
        stored('the largest and the smallest', [pageOf(0, { values: [max, -max], dimensions: [[-max, max]] })]),
        stored('the least', [pageOf(0, { values: [5e-324, -5e-324] })]),
        {
          what: 'one that rounds to the largest',
          content: text('[1.79769313486231580e308,0]'),
          effects: () => [pagesEffect('D', [pageOf(0, { values: [max, 0] })])],
        },
      ],
      beyond: [
        tooLong('a value', text(`[0,${over}]`), `estimators[0].pages[0].data.values[1]: ${outside}`),
        tooLong('the last value', text(`[-${over}]`), `estimators[0].pages[0].data.values[0]: ${outside}`),
        tooLong('an axis', text('[0,1]', `[0,${over}]`), `estimators[0].pages[0].data.dimensions[0][1]: ${outside}`),
        tooLong('elsewhere', `"estimators":[],"other":${over}`, outside),
      ],
    },
    {
      name: 'digits of a number',
      route: 'results.save',
      within: [
        {
          what: '4,096 bytes',
          content: text(`[${digits(4_096)},${digits(4_095)}]`),
          effects: () => [pagesEffect('D', [pageOf(0, { values: [1 / 9, 1 / 9] })])],
        },
      ],
      beyond: [
        tooLong('a value', text(`[${digits(4_097)},1]`), 'data.values[0]: is too long for a number'),
        tooLong('the last value', text(`[1,${digits(4_097)}]`), 'data.values[1]: is too long for a number'),
        tooLong('elsewhere', `"estimators":[],"other":${digits(4_097)}`, 'has a number that is too long'),
      ],
    },
  ];
}

function countOfEstimators(doors: readonly Door[]): WorkerLimit {
  const estimators = (count: number) =>
    Array.from({ length: count }, (_, number) => ({ name: `e${number}`, pages: [pageOf(0)] }));
  return {
    name: 'estimators of a body',
    route: 'results.save',
    doors,
    within: [
      {
        what: `${MOST_ESTIMATORS}`,
        content: members({ partial: true, estimators: estimators(MOST_ESTIMATORS) }),
        effects: () => estimators(MOST_ESTIMATORS).map((one) => pagesEffect(one.name, one.pages)),
      },
    ],
    beyond: [refused('one more', `estimators: has more than ${MOST_ESTIMATORS}`, estimators(MOST_ESTIMATORS + 1))],
  };
}

function countOfPages(): WorkerLimit {
  const pages = (count: number) => Array.from({ length: count }, (_, number) => pageOf(number));
  return {
    name: 'pages of a body',
    route: 'results.save',
    within: [stored(`${MOST_PAGES}`, pages(MOST_PAGES))],
    beyond: [
      refused('one more', `estimators: has more than ${MOST_PAGES} pages`, [
        { name: 'D', pages: pages(MOST_PAGES) },
        { name: 'E', pages: pages(1) },
      ]),
    ],
  };
}

/** What is no property of results, but of every body. */
function syntax(): WorkerLimit[] {
  const beside = (more: string) => `"partial":true,${more},"estimators":${JSON.stringify(ofPage(pageOf(0)))}`;
  const effects = () => [pagesEffect('D', [pageOf(0)])];
  const nested = (lists: number) => beside(`"other":${'['.repeat(lists)}${']'.repeat(lists)}`);
  const member = (bytes: number) => beside(`"${'k'.repeat(bytes)}":1`);
  return [
    {
      name: 'levels of nesting',
      route: 'results.save',
      // The body itself is the first.
      within: [254, 255].map((lists) => ({ what: `${lists + 1}`, content: nested(lists), effects })),
      beyond: [{ what: '257', content: nested(256), status: 400, error: 'is nested deeper than 256 levels' }],
    },
    {
      name: "a member's name",
      route: 'results.save',
      // With its quotes 64 KiB.
      within: [65_533, 65_534].map((bytes) => ({ what: `${bytes} bytes`, content: member(bytes), effects })),
      beyond: [{ what: '65,535 bytes', content: member(65_535), status: 400, error: `a member's name is longer than` }],
    },
  ];
}

/** Everything that results may have so much of, the bytes of the whole aside; what takes seconds only in a full run, or through one door. */
export function resultsLimits(isFull: boolean): WorkerLimit[] {
  const slow = isFull ? [countOfPages(), textOfABody()] : [];
  return [
    ...lengths(),
    ...texts(),
    ...numbers(),
    countOfEstimators(isFull ? ['http', 'amqp'] : ['amqp']),
    ...syntax(),
    ...slow,
  ];
}
