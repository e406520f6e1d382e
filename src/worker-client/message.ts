import { createHash, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { jsonText } from './json-writer.js';
import { InvalidInput } from './worker-errors.js';

/** Routing key → path of the same body over HTTP. */
export const PATHS = {
  'results.save': '/results',
  'logfiles.save': '/logfiles',
  'tasks.update': '/tasks',
  'tasks.update-bulk': '/tasks/bulk',
  'jobs.update': '/jobs',
} as const;

export type Route = keyof typeof PATHS;

/** A body with the key inside, ready to be sent through either door. */
export interface Message {
  readonly route: Route;
  readonly simulation: string;
  readonly body: Buffer;
  readonly encoding: 'gzip' | 'identity';
  readonly inflatedBytes: number;
  readonly messageId: string;
}

const COMPRESS_ABOVE_BYTES = 4096;
const compress = promisify(gzip);

/** A message of a body in ASCII, compressed where that is worth it. */
export async function messageOf(route: Route, simulation: string, text: string): Promise<Message> {
  const plain = Buffer.from(text, 'latin1');
  const isLarge = plain.length > COMPRESS_ABOVE_BYTES;
  return {
    route,
    simulation,
    body: isLarge ? await compress(plain, { level: 4 }) : plain,
    encoding: isLarge ? 'gzip' : 'identity',
    inflatedBytes: plain.length,
    messageId: randomUUID().replaceAll('-', ''),
  };
}

/** As it is kept in a file: one line of JSON, then the body. The Python client writes and reads the same. */
export function messageToBytes(message: Message): Buffer {
  const header = {
    tallyhouse_spool: 1,
    route: message.route,
    simulation: message.simulation,
    encoding: message.encoding,
    inflated_bytes: message.inflatedBytes,
    message_id: message.messageId,
    sha256: sha256(message.body),
  };
  return Buffer.concat([Buffer.from(`${jsonText(header)}\n`, 'latin1'), message.body]);
}

/** Throws InvalidInput where the bytes are not what `messageToBytes` wrote. */
export function messageFromBytes(bytes: Buffer): Message {
  const end = bytes.indexOf('\n');
  const body = bytes.subarray(end + 1);
  const header = end < 0 ? {} : parsedHeader(bytes.toString('latin1', 0, end));
  const { route, simulation, encoding, inflated_bytes: inflatedBytes, message_id: messageId } = header;
  const isWhole =
    header['tallyhouse_spool'] === 1 &&
    header['sha256'] === sha256(body) &&
    isRoute(route) &&
    typeof simulation === 'string' &&
    (encoding === 'gzip' || encoding === 'identity') &&
    typeof inflatedBytes === 'number' &&
    typeof messageId === 'string';
  if (!isWhole) throw new InvalidInput('the file is damaged');
  return { route, simulation, body, encoding, inflatedBytes, messageId };
}

function parsedHeader(line: string): Record<string, unknown> {
  try {
    return (JSON.parse(line) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function isRoute(route: unknown): route is Route {
  return typeof route === 'string' && Object.hasOwn(PATHS, route);
}

function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
