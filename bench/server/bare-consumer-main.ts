import { connect, type ConsumeMessage } from 'amqplib';
import { declareTopology, INGEST_EXCHANGE, TOPOLOGY } from '../../src/amqp/topology.js';
import { answerBench } from './answer-bench.js';
import { tellReady } from './ready-message.js';

// A consumer that does nothing but acknowledge, all that came in one turn together: what broker and publisher allow.
const QUEUE = 'bench.bare';
/** As many as the service asks for. */
const PREFETCH = 512;

const connection = await connect(process.env['RABBITMQ_URL'] as string, { noDelay: true });
const channel = await connection.createChannel();
const like = TOPOLOGY.queues.find(({ name }) => name === 'ingest.tasks') as (typeof TOPOLOGY.queues)[number];
const queue = { ...like, name: QUEUE, bindings: [[INGEST_EXCHANGE, QUEUE] as const] };
await declareTopology(channel, '', { exchanges: TOPOLOGY.exchanges, queues: [queue] });

let received = 0;
let acknowledged = 0;
let last: ConsumeMessage | undefined;
await channel.prefetch(PREFETCH);
await channel.consume(QUEUE, (message) => {
  if (message === null) throw new Error('the queue is gone');
  received++;
  if (last === undefined) setImmediate(acknowledge);
  last = message;
});
answerBench({ acknowledged: () => acknowledged });
process.once('disconnect', () => process.exit(0));
tellReady();

function acknowledge(): void {
  channel.ack(last as ConsumeMessage, true);
  last = undefined;
  acknowledged = received;
}
