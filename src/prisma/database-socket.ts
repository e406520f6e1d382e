import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import type { Duplex } from 'node:stream';

/** Takes what a connection receives, instead of its driver. */
export interface ByteReceiver {
  /** Where the next bytes should be read to: one at least. */
  room(): Buffer;
  /** Bytes that lie at the beginning of the last room, or in memory that is used again afterwards. */
  take(bytes: Buffer): void;
}

type Listener = (chunk: Buffer) => void;

/**
 * Hands what a connection receives to `receiver`.
 *
 * @param stream of a connection of `pg`
 * @returns how to pass bytes on to the driver, and how to hand all that is received later back to it
 */
export function divert(stream: Duplex, receiver: ByteReceiver): [driver: Listener, handBack: () => void] {
  const [driver, ...others] = stream.listeners('data') as Listener[];
  if (driver === undefined || others.length > 0) throw new Error('somebody else listens to the database connection');
  if (stream instanceof DatabaseSocket) return [driver, stream.divert(receiver)];
  const listener: Listener = (chunk) => receiver.take(chunk);
  stream.off('data', driver).on('data', listener);
  return [driver, () => stream.off('data', listener).on('data', driver)];
}

/** What is read at a time unless a receiver has room; as much as Node itself reads at a time. */
const READ_BYTES = 64 * 1024;
/** Up to so many bytes a copy costs less than a new buffer to read to. */
const COPIED_BYTES = READ_BYTES / 2;

/**
 * A socket that reads to where the bytes are needed. Node's own way takes 64 KiB of fresh memory for each read, however little
 * comes, and all of it becomes garbage.
 */
export class DatabaseSocket extends Socket {
  private readonly reading: { receiver: ByteReceiver | undefined };

  constructor() {
    const reading: DatabaseSocket['reading'] = { receiver: undefined };
    let own = Buffer.allocUnsafeSlow(READ_BYTES);
    const buffer = (): Buffer => reading.receiver?.room() ?? own;
    const callback = (count: number, read: Uint8Array): boolean => {
      const bytes = (read as Buffer).subarray(0, count);
      if (reading.receiver !== undefined) {
        reading.receiver.take(bytes);
        return true;
      }
      if (count <= COPIED_BYTES) return this.push(Buffer.from(bytes));
      own = Buffer.allocUnsafeSlow(READ_BYTES);
      return this.push(bytes);
    };
    // The types know of `onread` only where a socket is connected at once.
    super({ onread: { buffer, callback } } as SocketConstructorOpts & { onread: OnReadOpts });
    this.reading = reading;
    // Who says no more answers no more: to go on sending, as Node does, would wait for ever where nobody reads it.
    this.once('end', () => this.destroy());
  }

  /** Until the returned function is called all that comes goes to `receiver`. */
  divert(receiver: ByteReceiver): () => void {
    this.reading.receiver = receiver;
    return () => {
      if (this.reading.receiver === receiver) this.reading.receiver = undefined;
    };
  }
}
