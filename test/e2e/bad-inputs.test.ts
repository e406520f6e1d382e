import { gzipSync, deflateSync } from 'node:zlib';
import type { Options } from 'amqplib';
import pg from 'pg';
import { eventually, TestBroker } from '../support/amqp.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type Call, call, registerUser, SUBMISSION, submit, type SubmittedJob } from '../support/client.js';
import { type RunningService, startService } from '../support/service.js';
import { StoredState } from '../support/stored.js';

const MAX_BODY_BYTES = 20 * 1024 * 1024;

/** The endpoints of workers, and the routing keys under which the same bodies are published. */
const ROUTING_KEYS: Readonly<Record<string, string>> = {
  '/results': 'results.save',
  '/logfiles': 'logfiles.save',
  '/tasks': 'tasks.update',
  '/tasks/bulk': 'tasks.update-bulk',
  '/jobs': 'jobs.update',
};

/** RabbitMQ 4 takes no more in one message; what is larger is published as gzip, since inflated bytes count. */
const MAX_RABBITMQ_BYTES = 16 * 1024 * 1024;

/** A body of a worker that HTTP refused, and in what words. */
interface Refused {
  readonly routingKey: string;
  readonly body: Buffer;
  readonly options: Options.Publish;
  readonly message: string;
}

let database: TestDatabase;
let broker: TestBroker;
let service: RunningService;
const refusedByHttp: Refused[] = [];
let stored: StoredState;
let token: string;
let job: SubmittedJob;
let before: unknown;

beforeAll(async () => {
  database = await createTestDatabase();
  broker = await TestBroker.open();
  service = await startService(database.url, {
    ...broker.settings,
    MAX_BODY_BYTES: String(MAX_BODY_BYTES),
    // So that a body meets the same limits through both doors.
    MAX_MESSAGE_BYTES: String(128 * 1024 * 1024),
    UNKNOWN_SIMULATION_SECONDS: '1',
  });
  ({ token } = await registerUser(service.url, 'ada'));
  job = await submit(service.url, token, { job_id: 'the-job' });
  stored = await StoredState.of(database.url);
  before = await stored.fingerprint();
});

afterAll(async () => {
  await stored.close();
  await service.end();
  await broker.close();
  await database.drop();
});

/** Sends it with the token, and holds the refusal against all that the contract says of refusals. */
async function expectRefusal(path: string, status: number, message: RegExp, sent: Call): Promise<void> {
  const answer = await call(service.url + path, { token, ...sent });
  const expected = { message: expect.stringMatching(message) as string, status_code: status };
  expect([answer.status, answer.json()]).toEqual([status, expected]);
  expect(await stored.fingerprint()).toEqual(before);
  remember(path, sent, String(answer.json()['message']));
}

/** Keeps what was refused, for the second door. A message may do without a type, which HTTP refuses. */
function remember(path: string, { method, body, headers = {} }: Call, message: string): void {
  const routingKey = ROUTING_KEYS[path];
  const { 'content-type': contentType = 'application/json', 'content-encoding': contentEncoding, ...others } = headers;
  if (routingKey === undefined || method !== 'POST' || contentType === '') return;
  const updateKey = others['x-update-key'];
  const options = {
    contentType: String(contentType),
    ...(contentEncoding === undefined ? {} : { contentEncoding }),
    ...(updateKey === undefined ? {} : { headers: { 'X-Update-Key': String(updateKey) } }),
  };
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? ''));
  const fits = bytes.length < MAX_RABBITMQ_BYTES;
  refusedByHttp.push({
    routingKey,
    body: fits ? bytes : gzipSync(bytes),
    options: fits ? options : { ...options, contentEncoding: 'gzip' },
    message,
  });
}

/** A body of a worker with the right key: `members` is JSON text, so that it may be wrong in any way. */
const worker = (members: string) => `{"simulation_id":"the-job","update_key":"${job.update_key}",${members}}`;
const estimators = (text: string) => worker(`"estimators":${text}`);
const pages = (text: string) => estimators(`[{"name":"D","pages":[${text}]}]`);
const referencePage = (data: string, more = '') => pages(`{"page_number":1,"name":"n"${more},"data":${data}}`);
const values = (text: string, axes = '[[0,1]]') => referencePage(`{"values":${text},"dimensions":${axes},"unit":"Gy"}`);
const GOOD_PAGE = '{"page_number":1,"name":"n","data":{"values":[1],"dimensions":[[0]],"unit":""}}';
const workerPage = (members: string) => pages(`{"metadata":{"page_number":"0","name":"n"},${members}}`);
const WORKER_DATA = '"data":{"name":"n","unit":"","values":[1,2]}';
const axis = (number: number, list: string) => `"axis_dim${number}":{"name":"z","unit":"cm","values":${list}}`;
const long = (length: number, character = 'x') => character.repeat(length);

type Row = readonly [sentence: string, text: string | (() => string), message: RegExp];

