import type { ConsumeMessage, MessageProperties } from 'amqplib';
import { AppError, ERROR_KINDS, type ErrorKind } from '../errors/app-error.js';
import { settleFailure } from './settle-failure.js';

const NOW = Date.UTC(2026, 10, 24, 12);
const RULES = { prefix: 'p.', unknownSimulationSeconds: 600, now: NOW };

function message(
  properties: Partial<Record<keyof MessageProperties, unknown>> = {},
  exchange = 'p.ingest',
): ConsumeMessage {
  return {
    content: Buffer.from('{}'),
    fields: { consumerTag: '', deliveryTag: 1, redelivered: false, exchange, routingKey: 'tasks.update' },
    properties: { headers: {}, ...properties } as unknown as MessageProperties,
  };
}

/** A message whose first attempt was so many seconds ago. */
function tried(attempts: number, seconds: number): ConsumeMessage {
  const first = new Date(NOW - seconds * 1000).toISOString();
  const headers = { 'x-tallyhouse-attempts': attempts, 'x-tallyhouse-first-attempt-at': first };
  return message({ headers }, 'p.ingest.again');
}

const OUTCOMES: Readonly<Record<ErrorKind, string>> = {
  invalid: 'dead-lettered',
  unauthenticated: 'dead-lettered',
  forbidden: 'dead-lettered',
  wrongKey: 'dead-lettered',
  unknownSimulation: 'retried',
  deletedSimulation: 'acknowledged',
  notFound: 'dead-lettered',
  conflict: 'dead-lettered',
  timeout: 'dead-lettered',
  tooLarge: 'dead-lettered',
  unsupported: 'dead-lettered',
  throttled: 'retried',
  tooSlow: 'retried',
  unavailable: 'put back',
};

test.each(ERROR_KINDS)('a message that failed for being %s', (kind) => {
  const { outcome, reason, settlement } = settleFailure(message(), new AppError(kind, 'why'), RULES);
  expect([outcome, reason]).toStrictEqual([OUTCOMES[kind], kind]);
  const does = { acknowledged: 'acknowledge', 'put back': 'putBack', retried: 'passOn', 'dead-lettered': 'passOn' };
  expect(settlement.does).toBe(does[outcome]);
});

test('a database that went away is no attempt, whatever it is called', () => {
  const error = Object.assign(new Error('terminating connection'), { code: '57P01' });
  expect(settleFailure(message(), error, RULES).settlement).toStrictEqual({ does: 'putBack' });
});

test('an error that nobody foresaw is retried, then dead-lettered without telling what it was', () => {
  const error = new Error('relation "page" does not exist');
  expect(settleFailure(message(), error, RULES).outcome).toBe('retried');
  const { outcome, settlement } = settleFailure(tried(4, 31), error, RULES);
  expect(outcome).toBe('dead-lettered');
  expect(settlement).toMatchObject({
    publication: {
      exchange: 'p.ingest.dead',
      routingKey: 'tasks.update',
      headers: {
        'x-tallyhouse-attempts': 5,
        'x-tallyhouse-first-attempt-at': '2026-11-24T11:59:29.000Z',
        'x-tallyhouse-last-attempt-at': '2026-11-24T12:00:00.000Z',
        'x-tallyhouse-reason': 'unexpected',
        'x-tallyhouse-error': 'Internal server error',
      },
    },
  });
});

test('a statement that the database gives up each time is dead-lettered with its reason, but not before ten minutes', () => {
  const error = Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
  expect(settleFailure(tried(9, 599), error, RULES)).toMatchObject({ reason: 'tooSlow', outcome: 'retried' });
  expect(settleFailure(tried(3, 6_000), error, RULES)).toMatchObject({ reason: 'tooSlow', outcome: 'retried' });
  expect(settleFailure(tried(9, 600), error, RULES)).toMatchObject({ reason: 'tooSlow', outcome: 'dead-lettered' });
});

test('who waits too long for a lock never makes an attempt', () => {
  const error = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });
  expect(settleFailure(message(), error, RULES).settlement).toStrictEqual({ does: 'putBack' });
});

test.each<[number, number, string]>([
  [0, 0, 'p.ingest.retry.1s'],
  [1, 1, 'p.ingest.retry.5s'],
  [4, 500, 'p.ingest.retry.60s'],
  [9, 590, 'p.ingest.retry.5s'],
  [9, 600, 'p.ingest.dead'],
  [3, 10_000, 'p.ingest.retry.1s'],
  [4, 10_000, 'p.ingest.dead'],
])('with %i attempts, the first %i s ago, a message without a simulation goes to %s', (attempts, seconds, exchange) => {
  const { settlement } = settleFailure(tried(attempts, seconds), new AppError('unknownSimulation', 'why'), RULES);
  expect(settlement).toMatchObject({ publication: { exchange, routingKey: 'tasks.update' } });
});

test('what would act on the broker a second time is left behind, everything else goes along', () => {
  const sent = message({
    contentType: 'application/json',
    contentEncoding: 'gzip',
    correlationId: 'c',
    messageId: 'm',
    timestamp: 1,
    type: 't',
    appId: 'a',
    expiration: '5',
    replyTo: 'q',
    userId: 'u',
    headers: { run: 7, CC: ['x'], BCC: ['y'], 'x-death': [], 'x-delivery-count': 3, 'x-tallyhouse-reason': 'theirs' },
  });
  const { settlement } = settleFailure(sent, new AppError('invalid', 'why'), RULES);
  expect(settlement).toMatchObject({ does: 'passOn', publication: { content: sent.content } });
  const { options, sendersHeaders } = (settlement as { publication: { options: unknown; sendersHeaders: unknown } })
    .publication;
  expect(options).toStrictEqual({
    contentType: 'application/json',
    contentEncoding: 'gzip',
    correlationId: 'c',
    messageId: 'm',
    timestamp: 1,
    type: 't',
    appId: 'a',
  });
  expect(sendersHeaders).toStrictEqual({ run: 7 });
});

test.each([
  ['many', 'long ago'],
  [-1, '+200000-01-01T00:00:00.000Z'],
  [1.5, '-000001-01-01T00:00:00.000Z'],
  [null, 17],
])('headers of ours that somebody made up are not believed: %s, %s', (attempts, firstAt) => {
  const headers = { 'x-tallyhouse-attempts': attempts, 'x-tallyhouse-first-attempt-at': firstAt };
  const made = message({ headers }, 'p.ingest.again');
  const { settlement } = settleFailure(made, new AppError('unknownSimulation', 'why'), RULES);
  expect(settlement).toMatchObject({
    publication: {
      headers: { 'x-tallyhouse-attempts': 1, 'x-tallyhouse-first-attempt-at': new Date(NOW).toISOString() },
    },
  });
});

test('a history on a message that was never delayed is made up', () => {
  const headers = { 'x-tallyhouse-attempts': 99, 'x-tallyhouse-first-attempt-at': '2001-01-01T00:00:00.000Z' };
  const { outcome } = settleFailure(message({ headers }), new AppError('unknownSimulation', 'why'), RULES);
  expect(outcome).toBe('retried');
});
