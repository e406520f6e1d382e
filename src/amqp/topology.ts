import type { Channel, Options } from 'amqplib';
import { RETRY_DELAYS, type RetryDelay } from './domain/retry-schedule.js';

/** The kinds of messages that workers publish: routing key → the queue that takes it. */
export const ROUTES = {
  'results.save': 'ingest.results',
  'logfiles.save': 'ingest.logfiles',
  'tasks.update': 'ingest.tasks',
  'tasks.update-bulk': 'ingest.tasks',
  'jobs.update': 'ingest.tasks',
} as const;
export type RoutingKey = keyof typeof ROUTES;
export type IngestQueue = (typeof ROUTES)[RoutingKey];

/** Where workers publish. */
export const INGEST_EXCHANGE = 'ingest';
/** Where what was delayed comes back: not `ingest`, where others may listen in. */
export const AGAIN_EXCHANGE = 'ingest.again';
/** Exchange and queue of what can't succeed. */
export const DEAD_LETTERS = 'ingest.dead';
export const INGEST_QUEUES: readonly IngestQueue[] = ['ingest.results', 'ingest.logfiles', 'ingest.tasks'];

/** Exchange and queue of one delay. */
export function retryName(delay: RetryDelay): string {
  return `ingest.retry.${delay}s`;
}

interface Queue {
  readonly name: string;
  readonly arguments: Readonly<Record<string, string | number>>;
  /** Exchange and routing key. */
  readonly bindings: readonly (readonly [exchange: string, key: string])[];
}

/** Everything that is declared with the broker. */
export interface Topology {
  readonly exchanges: readonly { readonly name: string; readonly type: 'topic' | 'fanout' }[];
  readonly queues: readonly Queue[];
}

/**
 * RabbitMQ 4 drops a message after 20 redeliveries where nothing else is said, and an outage may redeliver often: who gives
 * up on a message is our own count of attempts.
 */
const NEVER = 1_000_000_000;

/** Replicated, on disk, and full queues refuse a publish instead of dropping the oldest message. */
const KEPT = { 'x-queue-type': 'quorum', 'x-overflow': 'reject-publish', 'x-delivery-limit': NEVER };

/** A message leaves for the next queue only when that has it: needs `reject-publish`. */
function thenTo(exchange: string): Readonly<Record<string, string>> {
  return { 'x-dead-letter-exchange': exchange, 'x-dead-letter-strategy': 'at-least-once' };
}

/** The topology, final: a queue can't be declared otherwise later. See docs/amqp.md for the picture. */
export const TOPOLOGY: Topology = {
  exchanges: [
    { name: INGEST_EXCHANGE, type: 'topic' },
    { name: AGAIN_EXCHANGE, type: 'topic' },
    { name: DEAD_LETTERS, type: 'fanout' },
    ...RETRY_DELAYS.map((delay) => ({ name: retryName(delay), type: 'fanout' as const })),
  ],
  queues: [
    ...INGEST_QUEUES.map((name) => ({
      name,
      arguments: { ...KEPT, ...thenTo(DEAD_LETTERS) },
      bindings: keysOf(name).flatMap((key) => [[INGEST_EXCHANGE, key] as const, [AGAIN_EXCHANGE, key] as const]),
    })),
    ...RETRY_DELAYS.map((delay) => ({
      name: retryName(delay),
      arguments: { ...KEPT, ...thenTo(AGAIN_EXCHANGE), 'x-message-ttl': delay * 1000 },
      bindings: [[retryName(delay), ''] as const],
    })),
    { name: DEAD_LETTERS, arguments: KEPT, bindings: [[DEAD_LETTERS, ''] as const] },
  ],
};

/** The routing keys that a queue takes. */
export function keysOf(queue: IngestQueue): RoutingKey[] {
  return (Object.keys(ROUTES) as RoutingKey[]).filter((key) => ROUTES[key] === queue);
}

/** Something of our names is there already, and is not ours. */
export class TopologyError extends Error {
  constructor(kind: 'exchange' | 'queue', name: string, cause: Error) {
    super(
      `The ${kind} ${name} exists at the broker with other properties. Empty and delete it there ` +
        `(rabbitmqctl delete_queue ${name}, for a queue), or choose another virtual host or AMQP_PREFIX. ` +
        `The broker said: ${cause.message}`,
    );
    this.name = 'TopologyError';
  }
}

/**
 * Declares everything; what is there already as it should be stays. Throws a TopologyError where a name is taken by
 * something else; the channel is closed by the broker then.
 */
export async function declareTopology(channel: Channel, prefix: string, topology = TOPOLOGY): Promise<void> {
  for (const { name, type } of topology.exchanges) {
    await declared('exchange', prefix + name, () => channel.assertExchange(prefix + name, type, { durable: true }));
  }
  for (const queue of topology.queues) {
    const name = prefix + queue.name;
    await declared('queue', name, () => channel.assertQueue(name, queueOptions(queue, prefix)));
    for (const [exchange, key] of queue.bindings) await channel.bindQueue(name, prefix + exchange, key);
  }
}

function queueOptions(queue: Queue, prefix: string): Options.AssertQueue {
  const target = queue.arguments['x-dead-letter-exchange'];
  const prefixed = target === undefined ? {} : { 'x-dead-letter-exchange': `${prefix}${target}` };
  return { durable: true, arguments: { ...queue.arguments, ...prefixed } };
}

async function declared(kind: 'exchange' | 'queue', name: string, declare: () => Promise<unknown>): Promise<void> {
  try {
    await declare();
  } catch (error) {
    if (isInequivalent(error)) throw new TopologyError(kind, name, error);
    throw error;
  }
}

/** PRECONDITION_FAILED and RESOURCE_LOCKED. */
function isInequivalent(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && (error.code === 406 || error.code === 405);
}