describe('queries that are refused', () => {
  const table: readonly (readonly [path: string, status: number, message: RegExp])[] = [
    ['/results', 400, /^job_id: is required/],
    ['/results?job_id=', 400, /^job_id: must not be empty/],
    ['/results?job_id=the-job&job_id=the-job', 400, /^job_id: is repeated/],
    ['/results?job_id[]=the-job', 400, /^job_id: is required/],
    ['/results?JOB_ID=the-job', 400, /^job_id: is required/],
    ['/estimators', 400, /^job_id/],
    ['/estimators?job_id=a&job_id=b', 400, /^job_id/],
    ['/inputs', 400, /^job_id/],
    ['/inputs?job_id=a&job_id=b', 400, /^job_id/],
    ['/logfiles', 400, /^job_id/],
    ['/logfiles?job_id=a&job_id=b', 400, /^job_id/],
    ['/tasks', 400, /^job_id/],
    ['/tasks?job_id=a&job_id=a', 400, /^job_id/],
    ['/results?job_id=nobody', 404, /^Job with provided ID does not exist$/],
    ['/results?job_id=%00', 404, /^Job with provided ID does not exist$/],
    ['/results?job_id=%F0%28%8C%BC', 404, /^Job with provided ID does not exist$/],
    [`/results?job_id=${long(5_000)}`, 404, /^Job with provided ID does not exist$/],
    ["/results?job_id=' OR 1=1 --".replaceAll(' ', '%20'), 404, /^Job with provided ID does not exist$/],
    ['/results?job_id=the-job&estimator_name=', 400, /^estimator_name: must not be empty/],
    ['/results?job_id=the-job&estimator_name=a&estimator_name=a', 400, /^estimator_name: is repeated/],
    ['/results?job_id=the-job&page_number=1&page_numbers=1', 400, /^page_number/],
    ['/results?job_id=the-job&page_number=1&page_number=2', 400, /^page_number: is repeated/],
    ...[
      '',
      '-1',
      '1.0',
      '1e3',
      '0x1',
      '+1',
      '%201',
      '1%20',
      '1,2',
      '1-2',
      'one',
      'NaN',
      '2147483648',
      '٣',
      long(500, '9'),
    ].map((text) => [`/results?job_id=the-job&page_number=${encode(text)}`, 400, /^page_number: "/] as const),
    ['/results?job_id=the-job&page_numbers=3-1', 400, /^page_numbers: "3-1" runs backwards$/],
    ...[
      '',
      ',',
      '1,',
      ',1',
      '1,,2',
      '1-',
      '-1',
      '1--2',
      '1-2-3',
      '1, 2',
      '1 -2',
      '1;2',
      'a',
      '1-b',
      '1.5',
      '2147483648',
    ].map((text) => [`/results?job_id=the-job&page_numbers=${encode(text)}`, 400, /^page_numbers: "/] as const),
    ['/results?job_id=the-job&page_numbers=0-2147483648', 400, /^page_numbers: "0-2147483648" is above 2147483647/],
    ['/results?job_id=the-job&page_numbers=1&page_numbers=2', 400, /^page_numbers: is repeated/],
    [`/results?job_id=the-job&page_numbers=${long(1_000, '1,')}1`, 400, /^page_numbers: has more than 1000 parts/],
    ['/results?job_id=nobody&page_numbers=3-1', 400, /^page_numbers/],
    ['/results?job_id=%zz', 404, /^Job with provided ID/],
    ['/simulations?limit=0', 400, /^limit: must be an integer from 1 to 200/],
    ['/simulations?limit=201', 400, /^limit/],
    ['/simulations?limit=ten', 400, /^limit/],
    ['/simulations?limit=', 400, /^limit/],
    ['/simulations?limit=5&limit=5', 400, /^limit: is repeated/],
    ['/simulations?cursor=abc', 400, /^cursor/],
    ['/simulations?cursor=99999999999', 400, /^cursor/],
    ['/simulations?cursor=1&cursor=2', 400, /^cursor: is repeated/],
    ['/simulations?job_state=DONE', 400, /^job_state: "DONE" is not one of/],
    ['/simulations?job_state=', 400, /^job_state/],
    ['/simulations?job_state=RUNNING,', 400, /^job_state/],
    ['/nowhere', 404, /nowhere/],
    ['/results/the-job', 404, /results/],
    ['/%zz', 400, /zz/],
  ];

  it.each(table)('GET %s', async (path, status, message) => {
    await expectRefusal(path, status, message, {});
  });

  it.each([
    ['DELETE', '/simulations', 400, /^job_id: is required/],
    ['DELETE', '/simulations?job_id=the-job&job_id=the-job', 400, /^job_id: is repeated/],
    ['DELETE', '/simulations?job_id=nobody', 404, /^Job with provided ID/],
    ['POST', '/simulations/cancel', 400, /^job_id: is required/],
    ['POST', '/simulations/cancel?job_id=nobody', 404, /^Job with provided ID/],
    ['POST', '/simulations/update-key?job_id=', 400, /^job_id: must not be empty/],
    ['POST', '/simulations/update-key?job_id=nobody', 404, /^Job with provided ID/],
    ['PUT', '/results', 404, /results/],
    ['DELETE', '/results?job_id=the-job', 404, /results/],
    ['PATCH', '/tasks', 404, /tasks/],
  ])('%s %s', async (method, path, status, message) => {
    await expectRefusal(path, status, message, { method });
  });
});

describe('JSON that is refused, whatever it was meant to be', () => {
  const table: readonly Row[] = [
    ['nothing at all', '', /^body/],
    ['white space only', ' \n', /^body/],
    ['a list', '[]', /^body: must be a JSON object/],
    ['a text', '"text"', /^body: must be a JSON object/],
    ['null', 'null', /^body: must be a JSON object/],
    ['an object cut off', () => estimators('[]').slice(0, -1), /^body/],
    ['something behind the end', () => `${estimators('[]')}x`, /^body/],
    ['two documents', () => `${estimators('[]')}{}`, /^body/],
    ['a comma too many', () => worker('"estimators":[],'), /^body/],
    ['a comma too few', () => worker('"estimators":[] "revision":1'), /^body/],
    ['single quotes', `{'simulation_id':'the-job'}`, /^body/],
    ['a comment', () => worker('/* none */"estimators":[]'), /^body/],
    ['a key without quotes', '{simulation_id:"the-job"}', /^body/],
    ['a raw line break in a text', () => worker('"x":"a\nb","estimators":[]'), /^body/],
    ['an escape that JSON does not have', () => worker('"x":"\\x41","estimators":[]'), /^body/],
    ['a broken \\u escape', () => worker('"x":"\\u12g4","estimators":[]'), /^body/],
    ['a byte order mark', () => `\ufeff${estimators('[]')}`, /^body/],
    ['True as Python spells it', () => worker('"partial":True,"estimators":[]'), /^body/],
    ['NaN outside of estimators', () => worker('"x":NaN,"estimators":[]'), /NaN|"N"/],
    ['Infinity outside of estimators', () => worker('"x":[-Infinity],"estimators":[]'), /Infinity|"I"/],
    ['a number outside the range of a double', () => worker('"x":1e999,"estimators":[]'), /double/],
    [
      'lists 100,000 deep',
      () => worker(`"x":${long(100_000, '[')}${long(100_000, ']')},"estimators":[]`),
      /deep|depth|nest/i,
    ],
    [
      'objects 100,000 deep',
      () => worker(`"x":${long(100_000, '{"a":')}1${long(100_000, '}')},"estimators":[]`),
      /deep|depth|nest/i,
    ],
  ];

  it.each(table)('%s', async (_, text, message) => {
    const body = typeof text === 'string' ? text : text();
    await expectRefusal('/results', 400, message, { method: 'POST', body });
  });

  it.each([
    ['a byte that UTF-8 does not have', [0xff]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate in UTF-8', [0xed, 0xa0, 0x80]],
    ['a character cut off', [0xe2, 0x82]],
  ])('invalid UTF-8: %s', async (_, bytes) => {
    const [head, tail] = worker('"x":"@","estimators":[]').split('@') as [string, string];
    const body = Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]);
    await expectRefusal('/results', 400, /UTF-8/, { method: 'POST', body });
  });
});

describe('envelopes of POST /results that are refused', () => {
  const rest = '"estimators":[]';
  const table: readonly Row[] = [
    ['no simulation_id', () => `{"update_key":"${job.update_key}",${rest}}`, /^simulation_id: is required/],
    ['no update_key', `{"simulation_id":"the-job",${rest}}`, /^update_key: is required/],
    ['no estimators', () => worker('"revision":1'), /^estimators: is required/],
    ['simulation_id null', () => `{"simulation_id":null,"update_key":"${job.update_key}",${rest}}`, /^simulation_id/],
    ['simulation_id empty', () => `{"simulation_id":"","update_key":"${job.update_key}",${rest}}`, /^simulation_id/],
    [
      'simulation_id a fraction',
      () => `{"simulation_id":1.5,"update_key":"${job.update_key}",${rest}}`,
      /^simulation_id/,
    ],
    ['simulation_id negative', () => `{"simulation_id":-1,"update_key":"${job.update_key}",${rest}}`, /^simulation_id/],
    [
      'simulation_id beyond 53 bits',
      () => `{"simulation_id":9007199254740993,"update_key":"${job.update_key}",${rest}}`,
      /^simulation_id/,
    ],
    [
      'simulation_id a list',
      () => `{"simulation_id":["the-job"],"update_key":"${job.update_key}",${rest}}`,
      /^simulation_id/,
    ],
    [
      'simulation_id with a slash',
      () => `{"simulation_id":"a/b","update_key":"${job.update_key}",${rest}}`,
      /^simulation_id/,
    ],
    [
      'simulation_id of 129 characters',
      () => `{"simulation_id":"${long(129)}","update_key":"${job.update_key}",${rest}}`,
      /^simulation_id/,
    ],
    ['update_key null', `{"simulation_id":"the-job","update_key":null,${rest}}`, /^update_key/],
    ['update_key a number', `{"simulation_id":"the-job","update_key":5,${rest}}`, /^update_key/],
    ['update_key an object', `{"simulation_id":"the-job","update_key":{"$ne":""},${rest}}`, /^update_key/],
    ['simulation_id twice', () => worker(`"simulation_id":"the-job",${rest}`), /^simulation_id: comes twice/],
    [
      'update_key twice, the second spelt with an escape',
      () => worker(`"update\\u005fkey":"x",${rest}`),
      /^update_key: comes twice/,
    ],
    ['estimators twice', () => worker(`${rest},${rest}`), /^estimators: comes twice/],
    ['revision twice', () => worker(`"revision":1,"revision":1,${rest}`), /^revision: comes twice/],
    ['revision negative', () => worker(`"revision":-1,${rest}`), /^revision/],
    ['revision a fraction', () => worker(`"revision":0.5,${rest}`), /^revision/],
    ['revision beyond 53 bits', () => worker(`"revision":9007199254740992,${rest}`), /^revision/],
    ['revision a text', () => worker(`${rest},"revision":"1"`), /^revision/],
    ['revision true', () => worker(`"revision":true,${rest}`), /^revision/],
    ['partial a number', () => worker(`"partial":1,${rest}`), /^partial: must be true or false/],
    ['partial a text', () => worker(`"partial":"true",${rest}`), /^partial/],
    ['pages_total negative', () => worker(`"pages_total":-1,${rest}`), /^pages_total/],
    ['pages_total a fraction', () => worker(`${rest},"pages_total":1.5`), /^pages_total/],
    ['pages_total a text', () => worker(`"pages_total":"5",${rest}`), /^pages_total/],
    ['estimators an object', () => estimators('{}'), /^estimators: must be a list/],
    ['estimators null', () => estimators('null'), /^estimators/],
    ['estimators a text', () => estimators('"none"'), /^estimators/],
  ];

  it.each(table)('%s', async (_, text, message) => {
    const body = typeof text === 'string' ? text : text();
    await expectRefusal('/results', 400, message, { method: 'POST', body });
  });
});

describe('estimators and pages that are refused', () => {
  const table: readonly Row[] = [
    ['an estimator that is a number', () => estimators('[5]'), /^estimators\[0\]: must be an object/],
    ['the second estimator null', () => estimators('[{"name":"a","pages":[]},null]'), /^estimators\[1\]/],
    ['an estimator without a name', () => estimators('[{"pages":[]}]'), /^estimators\[0\]\.name: is required/],
    ['an estimator with an empty name', () => estimators('[{"name":"","pages":[]}]'), /^estimators\[0\]\.name/],
    [
      'an estimator whose name is a number',
      () => estimators('[{"name":21,"pages":[]}]'),
      /^estimators\[0\]\.name: must be a string/,
    ],
    ['an estimator whose name is null', () => estimators('[{"name":null,"pages":[]}]'), /^estimators\[0\]\.name/],
    [
      'an estimator name of 1,025 characters',
      () => estimators(`[{"name":"${long(1_025)}","pages":[]}]`),
      /^estimators\[0\]\.name.*1024/,
    ],
    [
      'an estimator name with U+0000',
      () => estimators('[{"name":"a\\u0000","pages":[]}]'),
      /^estimators\[0\]\.name.*U\+0000/,
    ],
    [
      'an estimator name with a lone surrogate',
      () => estimators('[{"name":"a\\ud800","pages":[]}]'),
      /^estimators\[0\]\.name.*surrogate/,
    ],
    ['an estimator without pages', () => estimators('[{"name":"a"}]'), /^estimators\[0\]\.pages: is required/],
    [
      'pages that are an object',
      () => estimators('[{"name":"a","pages":{}}]'),
      /^estimators\[0\]\.pages: must be a list/,
    ],
    [
      'an estimator name twice in one estimator',
      () => estimators('[{"name":"a","name":"a","pages":[]}]'),
      /^estimators\[0\]\.name: comes twice/,
    ],
    [
      'the same estimator twice',
      () => estimators('[{"name":"a","pages":[]},{"name":"a","pages":[]}]'),
      /^estimators\[1\]\.name: "a" comes twice/,
    ],
    [
      'metadata of an estimator over 1 MiB',
      () => estimators(`[{"name":"a","metadata":{"m":"${long(1_048_577)}"},"pages":[]}]`),
      /^estimators\[0\].*1048576/,
    ],
    ['a page that is a text', () => pages('"page"'), /^estimators\[0\]\.pages\[0\]: must be an object/],
    [
      'a page without a number',
      () => pages('{"name":"n","data":{"values":[1],"dimensions":[],"unit":""}}'),
      /pages\[0\]\.page_number: is required/,
    ],
    [
      'a page number that is a text at the top',
      () => pages('{"page_number":"1","data":{"values":[1],"dimensions":[]}}'),
      /pages\[0\]\.page_number/,
    ],
    [
      'a page number that is a fraction',
      () => pages('{"page_number":1.5,"data":{"values":[1],"dimensions":[]}}'),
      /pages\[0\]\.page_number/,
    ],
    [
      'a page number that is NaN',
      () => pages('{"page_number":NaN,"data":{"values":[1],"dimensions":[]}}'),
      /pages\[0\]\.page_number/,
    ],
    [
      'a negative page number',
      () => pages('{"page_number":-1,"data":{"values":[1],"dimensions":[]}}'),
      /pages\[0\]\.page_number/,
    ],
    [
      'a page number beyond 2147483647',
      () => pages('{"page_number":2147483648,"data":{"values":[1],"dimensions":[]}}'),
      /pages\[0\]\.page_number/,
    ],
    ['the same page twice', () => pages(`${GOOD_PAGE},${GOOD_PAGE}`), /pages\[1\].*1 comes twice/],
    [
      'the same page in both shapes',
      () => pages(`${GOOD_PAGE},{"dimensions":0,"metadata":{"page_number":"1"},"data":{"values":[1]}}`),
      /pages\[1\].*1 comes twice/,
    ],
    [
      'the second page wrong',
      () => pages(`${GOOD_PAGE},{"page_number":2}`),
      /^estimators\[0\]\.pages\[1\]\.data: is required/,
    ],
    [
      'page_number twice',
      () => pages('{"page_number":1,"page_number":1,"data":{"values":[1],"dimensions":[]}}'),
      /page_number: comes twice/,
    ],
    [
      'data twice',
      () => pages('{"page_number":1,"data":{"values":[1],"dimensions":[]},"data":{}}'),
      /data: comes twice/,
    ],
    ['values twice', () => referencePage('{"values":[1],"values":[1],"dimensions":[]}'), /values: comes twice/],
    ['data that is a list', () => referencePage('[1,2]'), /data: must be an object/],
    ['data without values', () => referencePage('{"dimensions":[],"unit":""}'), /data\.values: is required/],
    ['data without dimensions', () => referencePage('{"values":[1],"unit":""}'), /data\.dimensions: is required/],
    ['values that are null', () => values('null'), /data\.values/],
    ['values that are an object', () => values('{}'), /data\.values: must be a list/],
    ['a value that is a text', () => values('[1,"2"]'), /data\.values\[1\]: must be a number/],
    ['a value that is true', () => values('[true,2]'), /data\.values\[0\]/],
    ['a value that is a list', () => values('[[1],[2]]'), /data\.values\[0\]/],
    ['a value with a leading zero', () => values('[1,02]'), /data\.values\[1\]/],
    ['a value without a digit behind the point', () => values('[1,2.]'), /data\.values\[1\]/],
    ['a value without a digit before the point', () => values('[1,.2]'), /data\.values\[1\]/],
    ['a value with a plus', () => values('[1,+2]'), /data\.values\[1\]/],
    ['a hexadecimal value', () => values('[1,0x2]'), /data\.values\[1\]/],
    ['a minus alone', () => values('[1,-]'), /data\.values\[1\]/],
    ['nan in small letters', () => values('[1,nan]'), /data\.values\[1\]/],
    ['-NaN', () => values('[1,-NaN]'), /data\.values\[1\]/],
    ['Infinity cut off', () => values('[1,Inf]'), /data\.values\[1\]/],
    [
      'a value above the largest double',
      () => values('[1,1e309]'),
      /data\.values\[1\]: is outside the range of a double/,
    ],
    [
      'a value of 400 digits',
      () => values(`[1,${long(400, '9')}]`),
      /data\.values\[1\]: is outside the range of a double/,
    ],
    ['a value below the smallest negative double', () => values('[1,-1.8e308]'), /data\.values\[1\]/],
    ['a comma at the end of the values', () => values('[1,2,]'), /data\.values/],
    [
      'an axis entry outside of doubles',
      () => values('[1,2]', '[[0,1e400]]'),
      /dimensions\[0\]\[1\]: is outside the range/,
    ],
    ['an axis that is a number', () => values('[1,2]', '[2]'), /dimensions\[0\]: must be a list of numbers/],
    ['an axis entry that is a text', () => values('[1,2]', '[[0,"1"]]'), /dimensions\[0\]\[1\]/],
    ['dimensions that are a number', () => values('[1,2]', '1'), /data\.dimensions: must be a list/],
    ['four axes', () => values('[1]', '[[0],[0],[0],[0]]'), /dimensions: must have at most 3 axes/],
    ['one value too few', () => values('[1,2,3]', '[[0,1],[0,1]]'), /data\.values: has 3 values/],
    ['one value too many', () => values('[1,2,3,4,5]', '[[0,1],[0,1]]'), /data\.values: has 5 values/],
    ['no values on an axis of three', () => values('[]', '[[0,1,2]]'), /data\.values: has 0 values/],
    ['two values without an axis', () => values('[1,2]', '[]'), /data\.values: has 2 values/],
    [
      'one axis of edges, the other of centres',
      () => values('[1,2,3,4]', '[[0,1,2],[0,1]]'),
      /data\.values: has 4 values/,
    ],
    [
      'a unit that is a number',
      () => referencePage('{"values":[1],"dimensions":[],"unit":5}'),
      /data\.unit: must be a string/,
    ],
    [
      'a unit of 1,025 characters',
      () => referencePage(`{"values":[1],"dimensions":[],"unit":"${long(1_025)}"}`),
      /data\.unit.*1024/,
    ],
    [
      'a page name of 1,025 characters',
      () => pages(`{"page_number":1,"name":"${long(1_025)}","data":{"values":[1],"dimensions":[]}}`),
      /pages\[0\]\.name.*1024/,
    ],
    [
      'a page name with U+0000',
      () => pages('{"page_number":1,"name":"\\u0000","data":{"values":[1],"dimensions":[]}}'),
      /pages\[0\]\.name.*U\+0000/,
    ],
    [
      'a page name with a lone surrogate',
      () => pages('{"page_number":1,"name":"\\udfff","data":{"values":[1],"dimensions":[]}}'),
      /pages\[0\]\.name.*surrogate/,
    ],
    [
      'a page name that is a list',
      () => pages('{"page_number":1,"name":[],"data":{"values":[1],"dimensions":[]}}'),
      /pages\[0\]\.name: must be a string/,
    ],
    [
      'other members of a page over 1 MiB',
      () => referencePage('{"values":[1],"dimensions":[]}', `,"more":"${long(1_048_577)}"`),
      /pages\[0\].*1048576/,
    ],
    [
      'lists 10,000 deep in metadata',
      () => estimators(`[{"name":"a","metadata":${long(10_000, '[')}${long(10_000, ']')},"pages":[]}]`),
      /deep|depth|nest/i,
    ],
  ];

  it.each(table)('%s', async (_, text, message) => {
    const body = typeof text === 'string' ? text : text();
    await expectRefusal('/results', 400, message, { method: 'POST', body });
  });
});

describe("pages of the workers' shape that are refused", () => {
  const numbered = (number: string) =>
    pages(`{"dimensions":0,"metadata":{"page_number":${number}},"data":{"values":[1]}}`);
  const table: readonly Row[] = [
    ['page_number empty', () => numbered('""'), /metadata\.page_number/],
    ['page_number with a sign', () => numbered('"-1"'), /metadata\.page_number/],
    ['page_number with a space', () => numbered('" 1"'), /metadata\.page_number/],
    ['page_number hexadecimal', () => numbered('"0x1"'), /metadata\.page_number/],
    ['page_number as a fraction', () => numbered('1.5'), /metadata\.page_number/],
    ['page_number beyond 2147483647', () => numbered('"2147483648"'), /metadata\.page_number/],
    ['page_number true', () => numbered('true'), /metadata\.page_number/],
    ['page_number null', () => numbered('null'), /page_number/],
    ['page_number twice in the metadata', () => numbered('1,"page_number":1'), /page_number: comes twice/],
    ['metadata that is a list', () => pages('{"dimensions":0,"metadata":[],"data":{"values":[1]}}'), /page_number/],
    ['dimensions missing', () => workerPage(`${WORKER_DATA},${axis(1, '[0,1]')}`), /dimensions: is required/],
    [
      'dimensions a text',
      () => workerPage(`"dimensions":"1",${WORKER_DATA},${axis(1, '[0,1]')}`),
      /dimensions: must be an integer/,
    ],
    ['dimensions negative', () => workerPage(`"dimensions":-1,${WORKER_DATA}`), /dimensions: must be an integer/],
    ['dimensions four', () => workerPage(`"dimensions":4,${WORKER_DATA}`), /dimensions: must be an integer/],
    [
      'dimensions larger than the number of axes',
      () => workerPage(`"dimensions":2,${WORKER_DATA},${axis(1, '[0,1]')}`),
      /dimensions: is 2/,
    ],
    [
      'dimensions smaller than the number of axes',
      () => workerPage(`"dimensions":0,${WORKER_DATA},${axis(1, '[0,1]')}`),
      /dimensions: is 0/,
    ],
    [
      'a gap between the axes',
      () => workerPage(`"dimensions":2,${WORKER_DATA},${axis(1, '[0,1]')},${axis(3, '[0]')}`),
      /dimensions: is 2/,
    ],
    ['only the second axis', () => workerPage(`"dimensions":1,${WORKER_DATA},${axis(2, '[0,1]')}`), /dimensions: is 1/],
    ['an axis that is a list', () => workerPage(`"dimensions":1,${WORKER_DATA},"axis_dim1":[0,1]`), /dimensions: is 1/],
    [
      'an axis without values',
      () => workerPage(`"dimensions":1,${WORKER_DATA},"axis_dim1":{"name":"z"}`),
      /axis_dim1\.values: is required/,
    ],
    [
      'an axis whose values are a text',
      () => workerPage(`"dimensions":1,${WORKER_DATA},${axis(1, '"0,1"')}`),
      /axis_dim1\.values: must be a list/,
    ],
    [
      'an axis entry that is true',
      () => workerPage(`"dimensions":1,${WORKER_DATA},${axis(1, '[0,true]')}`),
      /axis_dim1\.values\[1\]/,
    ],
    [
      'an axis twice',
      () => workerPage(`"dimensions":1,${WORKER_DATA},${axis(1, '[0,1]')},${axis(1, '[0,1]')}`),
      /axis_dim1: comes twice/,
    ],
    [
      'an axis name that is a number',
      () => workerPage(`"dimensions":1,${WORKER_DATA},"axis_dim1":{"name":1,"values":[0,1]}`),
      /axis_dim1\.name/,
    ],
    [
      'an axis name with U+0000',
      () => workerPage(`"dimensions":1,${WORKER_DATA},"axis_dim1":{"name":"\\u0000","values":[0,1]}`),
      /axis_dim1\.name/,
    ],
    [
      'an axis unit of 1,025 characters',
      () => workerPage(`"dimensions":1,${WORKER_DATA},"axis_dim1":{"unit":"${long(1_025)}","values":[0,1]}`),
      /axis_dim1\.unit/,
    ],
    [
      'values that do not fit the axes',
      () => workerPage(`"dimensions":1,${WORKER_DATA},${axis(1, '[0,1,2,3]')}`),
      /data\.values: has 2 values/,
    ],
    [
      'edges and centres mixed',
      () => workerPage(`"dimensions":2,${WORKER_DATA},${axis(1, '[0,1,2]')},${axis(2, '[0]')}`),
      /data\.values: has 2 values/,
    ],
    [
      'a name with a lone surrogate in data',
      () => workerPage('"dimensions":0,"data":{"name":"\\ud800","values":[1]}'),
      /data\.name/,
    ],
    [
      'a name with U+0000 in the metadata',
      () => pages('{"dimensions":0,"metadata":{"page_number":0,"name":"\\u0000"},"data":{"values":[1]}}'),
      /metadata\.name/,
    ],
    ['data missing', () => workerPage('"dimensions":0'), /pages\[0\]\.data: is required/],
  ];

  it.each(table)('%s', async (_, text, message) => {
    const body = typeof text === 'string' ? text : text();
    await expectRefusal('/results', 400, message, { method: 'POST', body });
  });
});

describe('media types and compression that are refused', () => {
  it.each([
    ['text/plain', { 'content-type': 'text/plain' }, /^Content-Type/],
    ['no type', { 'content-type': '' }, /^Content-Type/],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, /^Content-Type/],
    ['a form with files', { 'content-type': 'multipart/form-data; boundary=x' }, /^Content-Type/],
    ['something that only begins like JSON', { 'content-type': 'application/jsonp' }, /^Content-Type/],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }, /charset/],
    ['brotli', { 'content-encoding': 'br' }, /^Content-Encoding/],
    ['zstd', { 'content-encoding': 'zstd' }, /^Content-Encoding/],
    ['gzip upon gzip', { 'content-encoding': 'gzip, gzip' }, /^Content-Encoding/],
  ])('%s is 415', async (_, headers, message) => {
    for (const path of ['/results', '/logfiles', '/tasks', '/tasks/bulk', '/jobs', '/simulations', '/auth/login']) {
      await expectRefusal(path, 415, message, { method: 'POST', body: '{}', headers });
    }
  });

  const zipped = () => gzipSync(estimators('[]'));
  const flipped = (bytes: Buffer, index: number) =>
    Buffer.from(bytes.map((byte, at) => (at === index ? byte ^ 0xff : byte)));
  it.each<[string, string, () => Buffer]>([
    ['gzip that is none', 'gzip', () => Buffer.from(estimators('[]'))],
    ['gzip cut off', 'gzip', () => zipped().subarray(0, -12)],
    ['gzip whose checksum is wrong', 'gzip', () => flipped(zipped(), zipped().length - 8)],
    ['gzip of nothing', 'gzip', () => Buffer.alloc(0)],
    ['deflate that is none', 'deflate', () => Buffer.from(estimators('[]'))],
    [
      'deflate whose checksum is wrong',
      'deflate',
      () => flipped(deflateSync(estimators('[]')), deflateSync(estimators('[]')).length - 1),
    ],
    ['gzip called deflate', 'deflate', zipped],
  ])('%s is 400', async (_, encoding, body) => {
    const headers = { 'content-encoding': encoding };
    await expectRefusal('/results', 400, /^body/, { method: 'POST', body: body(), headers });
  });
});

