import type { ConsumeMessage } from 'amqplib';
import { DELIVERY_OUTCOME, type DeliveryOutcome, UNEXPECTED_OUTCOME } from '../errors/delivery-outcome.js';
import { type Fault, faultOf } from '../errors/fault.js';
import type { Publication } from './confirmed-publisher.js';
import { readHistory, sendersHeaders, writeHistory, writeVerdict } from './domain/delivery-headers.js';
import { jittered, nextDelay, type Tried } from './domain/retry-schedule.js';
import type { Settlement } from './queue-consumer.js';
import { AGAIN_EXCHANGE, DEAD_LETTERS, retryName } from './topology.js';

/** What a failed delivery amounts to, and how it is settled. */
export interface Failure {
  readonly reason: Fault['kind'];
  readonly outcome: 'acknowledged' | 'retried' | 'dead-lettered' | 'put back';
  readonly settlement: Settlement;
}

export interface SettleRules {
  readonly prefix: string;
  /** Seconds for which a message waits for its simulation. */
  readonly unknownSimulationSeconds: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Maps an error to what becomes of the delivery, by the table of outcomes. */
export function settleFailure(message: ConsumeMessage, error: unknown, rules: SettleRules): Failure {
  const { prefix, now } = rules;
  const { kind: reason, message: text } = faultOf(error);
  const outcome = outcomeOf(reason, rules);
  if (outcome.does === 'acknowledge') return { reason, outcome: 'acknowledged', settlement: { does: 'acknowledge' } };
  if (outcome.does === 'putBack') return { reason, outcome: 'put back', settlement: { does: 'putBack' } };
  const { attempts, firstAt } = historyOf(message, rules);
  const tried = { attempts: attempts + 1, firstAt };
  const delay = outcome.does === 'retry' ? nextDelay(tried, outcome, now) : undefined;
  if (delay !== undefined) {
    const again = passedOn(message, prefix + retryName(delay), writeHistory(tried.attempts, tried.firstAt));
    const publication = { ...again, options: { ...again.options, expiration: jittered(delay) } };
    return { reason, outcome: 'retried', settlement: { does: 'passOn', publication } };
  }
  const headers = writeVerdict({ reason, error: text, ...tried, lastAt: now });
  const publication = passedOn(message, prefix + DEAD_LETTERS, headers);
  return { reason, outcome: 'dead-lettered', settlement: { does: 'passOn', publication } };
}

/** Only what comes out of a delay queue has been tried before; anybody may write headers. */
function historyOf(message: ConsumeMessage, { prefix, now }: SettleRules): Tried {
  const cameAgain = message.fields.exchange === prefix + AGAIN_EXCHANGE;
  const { attempts, firstAt = now } = readHistory(cameAgain ? (message.properties.headers ?? {}) : {});
  return { attempts, firstAt: Math.min(firstAt, now) };
}

function outcomeOf(kind: Fault['kind'], { unknownSimulationSeconds }: SettleRules): DeliveryOutcome {
  if (kind === 'unexpected') return UNEXPECTED_OUTCOME;
  const outcome = DELIVERY_OUTCOME[kind];
  const waits = kind === 'unknownSimulation' && outcome.does === 'retry';
  return waits ? { ...outcome, seconds: unknownSimulationSeconds } : outcome;
}

/**
 * The same message for another exchange: body and routing key untouched. What would act on the broker a second time is left
 * out: an expiration of its own, where to reply, and a user who is not us.
 */
function passedOn(message: ConsumeMessage, exchange: string, headers: Publication['headers']): Publication {
  const sent = message.properties as unknown as Record<string, unknown>;
  const { contentType, contentEncoding, correlationId, messageId, timestamp, type, appId } = sent;
  const properties = { contentType, contentEncoding, correlationId, messageId, timestamp, type, appId };
  return {
    exchange,
    routingKey: shortText(message.fields.routingKey),
    content: message.content,
    options: Object.fromEntries(Object.entries(properties).flatMap(([name, value]) => encodable(name, value))),
    headers,
    sendersHeaders: sendersHeaders(message.properties.headers ?? {}),
  };
}

/** A property as the client library can send it again, or nothing. */
function encodable(name: string, value: unknown): [string, unknown][] {
  if (typeof value === 'string') return [[name, shortText(value)]];
  return typeof value === 'number' && Number.isSafeInteger(value) ? [[name, value]] : [];
}

const SHORT_TEXT_BYTES = 255;
const MAX_CHARACTER_BYTES = 3;

/** Bytes that were no UTF-8 have become longer by reading them as such, which may be too long for the protocol. */
function shortText(text: string): string {
  return Buffer.byteLength(text) <= SHORT_TEXT_BYTES ? text : text.slice(0, SHORT_TEXT_BYTES / MAX_CHARACTER_BYTES);
}
