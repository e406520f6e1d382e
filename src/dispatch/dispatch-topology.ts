import type { Topology } from '../amqp/topology.js';

/** Where the service tells those who run simulations what there is to do. */
export const DISPATCH_EXCHANGE = 'simulations';
/** Holds what is to be run until somebody takes it. */
export const TASK_QUEUE = 'simulations.tasks';
/** What was called off lately; every runner reads all of it. */
export const CANCELED_QUEUE = 'simulations.canceled';

/** Kind of event → routing key. */
export const DISPATCH_KEYS = { requested: 'tasks.requested', canceled: 'tasks.canceled' } as const;

const GiB = 1024 ** 3;
/** Nobody else counts how often a task was given back. */
const NEVER = 1_000_000_000;
/** A task is acknowledged when it has ended, which may take days; RabbitMQ's own limit is 30 minutes (from 3.12 a queue may say otherwise). */
const TASK_MS = 20 * 24 * 3_600_000;

/**
 * What is declared for handing out tasks; final, as any queue. The task queue refuses more than 2 GiB: the rest stays in the
 * outbox. Cancellations are a stream, so that a runner that starts later, or was away, hears of those before.
 */
export const DISPATCH_TOPOLOGY: Topology = {
  exchanges: [{ name: DISPATCH_EXCHANGE, type: 'topic' }],
  queues: [
    {
      name: TASK_QUEUE,
      arguments: {
        'x-queue-type': 'quorum',
        'x-overflow': 'reject-publish',
        'x-delivery-limit': NEVER,
        'x-max-length-bytes': 2 * GiB,
        'x-consumer-timeout': TASK_MS,
      },
      bindings: [[DISPATCH_EXCHANGE, DISPATCH_KEYS.requested]],
    },
    {
      name: CANCELED_QUEUE,
      arguments: { 'x-queue-type': 'stream', 'x-max-age': '30D', 'x-stream-max-segment-size-bytes': 1024 ** 2 },
      bindings: [[DISPATCH_EXCHANGE, DISPATCH_KEYS.canceled]],
    },
  ],
};