describe('bodies that are too large', () => {
  it('estimators before the key: over 16 MiB is 413 and names the rule', async () => {
    const body = `{"estimators":[${long(17 * 1024 * 1024, ' ')}],"simulation_id":"the-job","update_key":"${job.update_key}"}`;
    await expectRefusal('/results', 413, /16777216 bytes.*before simulation_id and update_key.*before estimators/, {
      method: 'POST',
      body,
    });
  });

  it('an unknown member before the key: over 16 MiB is 413 as well', async () => {
    const body = `{"x":"${long(17 * 1024 * 1024)}","simulation_id":"the-job","update_key":"${job.update_key}","estimators":[]}`;
    await expectRefusal('/results', 413, /16777216 bytes/, { method: 'POST', body });
  });

  it('results over MAX_BODY_BYTES are 413 and name the limit', async () => {
    const body = estimators(`[${long(MAX_BODY_BYTES, ' ')}]`);
    await expectRefusal('/results', 413, new RegExp(String(MAX_BODY_BYTES)), { method: 'POST', body });
  });

  it('inflated bytes count: results that are small as gzip are 413', async () => {
    const body = gzipSync(estimators(`[${long(MAX_BODY_BYTES, ' ')}]`));
    const headers = { 'content-encoding': 'gzip' };
    await expectRefusal('/results', 413, new RegExp(String(MAX_BODY_BYTES)), { method: 'POST', body, headers });
  });

  it.each([
    ['/logfiles', 64, () => worker(`"logfiles":{"stdout":"${long(64 * 1024 * 1024)}"}`)],
    ['/tasks/bulk', 16, () => worker(`"tasks":[${long(16 * 1024 * 1024, ' ')}]`)],
    ['/tasks', 1, () => worker(`"task_id":1,"update_dict":{"x":"${long(1024 * 1024)}"}`)],
    ['/jobs', 1, () => worker(`"job_state":"RUNNING","x":"${long(1024 * 1024)}"`)],
    ['/simulations', 16, () => JSON.stringify({ ...SUBMISSION, x: long(16 * 1024 * 1024) })],
    ['/auth/login', 1, () => JSON.stringify({ username: long(1024 * 1024), password: 'longenough' })],
  ])('%s over %i MiB is 413', async (path, mebibytes, body) => {
    await expectRefusal(path, 413, new RegExp(String(mebibytes * 1024 * 1024)), { method: 'POST', body: body() });
  });

  it('a URL or headers over 64 KiB are 431', async () => {
    await expectRefusal(`/results?job_id=${long(70_000)}`, 431, /65536 bytes/, {});
  });
});

