import type { ConfirmedPublisher } from '../amqp/confirmed-publisher.js';
import type { Transaction } from '../prisma/database.js';
import { claimRequest, type ClaimedRequest, settleRequest } from './claim-request.js';
import { DISPATCH_EXCHANGE, DISPATCH_KEYS } from './dispatch-topology.js';
import { canceledMessage, requestedMessage, type TaskMessage } from './domain/task-message.js';
import type { InputReader } from './read-input.js';

/** What one step publishes at most; a crash repeats no more than that. */
export const STEP_MESSAGES = 50;
const STEP_BYTES = 4 * 1024 * 1024;

/** What a step works with. */
export interface StepTools {
  readonly publisher: ConfirmedPublisher;
  /** Before the names at the broker. */
  readonly prefix: string;
  readonly inputs: InputReader;
  /** Numbers of rows that are left out for now. */
  readonly postponed: readonly string[];
}

/** What a step did. */
export interface Step {
  /** The row that it worked on. */
  readonly id: string;
  readonly event: ClaimedRequest['event'];
  readonly confirmed: number;
  /** Why the broker did not take the next message. */
  readonly failure: Error | undefined;
}

/**
 * Publishes the next messages of one row and remembers how far that came. The row is locked meanwhile, so that no other
 * relay publishes the same.
 *
 * @returns undefined where nothing is left to do
 */
export async function publishStep(tx: Transaction, tools: StepTools): Promise<Step | undefined> {
  const request = await claimRequest(tx, tools.postponed);
  if (request === undefined) return undefined;
  const { id, event } = request;
  if (event === 'requested' && request.is_over) {
    await settleRequest(tx, id, 0, true);
    return { id, event, confirmed: 0, failure: undefined };
  }
  const { messages, total } = await nextMessages(tx, request, tools.inputs);
  if (messages.length === 0) return { id, event, confirmed: 0, failure: new Error('its input is being deleted') };
  const { confirmed, failure } = await publishInOrder(tools, DISPATCH_KEYS[event], messages);
  const published = request.published + confirmed;
  if (confirmed > 0) await settleRequest(tx, id, published, published === total);
  return { id, event, confirmed, failure };
}

async function nextMessages(
  tx: Transaction,
  request: ClaimedRequest,
  inputs: InputReader,
): Promise<{ readonly messages: readonly TaskMessage[]; readonly total: number }> {
  const { event, job_id: jobId, simulation_id: simId, published, ntasks: total } = request;
  if (event === 'canceled') return { messages: [canceledMessage(jobId, simId)], total: 1 };
  const input = await inputs.read(tx, request);
  const messages: TaskMessage[] = [];
  if (input === undefined) return { messages, total };
  const simulation = {
    jobId,
    simId,
    ntasks: total,
    updateKey: request.update_key,
    title: request.title,
    simType: request.sim_type,
    inputType: request.input_type,
    platform: request.platform,
    batchOptions: request.batch_options,
  };
  const most = Math.max(1, Math.min(STEP_MESSAGES, Math.floor(STEP_BYTES / input.length)));
  for (let index = published; index < Math.min(total, published + most); index++) {
    messages.push(requestedMessage(simulation, index, input));
  }
  return { messages, total };
}

/** Publishes all of them and tells how many, counted from the first, the broker has for sure. */
async function publishInOrder(
  { publisher, prefix }: StepTools,
  routingKey: string,
  messages: readonly TaskMessage[],
): Promise<Pick<Step, 'confirmed' | 'failure'>> {
  const timestamp = Math.floor(Date.now() / 1000);
  const outcomes = await Promise.allSettled(
    messages.map(({ id, content }) =>
      publisher.publish({
        exchange: prefix + DISPATCH_EXCHANGE,
        routingKey,
        content,
        options: { messageId: id, contentType: 'application/json', timestamp },
        headers: {},
      }),
    ),
  );
  const failed = outcomes.findIndex(({ status }) => status === 'rejected');
  if (failed === -1) return { confirmed: messages.length, failure: undefined };
  return { confirmed: failed, failure: (outcomes[failed] as PromiseRejectedResult).reason as Error };
}