describe('log files that are refused', () => {
  const table: readonly Row[] = [
    ['none', () => worker('"x":1'), /^logfiles: is required/],
    ['a list', () => worker('"logfiles":[]'), /^logfiles: must be an object/],
    ['a text', () => worker('"logfiles":"text"'), /^logfiles/],
    ['a file that is null', () => worker('"logfiles":{"stdout":null}'), /^logfiles\.stdout: must be a string/],
    ['a file that is a number', () => worker('"logfiles":{"a":"","stdout":5}'), /^logfiles\.stdout/],
    ['a file that is NaN', () => worker('"logfiles":{"stdout":NaN}'), /logfiles\.stdout|NaN|"N"/],
    ['the same file twice', () => worker('"logfiles":{"stdout":"a","stdout":"b"}'), /^logfiles\.stdout: comes twice/],
    ['a file without a name', () => worker('"logfiles":{"":"a"}'), /^logfiles/],
    ['a name with U+0000', () => worker('"logfiles":{"a\\u0000":"a"}'), /^logfiles.*U\+0000/],
    ['a name with a lone surrogate', () => worker('"logfiles":{"a\\ud800":"a"}'), /^logfiles.*surrogate/],
    ['task_id negative', () => worker('"task_id":-1,"logfiles":{}'), /^task_id/],
    ['task_id a text', () => worker('"logfiles":{"a":"b"},"task_id":"1"'), /^task_id/],
    ['task_id beyond 2147483647', () => worker('"logfiles":{"a":"b"},"task_id":2147483648'), /^task_id/],
  ];

  it.each(table)('%s', async (_, text, message) => {
    const body = typeof text === 'string' ? text : text();
    await expectRefusal('/logfiles', 400, message, { method: 'POST', body });
  });
});

describe('task updates that are refused', () => {
  const update = (dict: string) => worker(`"task_id":1,"update_dict":${dict}`);
  const table: readonly Row[] = [
    ['task_id missing', () => worker('"update_dict":{}'), /^task_id: is required/],
    ['task_id null', () => worker('"task_id":null,"update_dict":{}'), /^task_id/],
    ['task_id a text', () => worker('"task_id":"1","update_dict":{}'), /^task_id/],
    ['task_id a fraction', () => worker('"task_id":1.5,"update_dict":{}'), /^task_id/],
    ['task_id negative', () => worker('"task_id":-1,"update_dict":{}'), /^task_id/],
    ['task_id beyond 2147483647', () => worker('"task_id":2147483648,"update_dict":{}'), /^task_id/],
    ['task_id twice', () => worker('"task_id":1,"task_id":1,"update_dict":{}'), /^task_id: comes twice/],
    ['update_dict missing', () => worker('"task_id":1'), /^update_dict: is required/],
    ['update_dict a list', () => update('[]'), /^update_dict: must be an object/],
    ['update_dict null', () => update('null'), /^update_dict/],
    [
      'a state that there is not',
      () => update('{"task_state":"DONE"}'),
      /^update_dict\.task_state: "DONE" is not one of/,
    ],
    ['a state of a job', () => update('{"task_state":"MERGING_RUNNING"}'), /^update_dict\.task_state/],
    ['a state in small letters', () => update('{"task_state":"running"}'), /^update_dict\.task_state/],
    ['a state that is a number', () => update('{"task_state":1}'), /^update_dict\.task_state/],
    [
      'a state twice',
      () => update('{"task_state":"RUNNING","task_state":"FAILED"}'),
      /^update_dict\.task_state: comes twice/,
    ],
    ['primaries negative', () => update('{"simulated_primaries":-1}'), /^update_dict\.simulated_primaries/],
    ['primaries as a fraction', () => update('{"requested_primaries":0.5}'), /^update_dict\.requested_primaries/],
    ['primaries as a text', () => update('{"simulated_primaries":"5"}'), /^update_dict\.simulated_primaries/],
    [
      'primaries beyond 53 bits',
      () => update('{"simulated_primaries":9007199254740992}'),
      /^update_dict\.simulated_primaries/,
    ],
    ['an estimate that is an object', () => update('{"estimated_time":{"hours":1}}'), /^update_dict\.estimated_time/],
    ['a start that is no time', () => update('{"start_time":"yesterday"}'), /^update_dict\.start_time: "yesterday"/],
    ['a start without a time of day', () => update('{"start_time":"2026-11-24"}'), /^update_dict\.start_time/],
    ['a start on 30 February', () => update('{"start_time":"2026-02-30T10:00:00Z"}'), /^update_dict\.start_time/],
    ['an end at 25 o’clock', () => update('{"end_time":"2026-11-24 25:00:00"}'), /^update_dict\.end_time/],
    ['an end that is a number', () => update('{"end_time":1700000000}'), /^update_dict\.end_time/],
  ];

  it.each(table)('%s', async (_, text, message) => {
    const body = typeof text === 'string' ? text : text();
    await expectRefusal('/tasks', 400, message, { method: 'POST', body });
  });
});

describe('bulk updates that are refused as a whole', () => {
  const good = '{"task_id":1,"update_dict":{"task_state":"RUNNING"}}';
  const table: readonly Row[] = [
    ['tasks missing', () => worker('"x":1'), /^tasks: is required/],
    ['no tasks', () => worker('"tasks":[]'), /^tasks: must have 1 to 10000/],
    ['tasks an object', () => worker('"tasks":{}'), /^tasks: must be a list/],
    ['10,001 tasks', () => worker(`"tasks":[${Array(10_001).fill(good).join(',')}]`), /^tasks: must have 1 to 10000/],
    ['one that is null', () => worker(`"tasks":[${good},null]`), /^tasks\[1\]: must be an object/],
    ['one without task_id', () => worker(`"tasks":[${good},{"update_dict":{}}]`), /^tasks\[1\]\.task_id/],
    ['one without update_dict', () => worker(`"tasks":[${good},{"task_id":1}]`), /^tasks\[1\]\.update_dict/],
    [
      'one with an unknown state',
      () => worker(`"tasks":[${good},{"task_id":2,"update_dict":{"task_state":"X"}}]`),
      /^tasks\[1\]\.update_dict\.task_state/,
    ],
    [
      'one with task_id twice',
      () => worker(`"tasks":[{"task_id":1,"task_id":1,"update_dict":{}}]`),
      /^tasks\[0\]\.task_id: comes twice/,
    ],
  ];

  it.each(table)('%s', async (_, text, message) => {
    const body = typeof text === 'string' ? text : text();
    await expectRefusal('/tasks/bulk', 400, message, { method: 'POST', body });
  });
});

describe('reports of a job that are refused', () => {
  const table: readonly Row[] = [
    ['no state', () => worker('"x":1'), /^job_state: is required/],
    ['a state that is a number', () => worker('"job_state":1'), /^job_state/],
    ['a state that is null', () => worker('"job_state":null'), /^job_state/],
    ['both names of the simulation', () => worker('"sim_id":1,"job_state":"RUNNING"'), /comes twice/],
    ['an end that is no time', () => worker('"job_state":"FAILED","end_time":"soon"'), /^end_time/],
    ['a log that is a number', () => worker('"job_state":"FAILED","log":5'), /^log/],
    ['a log file that is a list', () => worker('"job_state":"FAILED","log":{"a":[]}'), /^log\.a/],
    ['a log file twice', () => worker('"job_state":"FAILED","log":{"a":"","a":""}'), /^log\.a: comes twice/],
  ];

  it.each(table)('%s', async (_, text, message) => {
    const body = typeof text === 'string' ? text : text();
    await expectRefusal('/jobs', 400, message, { method: 'POST', body });
  });
});

describe('submissions that are refused', () => {
  const { title: _title, ...untitled } = SUBMISSION;
  const changed = (change: object) => JSON.stringify({ ...SUBMISSION, ...change });
  const table: readonly Row[] = [
    ['no title', JSON.stringify(untitled), /^title: is required/],
    ['a title that is a number', changed({ title: 5 }), /^title: must be a string/],
    ['a title with U+0000', changed({ title: 'a\0' }), /^title.*U\+0000/],
    ['a title with a lone surrogate', changed({ title: '\ud800' }), /^title.*surrogate/],
    ['no sim_type', changed({ sim_type: undefined }), /^sim_type: is required/],
    ['a sim_type that is null', changed({ sim_type: null }), /^sim_type/],
    ['an unknown input_type', changed({ input_type: 'EDITOR' }), /^input_type: must be editor or files/],
    ['no input', changed({ input: undefined }), /^input: is required/],
    ['an input that is a list', changed({ input: [] }), /^input: must be an object/],
    ['an input that is null', changed({ input: null }), /^input/],
    ['a file that is a number', changed({ input: { 'beam.dat': 5 } }), /^input\.beam\.dat: must be a string/],
    ['a file twice', changed({}).replace('{"beam.dat"', '{"beam.dat":"","beam.dat"'), /beam\.dat: comes twice/],
    ['NaN in the input', changed({ input_type: 'editor' }).replace('"JPART0', 'NaN,"x":"'), /NaN|"N"|body/],
    ['ntasks 0', changed({ ntasks: 0 }), /^ntasks: must be an integer from 1 to 10000/],
    ['ntasks 10,001', changed({ ntasks: 10_001 }), /^ntasks/],
    ['ntasks a text', changed({ ntasks: '2' }), /^ntasks/],
    ['ntasks a fraction', changed({ ntasks: 1.5 }), /^ntasks/],
    ['ntasks missing', changed({ ntasks: undefined }), /^ntasks: is required/],
    ['a title twice', changed({}).replace('{', '{"title":"a",'), /^title: comes twice/],
    ['job_id empty', changed({ job_id: '' }), /^job_id/],
    ['job_id with a slash', changed({ job_id: 'a/b' }), /^job_id/],
    ['job_id of 129 characters', changed({ job_id: long(129) }), /^job_id/],
    ['job_id ending in a line break', changed({ job_id: 'a\n' }), /^job_id/],
    ['job_id a number', changed({ job_id: 5 }), /^job_id/],
    ['update_key of 31 characters', changed({ update_key: long(31) }), /^update_key: must be 32 to 128 characters/],
    ['update_key of 129 characters', changed({ update_key: long(129) }), /^update_key/],
    ['update_key with a dot', changed({ update_key: `${long(40)}.` }), /^update_key/],
  ];

  it.each(table)('%s', async (_, text, message) => {
    await expectRefusal('/simulations', 400, message, { method: 'POST', body: text });
  });

  it.each([
    ['with another title', { title: 'another', update_key: undefined }],
    ['without its update_key', { update_key: undefined }],
    ['with another update_key', { update_key: long(40) }],
  ])('a job_id that is taken, %s, is 409', async (_, change) => {
    await expectRefusal('/simulations', 409, /^job_id: "the-job" is taken/, {
      method: 'POST',
      body: changed({ job_id: 'the-job', ...change }),
    });
  });
});

describe('logins and registrations that are refused', () => {
  const table: readonly (readonly [
    sentence: string,
    method: string,
    path: string,
    status: number,
    body: string,
    message: RegExp,
  ])[] = [
    ['no user name', 'POST', '/auth/login', 400, '{"password":"longenough"}', /^username: is required/],
    ['no password', 'POST', '/auth/login', 400, '{"username":"ada"}', /^password: is required/],
    [
      'an object as a password',
      'POST',
      '/auth/login',
      400,
      '{"username":"ada","password":{"$gt":""}}',
      /^password: must be a string/,
    ],
    [
      'a user name with U+0000',
      'POST',
      '/auth/login',
      400,
      '{"username":"a\\u0000","password":"longenough"}',
      /^username/,
    ],
    [
      'a user name with a lone surrogate',
      'POST',
      '/auth/login',
      400,
      '{"username":"a\\ud800","password":"longenough"}',
      /^username.*surrogate/,
    ],
    [
      'token that is a text',
      'POST',
      '/auth/login',
      400,
      '{"username":"ada","password":"longenough","token":"yes"}',
      /^token/,
    ],
    [
      'the user name twice',
      'POST',
      '/auth/login',
      400,
      '{"username":"ada","username":"ada","password":"longenough"}',
      /^username: comes twice/,
    ],
    ['no JSON', 'POST', '/auth/login', 400, 'username=ada', /^body/],
    ['a wrong password', 'POST', '/auth/login', 401, '{"username":"ada","password":"longenough"}', /login or password/],
    ['an unknown user', 'POST', '/auth/login', 401, '{"username":"bob","password":"longenough"}', /login or password/],
    [
      'a user name of 65 characters',
      'PUT',
      '/auth/register',
      400,
      `{"username":"${long(65)}","password":"longenough"}`,
      /^username: must have 1 to 64/,
    ],
    ['an empty user name', 'PUT', '/auth/register', 400, '{"username":"","password":"longenough"}', /^username/],
    [
      'a line break in a user name',
      'PUT',
      '/auth/register',
      400,
      '{"username":"a\\nb","password":"longenough"}',
      /^username/,
    ],
    [
      'a user name with a lone surrogate',
      'PUT',
      '/auth/register',
      400,
      '{"username":"\\udc00","password":"longenough"}',
      /^username.*surrogate/,
    ],
    [
      'a password of 7 characters',
      'PUT',
      '/auth/register',
      400,
      '{"username":"new","password":"1234567"}',
      /^password: must have 8 to 128/,
    ],
    [
      'a password of 129 characters',
      'PUT',
      '/auth/register',
      400,
      `{"username":"new","password":"${long(129)}"}`,
      /^password/,
    ],
    ['a user name that is taken', 'PUT', '/auth/register', 403, '{"username":"ada","password":"longenough"}', /taken/],
    [
      'a new password that is too short',
      'POST',
      '/auth/password',
      400,
      '{"password":"the password of ada","new_password":"short"}',
      /^new_password/,
    ],
    [
      'a wrong old password',
      'POST',
      '/auth/password',
      401,
      '{"password":"not the password","new_password":"longenough"}',
      /password/i,
    ],
  ];

  it.each(table)('%s (%s %s is %i)', async (_, method, path, status, body, message) => {
    await expectRefusal(path, status, message, { method, body });
  });
});

describe('the same over RabbitMQ', () => {
  it('every body that HTTP refused is a dead letter, with the same bytes and the same words', async () => {
    expect(refusedByHttp.length).toBeGreaterThan(250);
    for (const [row, { routingKey, body, options }] of refusedByHttp.entries()) {
      await broker.publish(routingKey, body, { ...options, headers: { ...(options.headers as object), row } });
    }
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const letters = await eventually(async () => {
      const sql = `SELECT headers::jsonb->>'row' AS row, routing_key, error, body FROM dead_letter ORDER BY 1`;
      const { rows } = await client.query<{ row: string; routing_key: string; error: string; body: Buffer }>(sql);
      expect(rows).toHaveLength(refusedByHttp.length);
      return rows;
    }).finally(() => client.end());
    const told = letters.map(({ row, routing_key, error }) => [Number(row), routing_key, error] as const);
    const expected = refusedByHttp.map(({ routingKey, message }, row) => [row, routingKey, message] as const);
    expect(told.sort(([a], [b]) => a - b)).toStrictEqual(expected);
    expect(letters.filter(({ row, body }) => refusedByHttp[Number(row)]?.body.equals(body) !== true)).toStrictEqual([]);
    expect(await stored.fingerprint()).toEqual(before);
  });
});

describe('after all of this', () => {
  it('nothing was an unexpected error, and no key or token is in the log', () => {
    expect(service.output()).not.toContain('unexpected error');
    expect(service.output()).not.toContain(job.update_key);
    expect(service.output()).not.toContain(token);
  });

  it('the service takes a good body', async () => {
    expect((await call(`${service.url}/results`, { method: 'POST', body: pages(GOOD_PAGE) })).status).toBe(202);
  });
});

/** As it is where it is encoded already. */
function encode(text: string): string {
  return text.includes('%') ? text : encodeURIComponent(text);
}
